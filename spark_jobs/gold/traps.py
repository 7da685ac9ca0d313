"""What Customer Insights would stumble over, told by the record of a publication before it is staged.

Errors refuse the publication; warnings stand in the outcome document. Sources: reference: Customer Insights, sections 2, 6, 11.
What only the files themselves tell is found by `readiness`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from shared.contracts.outcome import Finding
from shared.contracts.publication import GoldTable, Publication
from shared.contracts.sql_types import PLAIN, decimal_type
from spark_jobs.findings import LARGEST, MOST_DIGITS, NAME, NAME_RULE, is_text_by_nature, number_for_text
from spark_jobs.gold.parquet.hours import browsed

SMALL = 16 << 20  # bytes; files are best above it
MANY_SMALL = 100  # files of a table from which on small ones are worth a word
MOST_FILES = 1000  # of a folder
MOST_COLUMNS = 1000
_KEY_TYPES = {"string", "int", "bigint"}
_NUMBERS = {"int", "bigint", "double"}


def findings(publication: Publication, base: Publication | None = None) -> list[Finding]:
    """Judge a publication by its record, and by that of the one that it replaces."""
    found = [finding for table in publication.tables.values() for finding in table_findings(table)]
    for table in publication.tables.values():
        old = base.tables.get(table.name) if base else None
        if old is not None:
            found.extend(_changes(old, table))
    for name in sorted(set(base.tables if base else ()) - set(publication.tables)):
        detail = "the table is gone; Customer Insights fails until it is taken out of the data source"
        found.append(Finding(trap="table_removed", table=name, where="table", detail=detail, severity="warning"))
    return found


def small_files(table: str, sizes: Sequence[int]) -> Iterator[Finding]:
    """Say so where a table consists of many files that are small on average (`sizes` in bytes)."""
    if len(sizes) > MANY_SMALL and sum(sizes) / len(sizes) < SMALL:
        detail = f"{len(sizes)} files of {sum(sizes) // len(sizes)} bytes on average; 16 MB and more are read best"
        yield Finding(trap="small_files", table=table, where="table", detail=detail, severity="warning")


def crowded_folders(table: str, places: Sequence[str]) -> Iterator[Finding]:
    """Name the folders that hold too many files."""
    for folder, count in Counter(str(PurePosixPath(place).parent) for place in places).items():
        if count > MOST_FILES:
            yield Finding(
                trap="file_count", table=table, where=folder, detail=f"{count} files; at most {MOST_FILES} in a folder"
            )


def too_many_columns(table: str, columns: int) -> Iterator[Finding]:
    """Warn of more columns than should be selected."""
    if columns > MOST_COLUMNS:
        detail = f"{columns} columns; select at most {MOST_COLUMNS}"
        yield Finding(trap="column_count", table=table, where="table", detail=detail, severity="warning")


def table_findings(table: GoldTable) -> list[Finding]:
    """Judge one table of a publication."""
    return list(_of_table(table))


def _of_table(table: GoldTable) -> Iterator[Finding]:
    def error(trap: str, where: str, detail: str) -> Finding:
        return Finding(trap=trap, table=table.name, where=where, detail=detail)

    if not NAME.fullmatch(table.name) or table.name == "delta":  # `gold/delta` holds the Delta tables
        yield error("table_name", table.name, f"{NAME_RULE}, and is not `delta`")
    folders = {name for file in table.files for name in browsed(file.place)} - {table.name}
    yield from (error("folder_name", name, NAME_RULE) for name in sorted(folders) if not NAME.fullmatch(name))
    yield from (error("column_name", name, NAME_RULE) for name in table.columns if not NAME.fullmatch(name))
    key = table.columns.get(table.primary_key)
    if key not in _KEY_TYPES:
        yield error("primary_key_type", table.primary_key, f"a key is text or an integer, this is {key}")
    for column, kind in table.columns.items():
        decimal = decimal_type(kind)
        if decimal and decimal.precision > MOST_DIGITS:
            yield error("decimal_precision", column, f"{kind}: at most {MOST_DIGITS} digits; cast to decimal(16,2) or double")
        elif not decimal and kind not in PLAIN:
            yield error("column_type", column, f"{kind} has no counterpart")
        if is_text_by_nature(column) and (decimal or kind in _NUMBERS):
            yield number_for_text(table.name, column, kind)
    for file in table.files:
        if file.size > LARGEST:
            yield error("file_size", file.place, f"{file.size} bytes; at most 1 GB")
    yield from too_many_columns(table.name, len(table.columns))
    yield from crowded_folders(table.name, [file.place for file in table.files])
    yield from small_files(table.name, [file.size for file in table.files])


def _changes(old: GoldTable, new: GoldTable) -> Iterator[Finding]:
    added = [name for name in new.columns if name not in old.columns]
    removed = [name for name in old.columns if name not in new.columns]
    retyped = [
        f"{name} {old.columns[name]} to {kind}" for name, kind in new.columns.items() if old.columns.get(name, kind) != kind
    ]
    changed = {"added": added, "removed": removed, "retyped": retyped}
    told = "; ".join(f"{what} {', '.join(names)}" for what, names in changed.items() if names)
    if told:
        detail = f"{told}; Customer Insights fails until a person has the attributes generated again"
        yield Finding(trap="columns_changed", table=new.name, where="table", detail=detail, severity="warning")
    if old.primary_key != new.primary_key:
        detail = f"was {old.primary_key}; activities are all inserted again under the new key"
        yield Finding(trap="primary_key_changed", table=new.name, where=new.primary_key, detail=detail, severity="warning")
