"""The files in landing that would bring erased rows back, and what bronze still holds that nothing refers to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared.concurrency import in_parallel
from shared.contracts.erasure.found import Found
from shared.contracts.manifest import ManifestPart
from shared.contracts.places import BRONZE, slug
from shared.ledger.ledger import Ledger
from shared.ledger.records import Part
from shared.ports import Lake

_SLICE = re.compile(r"(?:_rejected/)?(?P<folder>.+)/g(?P<generation>\d+)-(?P<start>\d+)(?:-[0-9a-f]+)?\.parquet")


@dataclass(frozen=True, kw_only=True, order=True)
class LandingFile:
    """A landed file that holds erased rows: reading it again would bring them back."""

    container: str
    path: str
    generation: int  # in which they were found


def in_the_way(lake: Lake, ledger: Ledger, found: Found, listed: Iterable[ManifestPart]) -> Sequence[LandingFile]:
    """Return the landed files in which rows were found and that are still there as they were.

    One that is gone brings nothing back. One that was written anew since is of a later generation: what is in it is searched
    next time.
    """
    holding = {part.part_id for part in found.parts}
    newest: dict[tuple[str, str], int] = {}
    for part in listed:
        if part.part_id in holding:
            place = (part.container, part.source_path)
            newest[place] = max(part.generation, newest.get(place, 0))
    files = [LandingFile(container=name, path=path, generation=number) for (name, path), number in newest.items()]
    stay = in_parallel(lambda file: _stays(lake, ledger, file), files)
    return sorted(file for file, is_there in zip(files, stay, strict=True) if is_there)


def left_over(
    lake: Lake, containers: Iterable[str], table: str, parts: Iterable[Part], generations: Mapping[str, int]
) -> Iterator[str]:
    """Yield the paths of the blobs of a table in bronze that nothing refers to, and nobody will.

    `parts` are all that the ledger knows of the table, `generations` that of each landed file (by its folder in bronze). A blob
    of a slice that a part stands for has another name than the part: it was written anew, or by who came second. One of an
    earlier generation that no part stands for was given up. Anything else may be a part that is being written.
    """
    referred: set[str] = set()
    slices: set[tuple[str, int, int]] = set()
    for part in parts:
        referred |= {part.path, part.rejects_path}
        slices.add((part.part_id.rpartition("/")[0], part.generation, part.start))
    for container in containers:
        home = f"{slug(container)}/{slug(table)}/"
        for prefix in (home, f"_rejected/{home}"):
            for blob in lake.list(BRONZE, prefix):
                at = _SLICE.fullmatch(blob.path)
                if at is None or f"{BRONZE}/{blob.path}" in referred:
                    continue
                folder, generation = at["folder"], int(at["generation"])
                if (folder, generation, int(at["start"])) in slices or generation < generations.get(folder, 0):
                    yield blob.path


def _stays(lake: Lake, ledger: Ledger, file: LandingFile) -> bool:
    if lake.head(file.container, file.path) is None:
        return False
    return ledger.file(file.container, file.path).record.generation <= file.generation
