"""Where the files of a gold table lie and how the manifest names them: the setting `[gold] layout` (docs/adr/0012, 0021).

- `publications`: every file is named in `dataPartitions`; files that a batch did not touch are named again.
- `full_data`: a table is one folder `<table>/<publication>/FullData/`, found by a pattern. A folder belongs to one publication,
  so a table that changed is written whole. The folder's name is what Customer Insights' incremental layout wants for rows that
  are not increments (reference: Customer Insights, section 3).
- `delta`: as `publications`, and the same tables below `gold/delta/` as Delta tables (`gold.delta`).
- `incremental`: a table is the files in `<table>/FullData/<publication>/`, named in `dataPartitions`, and what changed after
  it, named in `incrementalPartitions` (`hours`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.contracts.publication import FULL_DATA, INCREMENTAL_DATA, GoldFile, Layout

_PARQUET = r".+\.parquet$"
_FORMAT = "is.partition.format.parquet"
#: What the Common Data Model calls such a partition's rows (its object model 1.6 and later).
_TYPES = {"upserts": "Upsert", "deletes": "Delete"}


def data_folder(layout: Layout, table: str, publication: str) -> str:
    """Return the folder that a publication's files of a table are written to, relative to the manifest."""
    if layout == "incremental":
        return f"{table}/{FULL_DATA}/{publication}"
    return f"{table}/{publication}/{FULL_DATA}" if layout == "full_data" else f"{table}/{publication}"


def publication_folder(place: str) -> str:
    """Return the folder of one table and publication that a place is in."""
    table, second, *_ = place.split("/")
    return place.rpartition("/")[0] if second in {FULL_DATA, INCREMENTAL_DATA} else f"{table}/{second}"


def partitions(layout: Layout, table: str, files: Sequence[GoldFile]) -> dict[str, Any]:
    """Return what a manifest's entity says of its files (reference: Customer Insights, section 5)."""
    if layout != "full_data":
        named = [(f"{table}_{number:05}", file) for number, file in enumerate(files)]
        whole = [_partition(name, file) for name, file in named if file.role == "rows"]
        increments = [_partition(name, file) for name, file in named if file.role != "rows"]
        return {"dataPartitions": whole} | ({"incrementalPartitions": increments} if increments else {})
    roots = sorted({file.place.rpartition("/")[0] for file in files})
    return {
        "dataPartitionPatterns": [
            {
                "name": f"{table}Partitions",
                "rootLocation": f"{root}/",
                "parameters": [],
                "regularExpression": _PARQUET,
                "exhibitsTraits": [_FORMAT],
            }
            for root in roots
        ]
    }


def _partition(name: str, file: GoldFile) -> dict[str, Any]:
    traits: list[Any] = [_FORMAT]
    if file.role != "rows":
        told = [{"name": "type", "value": _TYPES[file.role]}]
        traits.append({"traitReference": "is.partition.incremental", "arguments": told})
    return {"name": name, "location": file.place, "exhibitsTraits": traits}


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
