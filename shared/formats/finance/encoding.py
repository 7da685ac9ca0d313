"""From a file's bytes to UTF-8, decided for the file as a whole while it streams by.

A byte order mark says it, or the configuration does; else zeros at every other byte say UTF-16, else the file is UTF-8 where it
is UTF-8, else windows-1252 where its letters stand where that has letters. Text in ASCII is the same in all of these, so the
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
_UNDEFINED: Final = frozenset(b"\x81\x8d\x8f\x90\x9d")  # in windows-1252
_ICELAND: Final = "ÐÝÞðýþ"  # where windows-1254 has letters of Turkish, and windows-1250 has Czech ones
_WESTERN: Final = frozenset(byte for byte in range(0xC0, 0x100) if bytes([byte]).decode("cp1252") not in "×÷" + _ICELAND)
"""Letters of windows-1252."""
_SIGNS: Final = frozenset("€‚„…‘’“”•–—™\xa0¡£§©ª«\xad®°±²³´µ·º»¼½¾¿×÷".encode("cp1252"))
"""Signs of windows-1252 that are written beside words and numbers, not inside words."""
_INSIDE: Final = frozenset(b"\x92\xad\xb7\x96")  # that may stand between letters
_LONGEST_RUN: Final = 2  # letters with accents in a row; more are words of another alphabet


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
            self.encoding, self.evidence = self._decided(look, at + first)
            yield from self._decoded(chain([look], chunks), at + first)

    def _decided(self, look: bytes, at: int) -> tuple[str, str]:
        """Decide on what begins with the first byte that is no ASCII; raises EncodingError."""
        try:
            codecs.getincrementaldecoder("utf-8")().decode(look, final=False)
        except UnicodeDecodeError as error:
            invalid = error.start
        else:
            return "utf-8", f"what is no ASCII is UTF-8, from byte {at} on"
        runs = list(_HIGH.finditer(look))
        multibyte = sum(1 for _ in _MULTIBYTE.finditer(look[:invalid]))
        if multibyte:
            detail = f"UTF-8 until byte {at + invalid}, which is none: the file mixes encodings, or is damaged there"
            raise EncodingError(self._file, detail)
        doubt = _doubt(look, runs)
        if doubt:
            likely, why = doubt
            detail = f"no UTF-8 (byte {at + invalid}), and {why}: likely {likely}; set encoding to what it was written in"
            raise self._refused(detail, likely)
        return (
            "windows-1252",
            f"no UTF-8 at byte {at + invalid}; {len(runs)} runs of letters and signs as windows-1252 has them",
        )

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

    def _refused(self, detail: str, likely: str) -> EncodingError:
        return EncodingError(self._file, detail, section(self._data_set, encoding=likely))


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


def _doubt(look: bytes, runs: list[re.Match[bytes]]) -> tuple[str, str] | None:
    """Tell what speaks against windows-1252: (the likely encoding, why); None: nothing does."""
    if any(byte in _UNDEFINED for byte in look):
        return "cp850", "windows-1252 has no such character"
    letters = sum(len(run.group()) for run in runs)
    if runs and letters / len(runs) > _LONGEST_RUN:
        return "windows-1251", "whole words are of letters beyond ASCII"
    for run in runs:
        start, end = run.span()
        before, behind = look[start - 1 : start] if start else b"", look[end : end + 1]
        inside = before.isalpha() and behind.isalpha()
        for byte in run.group():
            if byte in _WESTERN or (byte in _INSIDE if inside else byte in _SIGNS):
                continue
            if inside and byte in _SIGNS:
                return ("cp850" if byte < 0xA0 else "windows-1250"), f"byte 0x{byte:02x} would be a sign inside a word"
            return "windows-1250", f"byte 0x{byte:02x} is a letter in several encodings"
    return None
