"""From a file's bytes to UTF-8, decided for the file as a whole while it streams by.

A byte order mark says it, or the configuration does; else zeros at every other byte say UTF-16, else the file is UTF-8 where it
is UTF-8, else windows-1252 where its words leave no doubt (`letters`). Text in ASCII is the same in all of these, so the
decision waits for the first byte that is not; a byte that contradicts it later refuses the file, wherever it stands.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final

from shared.formats.finance.errors import EncodingError
from shared.formats.finance.options import section
from shared.formats.finance.text.letters import judge_letters
from shared.formats.finance.text.signatures import other_format

_LOOK: Final = 1 << 20  # bytes from the first that is no ASCII: what the decision is made on
_FEW: Final = 8  # characters; fewer tell nothing of UTF-16
_PIECE: Final = 4 << 20
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_TOLD: Final = {"cp1252": "windows-1252"}  # one name for each, whether found or configured
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_MULTIBYTE: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEFORE: Final = 64  # bytes of ASCII before the first that is none: the word that it stands in


class DecodedText:
    """A file's text as UTF-8, piece by piece; iterate once. `encoding` and `evidence` are final when that is done."""

    def __init__(self, chunks: Iterable[bytes], *, file: str, data_set: str, encoding: str | None = None) -> None:
        """Read as configured, or as the bytes say."""
        self._chunks = iter(chunks)
        self._file = file
        self._data_set = data_set
        self._configured = encoding
        self.encoding = "utf-8"
        self.evidence = "all bytes are ASCII"

    def __iter__(self) -> Iterator[bytes]:
        """Yield the text; raises EncodingError where it turns out not to be what it seemed."""
        head = _gathered(self._chunks, 4096)
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                self.encoding, self.evidence = encoding, "a byte order mark"
                body = head if encoding == "utf-8" else head[len(mark) :]
                return self._decoded(chain([body], self._chunks), len(head) - len(body))
        told = other_format(head)
        if told:
            raise EncodingError(self._file, f"no text, but {told}")
        if self._configured is not None:
            return self._as_configured(chain([head], self._chunks))
        wide = _without_mark(head)
        if wide:
            self.encoding, self.evidence = wide, "every other byte is zero"
            return self._decoded(chain([head], self._chunks), 0)
        return self._found(chain([head], self._chunks))

    def _as_configured(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        name = self._configured or "utf-8"
        try:
            found = codecs.lookup(name).name
            self.encoding, self.evidence = _TOLD.get(found, found), "configured"
            b"a".decode(name)
        except LookupError as error:
            raise EncodingError(self._file, f"encoding {name!r} is none that is known, as utf-8 or windows-1252") from error
        return self._decoded(chunks, 0)

    def _found(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        at = 0
        for chunk in chunks:
            if chunk.isascii():
                at += len(chunk)
                yield chunk
                continue
            first = next(_HIGH.finditer(chunk)).start()
            yield chunk[:first]
            look = chunk[first:] + _gathered(chunks, _LOOK - len(chunk) + first)
            self.encoding, self.evidence = self._decided(chunk[max(0, first - _BEFORE) : first], look, at + first)
            yield from self._decoded(chain([look], chunks), at + first)

    def _decided(self, before: bytes, look: bytes, at: int) -> tuple[str, str]:
        """Decide on what begins with the first byte that is no ASCII, and what stands before it; raises EncodingError."""
        try:
            codecs.getincrementaldecoder("utf-8")().decode(look, final=False)
        except UnicodeDecodeError as error:
            invalid = error.start
        else:
            return "utf-8", f"what is no ASCII is UTF-8, from byte {at} on"
        multibyte = sum(1 for _ in _MULTIBYTE.finditer(look[:invalid]))
        if multibyte:
            detail = f"UTF-8 until byte {at + invalid}, which is none: the file mixes encodings, or is damaged there"
            raise EncodingError(self._file, detail)
        letters = judge_letters(before + look)
        if letters.western:
            return "windows-1252", f"no UTF-8 at byte {at + invalid}; {letters.why}"
        detail = f"no UTF-8 (byte {at + invalid}), and {letters.why}; set encoding to what it was written in"
        if not letters.likely:
            raise EncodingError(self._file, detail)
        listed = " or ".join(letters.likely)
        toml = section(self._data_set, encoding=letters.likely[0])
        raise EncodingError(self._file, f"{detail}, likely {listed}", toml)

    def _decoded(self, chunks: Iterable[bytes], at: int) -> Iterator[bytes]:
        """Yield the chunks as UTF-8, as they are where they are that already."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        plain = self.encoding == "utf-8"
        waiting = False  # the last chunk ended inside a character
        try:
            for chunk in chunks:
                if chunk.isascii() and not waiting and plain:
                    yield chunk
                else:
                    for begin in range(0, len(chunk), _PIECE):
                        piece = chunk[begin : begin + _PIECE]
                        text = decoder.decode(piece)
                        waiting = bool(decoder.getstate()[0])
                        yield piece if plain else text.encode("utf-8", "strict")
                at += len(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            place = at + error.start if isinstance(error, UnicodeDecodeError) else at
            detail = f"no {self.encoding} near byte {place}, though what stands before is ({self.evidence})"
            raise EncodingError(self._file, f"{detail}: the file mixes encodings, or is damaged there") from error


def _gathered(chunks: Iterator[bytes], size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (chunk := next(chunks, None)) is not None:
        pieces.append(chunk)
        size -= len(chunk)
    return b"".join(pieces)


def _without_mark(head: bytes) -> str | None:
    """Tell UTF-16 without a mark: most of any such text is ASCII between delimiters, line breaks and digits."""
    even, odd = head[0:4096:2], head[1:4096:2]
    if len(odd) < _FEW:
        return None
    zeros = (even.count(0) / len(even), odd.count(0) / len(odd))
    if zeros[1] > 0.3 and zeros[0] < 0.02:
        return "utf-16-le"
    return "utf-16-be" if zeros[0] > 0.3 and zeros[1] < 0.02 else None
