"""The text inside a `.gz` or `.zip`, in pieces of bounded size."""

from __future__ import annotations

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Final

from shared.formats.finance.errors import ArchiveError, CompressionError
from shared.formats.finance.options import FinanceLimits, limit

LARGEST_DIRECTORY: Final = 1 << 20
"""Bytes of a zip's directory, which is read as a whole: enough for ten thousand files."""
_PIECE: Final = 4 * 1024 * 1024  # bytes that are decompressed at a time, whatever a compressed byte expands to
_WINDOW: Final = 32 * 1024  # bytes that are taken at a time
_IN_MEMORY: Final = 16 * 1024 * 1024  # bytes of an archive; a larger one waits on disk
_TEXT: Final = (".csv", ".tsv", ".txt")
_END: Final = b"PK\x05\x06"  # of the directory: its size stands 12 bytes behind, and less than 64 KB of comment below
_END_64: Final = b"PK\x06\x06"  # likewise, 40 bytes behind


def gunzipped(chunks: Iterable[bytes], file: str, limits: FinanceLimits) -> Iterator[bytes]:
    """Yield the text of a gzip file of one or more members; raises CompressionError, also at its end."""
    member = zlib.decompressobj(wbits=31)
    begun = False
    taken = given = 0
    for window in _windows(chunks):
        taken += len(window)
        data, piece = window, b""
        while data or len(piece) == _PIECE:  # a full piece: more may wait inside, even where all input is taken
            if member.eof:
                data = data.lstrip(b"\x00")  # padding that some writers put behind the last member
                if not data:
                    break
                member = zlib.decompressobj(wbits=31)
            try:
                piece = member.decompress(data, _PIECE)
            except zlib.error as error:
                raise CompressionError(file, f"not readable as gzip: {error}") from error
            begun = True
            given += len(piece)
            if limits.is_bomb(given, compressed=taken):
                raise CompressionError(file, _expands(limits), limit(expansion=4 * limits.expansion))
            data = member.unused_data if member.eof else member.unconsumed_tail
            if piece:
                yield piece
    if begun and not member.eof:
        raise CompressionError(file, "the gzip data ends before its end mark")


def _windows(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a stream in small pieces: behind each member the rest of a piece is copied, and members may be of 20 bytes."""
    for chunk in chunks:
        for start in range(0, len(chunk), _WINDOW):
            yield chunk[start : start + _WINDOW]


def _expands(limits: FinanceLimits) -> str:
    return f"unpacks to more than {limits.expansion} times its size; if that is right, raise the limit"


def unzipped(chunks: Iterable[bytes], file: str, limits: FinanceLimits) -> Iterator[bytes]:
    """Yield the text of the one file in a zip; raises ArchiveError.

    The directory of a zip stands at its end, so all of it is kept, on disk where it is large.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as content:
        for chunk in chunks:
            content.write(chunk)
            if content.tell() > limits.archive_bytes:
                raise ArchiveError(file, f"more than {limits.archive_bytes} bytes; land it as .csv.gz, which streams")
        if directory_bytes(content) > LARGEST_DIRECTORY:
            raise ArchiveError(file, "holds thousands of files; land each by itself, or one in a zip")
        try:
            with zipfile.ZipFile(content) as archive, archive.open(_only_file(archive, file, limits)) as text:
                while piece := text.read(_PIECE):
                    yield piece
        except ArchiveError:
            raise
        except Exception as error:  # besides BadZipFile, zipfile raises whatever damaged bytes lead it into
            raise ArchiveError(file, f"not readable as zip: {type(error).__name__}") from error


def directory_bytes(content: IO[bytes]) -> int:
    """Tell how many bytes the directory of a zip claims to have; 0 where nobody can tell."""
    size = content.seek(0, 2)
    content.seek(max(0, size - (1 << 16) - 100))
    tail = content.read()
    claimed = [0]
    for mark, behind, form in ((_END, 12, "<L"), (_END_64, 40, "<Q")):
        at = tail.rfind(mark)
        if 0 <= at <= len(tail) - behind - struct.calcsize(form):
            claimed.append(struct.unpack_from(form, tail, at + behind)[0])
    return min(max(claimed), size)  # 2³² - 1 where the larger field tells it


def _only_file(archive: zipfile.ZipFile, file: str, limits: FinanceLimits) -> zipfile.ZipInfo:
    """Return the one file of the archive; what a Mac adds beside it is none."""
    files = [entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        raise ArchiveError(file, f"holds {len(files)} files; land each by itself, or one in a zip")
    if not files[0].filename.lower().endswith(_TEXT):
        raise ArchiveError(file, "the file in it is neither .csv, .tsv nor .txt; land it as it is")
    if files[0].flag_bits & 1:
        raise ArchiveError(file, "is protected by a password")
    if limits.is_bomb(files[0].file_size, compressed=files[0].compress_size):  # no more than it claims is unpacked
        raise ArchiveError(file, _expands(limits), limit(expansion=4 * limits.expansion))
    return files[0]
