"""What Customer Insights would stumble over, found before it does (reference: Customer Insights, sections 2 and 5).

`findings` judges a publication by its record; the gold task publishes nothing while it has any. `python -m
spark_jobs.readiness <gold folder>` also opens every file that the manifest names, and prints one line for each finding,
or JSON with `--json`; it exits with 1 where there is one.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from spark_jobs.publication import Publication

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_KEY_TYPES = {"string", "int", "bigint"}
_TYPES = {"string", "int", "bigint", "double", "boolean", "date", "timestamp"}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")
_MOST_DIGITS = 16
_LARGEST = 1 << 30
_MOST_FILES = 1000
_MOST_COLUMNS = 1000


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One trap, and where it stands."""

    trap: str  # a code
    table: str
    where: str  # column, file or folder
    detail: str

    def __str__(self) -> str:
        return f"{self.trap}: {self.table} {self.where}: {self.detail}"


class NotReadyError(ValueError):
    """Gold is not fit for Customer Insights, so nothing is published; names every trap. Terminal.

    Attributes: `found`.
    """

    def __init__(self, found: Sequence[Finding]) -> None:
        super().__init__("; ".join(str(finding) for finding in found))
        self.found = tuple(found)


def findings(publication: Publication) -> list[Finding]:
    """Judge a publication by its record: names, types, keys, sizes and numbers of files."""
    found: list[Finding] = []
    for table in publication.tables.values():

        def note(trap: str, where: str, detail: str, name: str = table.name) -> None:
            found.append(Finding(trap=trap, table=name, where=where, detail=detail))

        for kind, name in (("table_name", table.name), *(("column_name", column) for column in table.columns)):
            if not _NAME.fullmatch(name):
                note(kind, name, "a name starts with a letter and has only letters, digits and `_`")
        key = table.columns.get(table.primary_key)
        if key not in _KEY_TYPES:
            note("primary_key_type", table.primary_key, f"a key is text or an integer, this is {key}")
        if len(table.columns) > _MOST_COLUMNS:
            note("columns", "table", f"{len(table.columns)} columns; at most {_MOST_COLUMNS} can be selected")
        for column, kind in table.columns.items():
            decimal = _DECIMAL.fullmatch(kind)
            if decimal and int(decimal[1]) > _MOST_DIGITS:
                note("decimal_precision", column, f"{kind}: at most {_MOST_DIGITS} digits; cast to decimal(16,2) or double")
            elif not decimal and kind not in _TYPES:
                note("column_type", column, f"{kind} has no counterpart")
        for file in table.files:
            if file.size > _LARGEST:
                note("file_size", file.place, f"{file.size} bytes; at most 1 GB")
        folders = Counter(str(PurePosixPath(file.place).parent) for file in table.files)
        for folder, count in folders.items():
            if count > _MOST_FILES:
                note("file_count", folder, f"{count} files; at most {_MOST_FILES} in a folder")
    return found


def inspect(gold: Path) -> Iterator[Finding]:
    """Judge a gold folder by what a reader finds: the manifest, the entity documents, and the files that they name."""
    manifest_file = gold / "default.manifest.cdm.json"
    if not manifest_file.is_file():
        yield Finding(trap="no_manifest", table="-", where=manifest_file.name, detail="nothing was published here")
        return
    for entity in json.loads(manifest_file.read_text(encoding="utf-8"))["entities"]:
        yield from _inspect_table(gold, entity)


def _inspect_table(gold: Path, entity: Mapping[str, Any]) -> Iterator[Finding]:
    name = entity["entityName"]
    document, _, definition_name = entity["entityPath"].rpartition("/")
    if not _NAME.fullmatch(name):
        yield Finding(trap="table_name", table=name, where=name, detail="letters, digits and `_`, a letter first")
    if not (gold / document).is_file():
        yield Finding(trap="no_entity_document", table=name, where=document, detail="the manifest names it")
        return
    definitions = json.loads((gold / document).read_text(encoding="utf-8"))["definitions"]
    attributes = [each for one in definitions if one["entityName"] == definition_name for each in one["hasAttributes"]]
    declared = [attribute["name"] for attribute in attributes]
    keys = [attribute["name"] for attribute in attributes if attribute.get("isPrimaryKey")]
    if len(keys) != 1:
        yield Finding(trap="primary_key", table=name, where=document, detail=f"exactly one attribute, got {len(keys)}")
        return
    seen: set[Any] = set()
    for partition in entity["dataPartitions"]:
        yield from _inspect_file(gold, name, partition["location"], declared, keys[0], seen)


def _inspect_file(
    gold: Path, table: str, location: str, declared: Sequence[str], key: str, seen: set[Any]
) -> Iterator[Finding]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def finding(trap: str, where: str, detail: str) -> Finding:
        return Finding(trap=trap, table=table, where=where, detail=detail)

    path = gold / location
    if not path.is_file():
        yield finding("missing_file", location, "the manifest names it")
        return
    if path.stat().st_size > _LARGEST:
        yield finding("file_size", location, "more than 1 GB")
    try:
        file = pq.ParquetFile(path)
        keys = file.read(columns=[key])[key] if key in file.schema_arrow.names else None
    except (pa.ArrowInvalid, OSError) as error:
        yield finding("unreadable_file", location, f"no parquet file: {type(error).__name__}")
        return
    if file.schema_arrow.names != list(declared):
        yield finding("columns_differ", location, "not the columns of the entity document, in its order")
    yield from _inspect_columns(table, file)
    if keys is not None:
        values = keys.to_pylist()
        if None in values:
            yield finding("primary_key_null", location, f"{values.count(None)} rows without {key}")
        repeated = len(values) - len(set(values)) + len(seen & set(values))
        if repeated:
            yield finding("primary_key_repeats", location, f"{repeated} rows whose {key} another row has")
        seen.update(values)


def _inspect_columns(table: str, file: Any) -> Iterator[Finding]:
    import pyarrow as pa

    def finding(trap: str, column: str, detail: str) -> Finding:
        return Finding(trap=trap, table=table, where=column, detail=detail)

    for place in range(len(file.schema)):
        if file.schema.column(place).physical_type == "INT96":
            yield finding("int96", file.schema.column(place).name, "may not show; write TIMESTAMP_MICROS")
    for field in file.schema_arrow:
        kind = field.type
        if pa.types.is_decimal(kind) and kind.precision > _MOST_DIGITS:
            yield finding("decimal_precision", field.name, f"{kind}: at most {_MOST_DIGITS} digits")
        if pa.types.is_nested(kind) or pa.types.is_time(kind) or pa.types.is_unsigned_integer(kind):
            yield finding("column_type", field.name, f"{kind} has no counterpart")
        if pa.types.is_timestamp(kind) and kind.tz is None:
            yield finding("timestamp_ntz", field.name, "a timestamp without time zone")
        if not _NAME.fullmatch(field.name):
            yield finding("column_name", field.name, "letters, digits and `_`, a letter first")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a gold folder; the command line of this module."""
    parser = argparse.ArgumentParser(prog="python -m spark_jobs.readiness", description="Is gold fit for Customer Insights?")
    parser.add_argument("gold", type=Path, help="the folder that holds default.manifest.cdm.json")
    parser.add_argument("--json", action="store_true", help="print a JSON array instead of lines")
    given = parser.parse_args(arguments)
    found = list(inspect(given.gold))
    if given.json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in found], indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{finding}\n" for finding in found)
        sys.stdout.write(f"{len(found)} findings\n" if found else "ready: no findings\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
