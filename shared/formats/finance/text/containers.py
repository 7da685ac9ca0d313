"""The text inside a `.gz` or `.zip`, in pieces of bounded size."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from shared.formats.finance.errors import ArchiveError, CompressionError

_PIECE: Final = 4 * 1024 * 1024  # bytes that are decompressed at a time, whatever a compressed byte expands to
_WINDOW: Final = 32 * 1024  # bytes that are taken at a time
_IN_MEMORY: Final = 16 * 1024 * 1024  # bytes of an archive; a larger one waits on disk
_TEXT: Final = (".csv", ".tsv", ".txt")


def gunzipped(chunks: Iterable[bytes], file: str) -> Iterator[bytes]:
    """Yield the text of a gzip file of one or more members; raises CompressionError, also at its end."""
    member = zlib.decompressobj(wbits=31)
    begun = False
    for window in _windows(chunks):
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


def unzipped(chunks: Iterable[bytes], file: str, *, limit: int) -> Iterator[bytes]:
    """Yield the text of the one file in a zip; raises ArchiveError.

    The directory of a zip stands at its end, so up to `limit` bytes of it are kept, on disk where they are many.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as content:
        for chunk in chunks:
            content.write(chunk)
            if content.tell() > limit:
                raise ArchiveError(file, f"more than {limit} bytes; land it as .csv.gz, which streams")
        try:
            with zipfile.ZipFile(content) as archive, archive.open(_only_file(archive, file)) as text:
                while piece := text.read(_PIECE):
                    yield piece
        except ArchiveError:
            raise
        except Exception as error:  # besides BadZipFile, zipfile raises whatever damaged bytes lead it into
            raise ArchiveError(file, f"not readable as zip: {type(error).__name__}") from error


def _only_file(archive: zipfile.ZipFile, file: str) -> zipfile.ZipInfo:
    """Return the one file of the archive; what a Mac adds beside it is none."""
    files = [entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")]
    if len(files) != 1:
        raise ArchiveError(file, f"holds {len(files)} files; land each by itself, or one in a zip")
    if not files[0].filename.lower().endswith(_TEXT):
        raise ArchiveError(file, "the file in it is neither .csv, .tsv nor .txt; land it as it is")
    if files[0].flag_bits & 1:
        raise ArchiveError(file, "is protected by a password")
    return files[0]
