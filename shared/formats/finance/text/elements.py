"""The elements of an XML document, streamed: no tree is made of it, so that what nobody asks for takes no memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import IO, Final
from xml.parsers import expat

_PIECE: Final = 64 << 10  # bytes
_DEEPEST: Final = 100  # elements inside each other, of which the parser keeps a list; a sheet has about ten
_HINT: Final = "rPh"  # how the text before it is pronounced (ECMA-376, part 1, 18.4.6): no part of it


def elements_of(
    part: IO[bytes], spaces: Sequence[str], names: Sequence[str], texts: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, str] | None, str]]:
    """Yield each element of these names when it begins, with its attributes, and when it ends, with its text.

    They are those of any of the name spaces; text is told of `texts` only. Raises ExpatError for what is no XML, and ValueError
    for a document type, which could define text that is much longer than it is written, and for more depth than anybody writes.
    """
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    found = _Found({f"{space}}}{name}": name for name in (*names, _HINT) for space in spaces}, texts)
    parser.StartElementHandler, parser.EndElementHandler = found.begin, found.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = found.hold, _refuse
    while piece := part.read(_PIECE):
        parser.Parse(piece)
        yield from found.taken()
    parser.Parse(b"", True)
    yield from found.taken()


class _Found:
    """What was found in a piece of the document."""

    def __init__(self, known: Mapping[str, str], texts: Sequence[str]) -> None:
        self._known = known
        self._texts = texts
        self._events: list[tuple[str, Mapping[str, str] | None, str]] = []
        self._held: list[str] = []
        self._holds = self._hints = False
        self._depth = 0

    def taken(self) -> list[tuple[str, Mapping[str, str] | None, str]]:
        events, self._events = self._events, []
        return events

    def begin(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("more elements inside each other than anybody writes")
        name = self._known.get(tag)
        if name == _HINT:
            self._hints = True
        elif name is not None and not self._hints:
            self._events.append((name, attributes, ""))
            self._holds = name in self._texts

    def end(self, tag: str) -> None:
        self._depth -= 1
        name = self._known.get(tag)
        if name == _HINT:
            self._hints = False
        elif name is not None and not self._hints:
            self._events.append((name, None, "".join(self._held)))
            self._held.clear()
            self._holds = False

    def hold(self, text: str) -> None:
        if self._holds and not self._hints:
            self._held.append(text)


def _refuse(*_: object) -> None:
    raise ValueError("a document type")
