"""Delta tables below `gold/delta/`, judged by their logs: whether Customer Insights can attach and follow them.

Source of every rule: reference: Customer Insights, section 4.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.contracts.outcome import Finding
from spark_jobs.findings import NAME, NAME_RULE

_MOST_READER = 2
#: Names of table features as Delta's protocol spells them.
_UNSUPPORTED = re.compile(
    r"deletionVectors|clustering|timestampNtz|typeWidening.*|variantType.*|variantShredding.*", re.IGNORECASE
)
_KEPT = timedelta(days=15)
_RETENTION = {"delta.logRetentionDuration": timedelta(days=30), "delta.deletedFileRetentionDuration": timedelta(days=7)}
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


def inspect_delta(root: Path, tables: Sequence[str]) -> Iterator[Finding]:
    """Judge the folder of the Delta tables; `tables` are those that the manifest shows."""
    there = sorted(folder for folder in root.iterdir() if folder.is_dir())
    for name in sorted(set(tables) - {folder.name for folder in there}):
        yield _error("delta_table_missing", name, root.name, "no Delta table; none can be added once the data source is saved")
    if (root.parent / "_delta_log").is_dir() or (root / "_delta_log").is_dir():
        yield _error(
            "delta_place", "-", root.name, "a table lies in the root; each has a folder of its own below one root folder"
        )
    for folder in there:
        if folder.name == "_delta_log":
            continue
        if not NAME.fullmatch(folder.name):
            yield _error("table_name", folder.name, folder.name, NAME_RULE)
        nested = [log for log in folder.rglob("_delta_log") if log.parent != folder]
        if nested or not (folder / "_delta_log").is_dir():
            yield _error("delta_place", folder.name, folder.name, "not a Delta table right below the root folder")
        else:
            yield from _table(folder)


@dataclass(kw_only=True)
class _Log:
    """What the log of a table says now."""

    protocol: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    schema: str = ""
    has_deletion_vectors: bool = False
    overwritten: list[int] = field(default_factory=list)  # versions

    def take(self, version: int, action: Mapping[str, Any]) -> None:
        self.protocol = action.get("protocol") or self.protocol
        if metadata := action.get("metaData"):
            self.settings, self.schema = dict(metadata["configuration"] or {}), metadata["schemaString"]
        self.has_deletion_vectors |= bool((action.get("add") or {}).get("deletionVector"))
        commit = action.get("commitInfo") or {}
        mode = (commit.get("operationParameters") or {}).get("mode")
        if version and (mode == "Overwrite" or "REPLACE TABLE" in str(commit.get("operation"))):
            self.overwritten.append(version)


def _table(folder: Path) -> Iterator[Finding]:
    name = folder.name
    log = _read(folder / "_delta_log")
    reader = log.protocol.get("minReaderVersion", 0)
    if reader > _MOST_READER:
        yield _error("delta_reader_version", name, "_delta_log", f"needs reader version {reader}; at most {_MOST_READER}")
    features = {*(log.protocol.get("readerFeatures") or ()), *(log.protocol.get("writerFeatures") or ())}
    for feature in sorted(one for one in features if _UNSUPPORTED.fullmatch(one)):
        yield _error("delta_feature", name, feature, "is not supported; make the table without it")
    if log.settings.get("delta.enableDeletionVectors", "false").lower() == "true" or log.has_deletion_vectors:
        yield _error(
            "delta_deletion_vectors", name, "delta.enableDeletionVectors", "set it to false, and REORG TABLE … APPLY (PURGE)"
        )
    if '"timestamp_ntz"' in log.schema:
        yield _error("timestamp_ntz", name, "_delta_log", "a column is a timestamp without time zone")
    for setting, default in _RETENTION.items():
        kept = _duration(log.settings.get(setting), default)
        if kept < _KEPT:
            yield _error("delta_retention", name, setting, f"{kept.days} days; at least 15, else a full refresh by hand is due")
    for version in log.overwritten:
        detail = "replaced the table, which makes Customer Insights read all of it again; MERGE instead"
        yield Finding(trap="delta_overwritten", table=name, where=f"version {version}", detail=detail, severity="warning")


def _read(folder: Path) -> _Log:
    import pyarrow.parquet as pq

    log = _Log()
    checkpoints = sorted(folder.glob("*.checkpoint*.parquet"))
    after = -1
    for path in checkpoints:
        if int(path.name[:20]) == int(checkpoints[-1].name[:20]):  # the newest may have several parts
            after = int(path.name[:20])
            wanted = [one for one in ("protocol", "metaData", "add") if one in pq.read_schema(path).names]
            for action in pq.read_table(path, columns=wanted).to_pylist():
                log.take(after, _plain(action))
    for path in sorted(folder.glob("*.json")):
        if path.stem.isdigit():
            for line in path.read_text(encoding="utf-8").splitlines():
                action = json.loads(line)
                # Commits that a checkpoint covers still tell how they came about, which it does not.
                log.take(int(path.stem), action if int(path.stem) > after else {"commitInfo": action.get("commitInfo")})
    return log


def _plain(action: Mapping[str, Any]) -> dict[str, Any]:
    metadata = action.get("metaData")
    if metadata and isinstance(metadata["configuration"], list):  # pyarrow reads a map as pairs
        metadata = metadata | {"configuration": dict(metadata["configuration"])}
    return {**action, "metaData": metadata}


def _duration(text: str | None, default: timedelta) -> timedelta:
    found = re.match(r"(?:interval )?(\d+) (hour|day|week)s?$", (text or "").strip().lower())
    return int(found[1]) * _UNITS[found[2]] if found else default


def _error(trap: str, table: str, where: str, detail: str) -> Finding:
    return Finding(trap=trap, table=table, where=where, detail=detail)
