"""Errors that say what to do.

```
PipelineError
├── Retry                        the world may be different soon: leave everything as it is and look again later
│   ├── LandedFileChanged        the file changed while it was read
│   ├── LedgerChanged            somebody else wrote the record first
│   └── ServiceUnavailable       a service did not answer, or asked for patience
├── InvalidInput                 this input cannot be used; say why, and let the rest go on
│   ├── SchemaError              columns that no table can have
│   ├── ModelError               a model.json that cannot be used
│   │   ├── ModelEmptyError      nothing in it yet
│   │   ├── ModelTruncatedError  cut off; it is not sent again
│   │   ├── ModelWithoutEntitiesError  no tables in it
│   │   └── ModelMalformedError  JSON of another shape
│   ├── FinanceError             a finance file that cannot be read; nothing of it is used
│   │   ├── EmptyFileError       not even a header
│   │   ├── HeaderError          a header that names no columns, or one twice
│   │   ├── HeaderMissingError   values in the first record
│   │   ├── LayoutError          no delimiter fits, or nobody can tell which record is the header
│   │   │   └── AnotherTableError  several header rows, or a second table
│   │   ├── EncodingError        no text in the file's encoding, or one that nobody can tell
│   │   ├── ContractBrokenError  columns that are not those of the data set's contract
│   │   ├── DuplicateContentError  another file of the data set holds the same, and no key tells its records apart
│   │   ├── MissingKeyColumnError  a key column of the data set is not in the header
│   │   ├── CompressionError     no gzip, or cut off
│   │   ├── ArchiveError         no zip, or not one with one text file in it
│   │   ├── WorkbookError        no workbook, or too large
│   │   ├── TooManyRejectsError  most of its records cannot be used
│   │   └── NoRecordsError       a header with nothing below it
│   ├── TableUnknown             no table of that name ever landed
│   ├── KeyMisfit                a key has another number of texts than its table has key columns
│   ├── LabelFileError           a label file that cannot be read
│   ├── PoisonUnreadable         a message that the Functions host does not write
│   ├── QueryInvalid             a parameter of a query
│   ├── BodyInvalid              a body that is no JSON object
│   └── RequestInvalid           a request for reprocessing
├── Conflict                     understood, and at odds with what is there: another request, or another state, would do
│   ├── RequestConflicts         the client's id belongs to another request
│   └── NotParked                only a parked batch can be un-parked
├── Park                         trying again cannot help until a person acts
│   ├── ServiceRefused           a service understood the call and said no
│   └── ColumnsMissing           bronze does not hold the columns that a part is bound to
├── Internal                     told from one module to the next, which turns it into something else
│   ├── TooManyCellsError        a sheet has more cells than are read
│   ├── OpenQuoteError           a block ends inside quotes: its end has to be found exactly
│   └── TransactionRefusedError  one change of a transaction was refused, so none was made
└── Misconfigured                what the app was told cannot be used: until a person mends it, nobody can judge anything
    ├── ConfigurationInvalid     a key of customer360.toml, or the file itself
    └── SettingsInvalid          an app setting
```

Callers branch on the type, never on the text. Every error carries its evidence as attributes, and none carries row
content or a secret. What `shared/contracts` raises has a root of its own, because the job knows it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


def shown(text: str) -> str:
    r"""Spell a name that somebody else chose so that it begins no new line of a log: control characters as `\n`, `\x1b`."""
    return text if text.isprintable() else "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def wordless(error: BaseException) -> RuntimeError:
    """Return what a log may have of an error that nobody foresaw: its kind and where it was raised, not what it says.

    What Python's own errors say can be a value: `invalid literal for int() with base 10: 'Ada'`.
    """
    return RuntimeError(type(error).__name__).with_traceback(error.__traceback__)


@contextmanager
def without_words() -> Iterator[None]:
    """Let an error that nobody foresaw leave without what it says: the host writes to the log what a trigger raises."""
    try:
        yield
    except PipelineError:
        raise
    except Exception as error:
        raise wordless(error) from None


class PipelineError(Exception):
    """The root of everything that this project raises on purpose; what it says is one line."""

    def __str__(self) -> str:
        """Say what is wrong, with the names in it spelled for a log."""
        return shown(super().__str__())


class Retry(PipelineError):
    """Nothing is wrong with the input: the same call may succeed later."""


class InvalidInput(PipelineError):
    """The input cannot be used, now or later, unless it changes."""


class Conflict(PipelineError):
    """What is asked is at odds with what is there, and neither is wrong by itself."""


class Park(PipelineError):
    """A person has to act first; until then this piece of work waits and the others go on."""


class Internal(PipelineError):
    """What one module tells the next one up, where a result has no room for it; nobody else ever sees it."""


class Misconfigured(PipelineError):
    """The settings or `customer360.toml` cannot be used: no landed file, batch or request is at fault."""


class ConfigurationInvalid(Misconfigured):
    """`customer360.toml` cannot be used; names the file, the section, the key, and what is known or expected there.

    Attributes: `file`, `place` (the keys on the way, the root's first; none: the file as a whole), `problem`.
    """

    def __init__(self, file: str, place: tuple[str, ...], problem: str) -> None:
        self.file = file
        self.place = place
        self.problem = problem
        section = f"section [{'.'.join(place[:-1])}]" if place[1:] else ""
        key = f"key {place[-1]}" if place else ""
        super().__init__(f"{', '.join(filter(None, (file, section, key)))}: {problem}")


#: Where settings stand: in Azure, and locally.
SETTINGS = "app settings (local.settings.json, section Values)"


class SettingsInvalid(Misconfigured):
    """A setting is absent or unusable; names where it stands, the setting and what was expected of it, never its value."""

    def __init__(self, setting: str, expected: str, *, where: str = SETTINGS) -> None:
        self.setting = setting
        self.expected = expected
        super().__init__(f"{where}, key {setting}: expected {expected}")


class LandedFileChanged(Retry):
    """A landed file changed while it was read, so what was read is worth nothing."""

    def __init__(self, file: str, expected_version: str) -> None:
        self.file = file
        self.expected_version = expected_version
        super().__init__(f"{file} changed while version {expected_version} was read")


class LedgerChanged(Retry):
    """A record of the ledger was written by somebody else since it was read."""

    def __init__(self, partition: str, row: str) -> None:
        self.partition = partition
        self.row = row
        super().__init__(f"ledger record {partition}/{row} changed since it was read")


class ServiceUnavailable(Retry):
    """A service did not answer, failed on its own side, or asked to be called less often."""

    def __init__(self, service: str, detail: str, *, retry_after: float | None = None) -> None:
        self.service = service
        self.detail = detail
        self.retry_after = retry_after  # seconds, where the service said so
        super().__init__(f"{service} is unavailable: {detail}")


class ServiceRefused(Park):
    """A service understood the call and refused it: no such job, no permission, not valid."""

    def __init__(self, service: str, reason: str, detail: str) -> None:
        self.service = service
        self.reason = reason
        self.detail = detail
        super().__init__(f"{service} refused: {reason}: {detail}")
