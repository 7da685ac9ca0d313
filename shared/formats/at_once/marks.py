"""The bytes of a text that may end a field or a record, or open and close quotes: all that has to be looked at one by one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from shared.formats.at_once.arrays import Bytes, Flags, Numbers
from shared.formats.dialect import Dialect

_LINE_FEED: Final = ord("\n")
_CARRIAGE_RETURN: Final = ord("\r")


@dataclass(frozen=True, kw_only=True)
class TextMarks:
    """The delimiters, quotes and line breaks of a text, in order."""

    places: Numbers
    bytes: Bytes  # which each is
    quote: int  # which of these is the quote
    joins: Flags  # whether each stands directly behind the one before, the first at the beginning; behind the last: at the end

    @cached_property
    def is_quote(self) -> Flags:
        """Whether each is a quote."""
        found: Flags = self.bytes == self.quote
        return found

    @cached_property
    def is_break(self) -> Flags:
        """Whether each is a line break, or one of its two bytes."""
        found: Flags = (self.bytes == _LINE_FEED) | (self.bytes == _CARRIAGE_RETURN)
        return found

    @property
    def follows(self) -> Flags:
        """Whether the byte before each is a mark, or none."""
        return self.joins[:-1]

    @property
    def leads(self) -> Flags:
        """Whether the byte behind each is a mark, or none."""
        return self.joins[1:]

    @cached_property
    def turned(self) -> Flags:
        """Whether the quotes up to each are an odd number: where they stand in turns, the text is inside quotes behind it."""
        return (np.cumsum(self.is_quote, dtype=np.uint8) & 1).view(np.bool_)

    @cached_property
    def in_turns(self) -> bool:
        """Whether each quote opens a field, closes one or is doubled."""
        quotes = np.flatnonzero(self.is_quote)
        return bool(self.follows[quotes[::2]].all() and self.leads[quotes[1::2]].all())


def marks_of(text: Bytes, dialect: Dialect) -> TextMarks:
    """Find the marks of a text, whose escapes are data."""
    quote = ord(dialect.quote)
    is_mark = (text == ord(dialect.delimiter)) | (text == quote) | (text == _LINE_FEED) | (text == _CARRIAGE_RETURN)
    places = np.flatnonzero(is_mark)
    joins = np.empty(len(places) + 1, np.bool_)
    np.equal(places[1:], places[:-1] + 1, out=joins[1:-1])
    joins[0], joins[-1] = (places[0] == 0, places[-1] == len(text) - 1) if len(places) else (True, True)
    return TextMarks(places=places, bytes=text[places], quote=quote, joins=joins)
