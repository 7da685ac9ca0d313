"""The parquet files of one gold table, opened one after the other and judged as Customer Insights would read them.

Sources: reference: Customer Insights, section 2 (types, INT96, pages, keys, sizes), 6 (columns that differ make every record
corrupt) and 11 (what the sample data does to match rules).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.contracts.outcome import Finding
from shared.contracts.publication import PUBLISHED_AT, is_of_deletes
from spark_jobs.findings import LARGEST, MOST_DIGITS, is_text_by_nature, number_for_text

_DICTIONARY_ONLY = "written as a dictionary of its values; write plain text"
#: Columns that a match or deduplication rule is made of, by their usual names.
_MATCHED = re.compile(r"mail|phone|mobile|street|line1|fullname", re.IGNORECASE)
_DATED = re.compile(r"date|birth|time", re.IGNORECASE)
#: Columns whose names promise a form -> trap, the form, what it is called. Else a rule compares what is written in two ways.
_FORMS = {
    re.compile(r".*_e164"): ("phone_form", r"^\+[1-9][0-9]{4,14}$", "telephone numbers in E.164"),
    re.compile(r".*_normalised"): ("normalised_form", r"^[^\sA-Z]+$", "in lower case and without blanks"),
}
#: Rows that the source deleted are nobody's profile.
_DELETED = re.compile(r"_*is_?deleted?", re.IGNORECASE)
_ISO = r"^\d{4}-\d{2}-\d{2}([T ]|$)"
#: A value that so many rows share, of at least so many filled ones, merges them all under a rule on its column.
_SHARED, _ENOUGH = 0.1, 20
#: A page header begins with its type in Thrift's compact form: field 1, an i32, then 3 (DATA_PAGE_V2) in zigzag.
_PAGE_V2 = bytes([0x15, 0x06])


def int96_columns(end: bytes) -> list[str]:
    """Return the INT96 columns of a parquet file, given its end."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_metadata(pa.BufferReader(end)).schema
    return [schema.column(at).name for at in range(len(schema)) if schema.column(at).physical_type == "INT96"]


def int96(table: str, column: str) -> Finding:
    """Refuse a column that may not show."""
    detail = "may not show; have spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS where the job runs"
    return Finding(trap="int96", table=table, where=column, detail=detail)


@dataclass(kw_only=True)
class TableFiles:
    """The files of a table; remembers from file to file what only all of them tell."""

    table: str
    formats: Mapping[str, str]  # column -> dataFormat, as the entity document declares them
    key: str | None
    shapes: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # decimals -> precision and scale, as it declares them
    increments: frozenset[str] = frozenset()  # files whose rows take the place of others with their keys
    _counting: dict[str, Any] = field(default_factory=dict)  # file -> mask of its rows that count, where there are increments
    _keys: set[Any] = field(default_factory=set)
    _values: dict[str, Counter[str]] = field(default_factory=dict)  # of matched columns
    _dates: dict[str, tuple[int, int]] = field(default_factory=dict)  # filled, of which ISO 8601
    _formless: Counter[str] = field(default_factory=Counter)  # values of such a column that are not of its form
    _deleted: Counter[str] = field(default_factory=Counter)  # rows that such a column calls deleted
    _told: set[tuple[str, str]] = field(default_factory=set)

    def inspect(self, gold: Path, locations: Sequence[str]) -> Iterator[Finding]:
        """Judge the files at these places below a folder; a trap of a column is told once.

        What values tell is told of the rows that count: increments take the place of others (docs/adr/0021).
        """
        if self.increments:
            self._find_counting(gold, locations)
        for location in locations:
            for finding in self._file(gold / location, location):
                if (finding.trap, finding.where) not in self._told:
                    self._told.add((finding.trap, finding.where))
                    yield finding
        yield from self._as_a_whole()

    def _find_counting(self, gold: Path, locations: Sequence[str]) -> None:
        """Find which rows of each file count: those that were published last of their key, unless that takes it away."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        held: dict[str, list[tuple[Any, Any]]] = {}
        newest: dict[Any, Any] = {}
        for location in locations:
            try:
                rows = pq.ParquetFile(gold / location).read(columns=[self.key, PUBLISHED_AT])
                held[location] = list(zip(rows[self.key].to_pylist(), rows[PUBLISHED_AT].to_pylist(), strict=True))
            except (pa.ArrowException, OSError, KeyError):
                continue  # what is wrong with the file is told where it is judged
            for key, at in held[location]:
                if at is not None:
                    newest[key] = max(at, newest.get(key, at))
        for location, rows_held in held.items():
            is_gone = is_of_deletes(location)
            self._counting[location] = pa.array([not is_gone and newest.get(key) == at for key, at in rows_held], pa.bool_())

    def _file(self, path: Path, location: str) -> Iterator[Finding]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not path.is_file():
            yield self._error("missing_file", location, "the manifest names it")
            return
        if path.stat().st_size > LARGEST:
            yield self._error("file_size", location, f"{path.stat().st_size} bytes; at most 1 GB")
        try:
            file = pq.ParquetFile(path)
        except (pa.ArrowException, OSError) as error:
            yield self._error("unreadable_file", location, f"no parquet file: {type(error).__name__}")
            return
        columns = {field.name: field.type for field in file.schema_arrow}
        if list(columns) != list(self.formats):
            yield self._error("columns_differ", location, "not the columns of the entity document, in its order")
        if _has_pages_v2(path, file.metadata):
            yield self._error("page_version", location, 'data pages of version 2; write data_page_version="1.0"')
        old = {file.schema.column(at).name for at in range(len(file.schema)) if file.schema.column(at).physical_type == "INT96"}
        for name, kind in columns.items():
            if name in old:
                yield int96(self.table, name)
            else:
                yield from self._column(name, kind)
        try:
            yield from self._rows(file, columns, location)
        except (pa.ArrowException, OSError) as error:
            yield self._error("unreadable_file", location, f"its data is damaged: {type(error).__name__}")

    def _column(self, name: str, kind: Any) -> Iterator[Finding]:
        import pyarrow as pa

        if pa.types.is_decimal(kind) and kind.precision > MOST_DIGITS:
            yield self._error("decimal_precision", name, f"{kind}: at most {MOST_DIGITS} digits; write decimal(16,2) or double")
        elif pa.types.is_timestamp(kind) and kind.tz is None:
            yield self._error("timestamp_ntz", name, "a timestamp without time zone")
        elif pa.types.is_dictionary(kind):
            yield self._error("column_type", name, _DICTIONARY_ONLY)
        elif not _has_counterpart(kind):
            yield self._error("column_type", name, f"{kind} has no counterpart")
        elif (declared := self.formats.get(name)) is not None and not _fits(kind, declared):
            yield self._error("type_differs", name, f"{kind} in the files, {declared or 'nothing'} in the entity document")
        elif pa.types.is_decimal(kind) and declared and self.shapes.get(name) != (kind.precision, kind.scale):
            shape = self.shapes.get(name)
            told = f"precision {shape[0]} and scale {shape[1]}" if shape else "no precision and scale"
            yield self._error("decimal_shape", name, f"{kind} in the files, {told} in the entity document")
        if is_text_by_nature(name) and (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
            yield number_for_text(self.table, name, str(kind))

    def _rows(self, file: Any, columns: Mapping[str, Any], location: str) -> Iterator[Finding]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.key is not None and self.key in columns:
            values = file.read(columns=[self.key])[self.key].to_pylist()
            if None in values:
                yield self._error("primary_key_null", location, f"{values.count(None)} rows without {self.key}")
            filled = [value for value in values if value is not None]
            others = set() if location in self.increments else self._keys
            repeated = len(filled) - len(set(filled)) + len(others & set(filled))
            if repeated:
                yield self._error("primary_key_repeats", location, f"{repeated} rows whose {self.key} another row has")
            others.update(filled)
        counting = self._counting.get(location)

        def read(name: str) -> Any:
            values = file.read(columns=[name])[name]
            return values if counting is None else values.filter(counting)

        for name in (name for name, kind in columns.items() if pa.types.is_boolean(kind) and _DELETED.fullmatch(name)):
            self._deleted[name] += pc.sum(read(name)).as_py() or 0
        text = [name for name, kind in columns.items() if pa.types.is_string(kind) or pa.types.is_large_string(kind)]
        for name in text:
            if _MATCHED.search(name):
                counted = pc.value_counts(read(name).drop_null())
                counts = {one["values"]: one["counts"] for one in counted.to_pylist() if one["values"].strip()}
                self._values.setdefault(name, Counter()).update(counts)
            if (form := _form(name)) is not None:
                found = read(name).drop_null()
                self._formless[name] += len(found) - (pc.sum(pc.match_substring_regex(found, form[1])).as_py() or 0)
            if _DATED.search(name):
                found = read(name).drop_null()
                iso = pc.sum(pc.match_substring_regex(found, _ISO)).as_py() or 0
                before = self._dates.get(name, (0, 0))
                self._dates[name] = (before[0] + len(found), before[1] + iso)

    def _as_a_whole(self) -> Iterator[Finding]:
        for name, counts in self._values.items():
            filled = counts.total()
            most = max(counts.values(), default=0)
            if filled >= _ENOUGH and most > filled * _SHARED:
                yield self._warning(
                    "one_value", name, f"{most} of {filled} rows share one value: a match rule on it merges them"
                )
        for name, (filled, iso) in self._dates.items():
            if 0 < iso < filled:
                yield self._warning(
                    "date_text", name, f"{filled - iso} of {filled} values are no ISO 8601 dates, the others are"
                )

        for name, many in self._formless.items():
            if many and (form := _form(name)) is not None:
                yield self._warning(form[0], name, f"{many} values are not {form[2]}, as the name of the column says")
        for name, many in self._deleted.items():
            if many:
                yield self._error("deleted_rows", name, f"{many} rows that the source deleted; leave them out")

    def _error(self, trap: str, where: str, detail: str) -> Finding:
        return Finding(trap=trap, table=self.table, where=where, detail=detail)

    def _warning(self, trap: str, where: str, detail: str) -> Finding:
        return Finding(trap=trap, table=self.table, where=where, detail=detail, severity="warning")


def _form(column: str) -> tuple[str, str, str] | None:
    return next((form for wanted, form in _FORMS.items() if wanted.fullmatch(column)), None)


def _has_counterpart(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return bool(kind.unit in {"ms", "us"})
    plain = (pa.types.is_string, pa.types.is_large_string, pa.types.is_signed_integer, pa.types.is_float32, pa.types.is_float64)
    return any(check(kind) for check in (*plain, pa.types.is_boolean, pa.types.is_date32, pa.types.is_decimal))


def _fits(kind: Any, declared: str) -> bool:
    import pyarrow as pa

    checks = {
        "String": lambda: pa.types.is_string(kind) or pa.types.is_large_string(kind),
        "Guid": lambda: pa.types.is_string(kind),
        "Int16": lambda: pa.types.is_integer(kind) and kind.bit_width <= 16,
        "Int32": lambda: pa.types.is_integer(kind) and kind.bit_width <= 32,
        "Int64": lambda: pa.types.is_integer(kind),
        "Double": lambda: pa.types.is_floating(kind),
        "Decimal": lambda: pa.types.is_decimal(kind),
        "Boolean": lambda: pa.types.is_boolean(kind),
        "Date": lambda: pa.types.is_date(kind),
        "DateTime": lambda: pa.types.is_timestamp(kind),
        "DateTimeOffset": lambda: pa.types.is_timestamp(kind),
    }
    check = checks.get(declared)
    return check is not None and bool(check())


def _has_pages_v2(path: Path, metadata: Any) -> bool:
    groups = (metadata.row_group(at) for at in range(min(metadata.num_row_groups, 1)))
    offsets = [group.column(at).data_page_offset for group in groups for at in range(group.num_columns)]
    with path.open("rb") as file:
        return any(file.seek(offset) == offset and file.read(2) == _PAGE_V2 for offset in offsets)
