"""The types that the columns of a silver table have, read from the log of its Delta table: there they are written down.

Protocol: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, sections "Delta Log Entries", "Checkpoints" and
"Change Metadata". The newest commit that changes the metadata counts; behind the last checkpoint, what that says.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shared.contracts.places import SILVER
from shared.ports import BlobVersion, Lake

_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.[\w.-]+)?\.parquet")
_LARGEST = 64 << 20  # bytes of a commit or a checkpoint; a table's types are not worth more
_NAMES = {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}  # of Delta, as SQL calls them


@dataclass(frozen=True, kw_only=True)
class SilverTypes:
    """Looks into the logs of silver's tables."""

    lake: Lake

    def of(self, entity: str) -> dict[str, str]:
        """Return silver column -> SQL type; nothing where there is no table, or its log cannot be read."""
        prefix = f"{entity}/_delta_log/"
        found = [blob for blob in self.lake.list(SILVER, prefix) if blob.size <= _LARGEST]
        checkpoints = [(match[1], blob) for blob in found if (match := _CHECKPOINT.fullmatch(blob.path.removeprefix(prefix)))]
        last = max((version for version, _ in checkpoints), default="")
        commits = [(match[1], blob) for blob in found if (match := _COMMIT.fullmatch(blob.path.removeprefix(prefix)))]
        for version, blob in sorted(commits, key=lambda pair: pair[0], reverse=True):
            if version <= last:
                break
            if (schema := _of_commit(self._content(blob))) is not None:
                return schema
        for version, blob in checkpoints:
            if version == last and (schema := _of_checkpoint(self._content(blob))) is not None:
                return schema
        return {}

    def _content(self, blob: BlobVersion) -> bytes:
        return b"".join(self.lake.read(blob.container, blob.path, if_match=blob.etag))


def _of_commit(data: bytes) -> dict[str, str] | None:
    for line in data.splitlines():
        if b'"metaData"' in line:
            action = json.loads(line)
            if "metaData" in action:
                return _types(action["metaData"]["schemaString"])
    return None


def _of_checkpoint(data: bytes) -> dict[str, str] | None:
    try:
        column = pq.read_table(io.BytesIO(data), columns=["metaData"]).column(0)
    except (pa.ArrowInvalid, pa.ArrowKeyError, IndexError):
        return None
    told = [value["schemaString"] for value in column.drop_null().to_pylist() if value.get("schemaString")]
    return _types(told[-1]) if told else None


def _types(schema: str) -> dict[str, str]:
    fields: list[Mapping[str, Any]] = json.loads(schema)["fields"]
    return {field["name"]: _NAMES.get(field["type"], field["type"]) for field in fields if isinstance(field["type"], str)}
