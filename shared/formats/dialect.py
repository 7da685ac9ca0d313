"""Where records end in bytes, and the one CSV dialect that the pipeline reads.

The rules, which pyarrow's own CSV parser follows too, so that the fast and the exact path agree:

- A `"` opens a quoted field only as the first byte of the field; inside, `""` is a quote and delimiters and line breaks
  are data. What follows the closing quote up to the next delimiter is appended as it is.
- A `"` anywhere else is data (`5" pipe`).
- CRLF, LF and a bare CR each end a record outside quotes (reference: Synapse Link, section 6: CRLF and LF both seen;
  section 14: a finance file with bare CRs).
- An empty line is no record.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

BOM: Final = b"\xef\xbb\xbf"
"""UTF-8 byte order mark: skipped at the start of a file, data anywhere else."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How fields are told apart. The quote is always `"`, doubled where it is data."""

    delimiter: bytes = b","  # one ASCII byte, no quote and no line break

    def __post_init__(self) -> None:
        """Refuse what the parsers could not read."""
        if len(self.delimiter) != 1 or self.delimiter in b'"\r\n' or self.delimiter > b"\x7f":
            raise ValueError(f"a delimiter is one ASCII character, no quote and no line break: got {self.delimiter!r}")

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
        mark = re.escape(self.delimiter)
        # Possessive quantifiers: the grammar is deterministic, so nothing is ever gained by backtracking.
        field = rb'(?:"[^"]*+(?:""[^"]*+)*+"[^%b\r\n]*+|(?!")[^%b\r\n]*+)' % (mark, mark)
        record = rb"(?:%b%b)*+%b" % (field, mark, field)
        return (
            re.compile(rb"(?:%b(?:\r\n?|\n))++" % record),
            re.compile(rb"(?:[\r\n]*+)(%b)(?:\r\n?|\n|\Z)" % record),
            re.compile(rb'(?:"([^"]*+(?:""[^"]*+)*+)"([^%b\r\n]*+)|((?!")[^%b\r\n]*+))(%b|\Z)' % (mark, mark, mark)),
        )

    def last_end(self, data: bytes | bytearray | memoryview, start: int, end: int) -> int:
        """Find where the last complete record of `data[start:end]` ends, where `start` begins one; `start` if none does."""
        found = self._patterns[0].match(data, start, end)
        return start if found is None else found.end()

    def record(self, data: bytes | bytearray | memoryview, start: int, end: int) -> tuple[int, int, int] | None:
        """Find the next record from `start` on: (its first byte, the byte after its last, the start of what follows).

        Empty lines before it are passed over. The end of `data[:end]` ends a record too. None where there is none, or where
        its quote does not close before `end`.
        """
        found = self._patterns[1].match(data, start, end)
        if found is None or found.start(1) == found.end(1):
            return None
        return found.start(1), found.end(1), found.end()

    def fields(self, record: bytes) -> list[bytes | None]:
        """Split the values of one record: None where nothing stands between two delimiters, b"" for `""`."""
        values: list[bytes | None] = []
        for found in self._patterns[2].finditer(record):
            quoted, after, bare, mark = found.groups()
            values.append((bare or None) if quoted is None else quoted.replace(b'""', b'"') + after)
            if not mark:
                break
        return values


DATAVERSE: Final = Dialect()
"""What Synapse Link writes: comma, doubled quotes, no header (reference: Synapse Link, section 6)."""
