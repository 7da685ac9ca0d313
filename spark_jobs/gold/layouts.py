"""Where the files of a gold table lie and how the manifest names them: the setting `[gold] layout` (docs/adr/0012).

- `publications`: every file is named in `dataPartitions`; files that a batch did not touch are named again.
- `full_data`: a table is one folder `<table>/<publication>/FullData/`, found by a pattern. A folder belongs to one publication,
  so a table that changed is written whole. The folder's name is what Customer Insights' incremental layout wants for rows that
  are not increments (reference: Customer Insights, section 3).
- `delta`: as `publications`, and the same tables below `gold/delta/` as Delta tables (`gold_delta`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.contracts.publication import Layout

_FOLDER = "FullData"
_PARQUET = r".+\.parquet$"
_FORMAT = ["is.partition.format.parquet"]


def data_folder(layout: Layout, table: str, publication: str) -> str:
    """Return the folder that a publication's files of a table are written to, relative to the manifest."""
    return f"{table}/{publication}/{_FOLDER}" if layout == "full_data" else f"{table}/{publication}"


def publication_folder(place: str) -> str:
    """Return `<table>/<publication>` of any place in it."""
    return "/".join(place.split("/")[:2])


def partitions(layout: Layout, table: str, places: Sequence[str]) -> dict[str, Any]:
    """Return what a manifest's entity says of its files (reference: Customer Insights, section 5)."""
    if layout != "full_data":
        names = (f"{table}_{number:05}" for number in range(len(places)))
        return {
            "dataPartitions": [
                {"name": name, "location": place, "exhibitsTraits": _FORMAT} for name, place in zip(names, places, strict=True)
            ]
        }
    roots = sorted({place.rpartition("/")[0] for place in places})
    return {
        "dataPartitionPatterns": [
            {
                "name": f"{table}Partitions",
                "rootLocation": f"{root}/",
                "parameters": [],
                "regularExpression": _PARQUET,
                "exhibitsTraits": _FORMAT,
            }
            for root in roots
        ]
    }


def matching(pattern: Mapping[str, Any], files: Iterable[str]) -> list[str]:
    """Return which files a partition pattern finds; a glob beats an expression (reference: Customer Insights, section 5).

    Raises `ValueError` where the pattern has neither, or no folder.
    """
    root = str(pattern.get("rootLocation", "")).strip("/")
    glob, expression = pattern.get("globPattern"), pattern.get("regularExpression")
    if not root or not (glob or expression):
        raise ValueError("a pattern needs a rootLocation, and a globPattern or a regularExpression")
    wanted = re.compile(_as_expression(str(glob)) if glob else str(expression))
    return sorted(file for file in files if file.startswith(f"{root}/") and wanted.fullmatch(file.removeprefix(f"{root}/")))


def _as_expression(glob: str) -> str:
    signs = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(signs.get(part, re.escape(part)) for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob.lstrip("/")))
