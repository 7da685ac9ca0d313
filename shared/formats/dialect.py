"""Where records end in bytes, and how their fields are told apart.

The rules of the dialect that Synapse Link writes, which pyarrow's own CSV parser follows too, so that the fast and the exact
path agree:

- A `"` opens a quoted field only as the first byte of the field; inside, `""` is a quote and delimiters and line breaks
  are data. What follows the closing quote up to the next delimiter is appended as it is.
- A `"` anywhere else is data (`5" pipe`).
- CRLF, LF and a bare CR each end a record outside quotes (reference: Synapse Link, section 6: CRLF and LF both seen;
  section 14: a finance file with bare CRs).
- An empty line is no record.

Finance files may differ in delimiter, quote and escape, and are read strictly: there a record in which a lost or added quote
may have moved a value has a fault.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

import numpy as np

BOM: Final = b"\xef\xbb\xbf"
"""UTF-8 byte order mark: skipped at the start of a file, data anywhere else."""

_SEVERAL: Final = 2
_DOUBLED: Final = b"\\\\"
Fault = Literal["text_after_quote", "stray_quotes", "doubled_escape"]
"""Why nobody can tell which values a record has."""


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How fields are told apart; a quote inside quotes is doubled, or escaped where there is an escape."""

    delimiter: bytes = b","  # one ASCII byte, no quote and no line break
    quote: bytes = b'"'  # likewise
    escape: bytes = (
        b""  # likewise; before a quote, a delimiter, a line break or itself it makes that data. Empty: there is none
    )
    spaced: bool = False  # one space that follows a delimiter belongs to the delimiter
    unescaped: bool = False  # backslashes are known to be data; else two in a row, without an escape, are a fault
    strict: bool = (
        False  # a record whose quotes leave its values in doubt has a fault, and a byte order mark in front is none of it
    )

    def __post_init__(self) -> None:
        """Refuse what the parsers could not read."""
        marks = self.delimiter + self.quote + self.escape
        for word, mark in (("delimiter", self.delimiter), ("quote", self.quote), ("escape", self.escape or b"\\")):
            if len(mark) != 1 or mark in b"\r\n" or mark > b"\x7f" or len(set(marks)) < len(marks):
                raise ValueError(f"a {word} is one ASCII character, no quote and no line break: got {mark!r}")

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[bytes], re.Pattern[bytes], re.Pattern[bytes]]:
        mark, quote, escape = (re.escape(byte) for byte in (self.delimiter, self.quote, self.escape))
        # Possessive quantifiers: the grammar is deterministic, so nothing is ever gained by backtracking.
        inside = b"[^%b%b]*+" % (quote, escape)
        bare = rb"[^%b\r\n%b]*+" % (mark, escape)
        doubled = quote * 2
        if escape:
            escaped = rb"%b(?:\r\n|[\s\S]|\Z)" % escape
            doubled, bare = b"(?:%b|%b)" % (doubled, escaped), b"%b(?:%b%b)*+" % (bare, escaped, bare)
        quoted = b"%b(%b(?:%b%b)*+)%b" % (quote, inside, doubled, inside, quote)
        space = b"(?:(?<=%b) )?+" % mark if self.spaced else b""
        field = rb"%b(?:%b[^%b\r\n]*+|(?!%b)%b)" % (
            space,
            quoted.replace(b"(%b" % inside, b"(?:%b" % inside, 1),
            mark,
            quote,
            bare,
        )
        record = rb"(?:%b%b)*+%b" % (field, mark, field)
        return (
            re.compile(rb"(?:%b(?:\r\n?|\n))++" % record),
            re.compile(rb"(?:[\r\n]*+)(%b)(?:\r\n?|\n|\Z)" % record),
            re.compile(rb"%b(?:%b([^%b\r\n]*+)|((?!%b)%b))(%b|\Z)" % (space, quoted, mark, quote, bare, mark)),
        )

    @cached_property
    def _escaped(self) -> re.Pattern[bytes]:
        marks = re.escape(self.quote + self.escape + self.delimiter + b"\r\n")
        return re.compile(rb"%b([%b])" % (re.escape(self.escape), marks))

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
        return self.read(record)[0]

    def fault(self, record: bytes) -> Fault | None:
        """Tell why the values of a record are in doubt, where the dialect is strict: as `read` does."""
        return self.read(record)[1]

    def read(self, record: bytes) -> tuple[list[bytes | None], Fault | None]:
        """Split the values of one record, and tell why they are in doubt, where the dialect is strict.

        Text behind a closing quote: a quote was lost or added, and the delimiters beside it may be data. Quotes inside bare
        fields: in one field they are inches, in several they may have been meant to hold the delimiters between them. Two
        backslashes, where nobody knows whether they escape: two of them, or one.
        """
        fault: Fault | None = None
        if self.strict:
            record = record.removeprefix(BOM)
            if _DOUBLED in record and self.may_be_escaped:
                fault = "doubled_escape"
        if self.quote not in record and not self.escape and not self.spaced:
            return [value or None for value in record.split(self.delimiter)], fault  # twenty times as fast
        values: list[bytes | None] = []
        stray = 0
        for found in self._patterns[2].finditer(record):
            quoted, after, bare, mark = found.groups()
            if bare and self.quote in bare and self.quote in (self._escaped.sub(b"", bare) if self.escape else bare):
                stray += 1
                if not self.escape and b"\\" + self.quote in bare:
                    stray = _SEVERAL  # an escape, or a backslash that is data
            if self.escape:
                quoted, bare = self._without_escapes(quoted), self._without_escapes(bare)
            values.append((bare or None) if quoted is None else quoted.replace(self.quote * 2, self.quote) + after)
            if after:
                fault = fault or "text_after_quote"
            if not mark:
                break
        if stray > 1:
            fault = fault or "stray_quotes"
        return values, fault if self.strict else None

    def is_plain(self, data: memoryview) -> bool:
        """Tell whether nothing in complete records but their quotes may be read otherwise by pyarrow, or be a fault."""
        if not self.strict:
            return True
        text = np.frombuffer(data, np.uint8)
        if (text == BOM[0]).any() and re.search(BOM, data):
            return False
        if self.escape:
            return not (text == ord(self.escape)).any()
        doubtful = rb"\\[\\%b]" % re.escape(self.quote) if self.may_be_escaped else rb"\\%b" % re.escape(self.quote)
        return not ((text == _DOUBLED[0]).any() and re.search(doubtful, data))

    @property
    def may_be_escaped(self) -> bool:
        """Whether nobody knows if a backslash is data."""
        return not (self.escape or self.unescaped)

    def _without_escapes(self, value: bytes | None) -> bytes | None:
        return self._escaped.sub(rb"\1", value) if value else value


DATAVERSE: Final = Dialect()
"""What Synapse Link writes: comma, doubled quotes, no header (reference: Synapse Link, section 6)."""
