"""The two forms in which Synapse Link tells labels, read into one: table, column, value, language, label.

Both are described in reference: Synapse Link, section 10. The column of a state is always `statecode`, that of a status
reason `statuscode`; a boolean's options are 0 and 1. Languages are all kept: which one is shown is decided where it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.errors import InvalidInput
from shared.formats.dialect import BOM, DATAVERSE
from shared.formats.landed_paths import EntityMetadataFile, LabelFile
from shared.formats.table_schema import LABEL_MIN_WIDTHS, LABEL_SCHEMAS

Labels = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]
"""Column -> value -> language code -> `{"label": text, "user": is it that of the exporting user}`; names in lower case."""

_COLUMNS = {"StateMetadata": "statecode", "StatusMetadata": "statuscode"}
_VALUES = {"StateMetadata": "State", "StatusMetadata": "Status"}
_KINDS = ("OptionsetMetadata", "GlobalOptionsetMetadata", "StateMetadata", "StatusMetadata")
_BOOLEANS = {"true": 1, "false": 0}


class LabelFileError(InvalidInput):
    """A label file cannot be read; says where, never what it holds."""


@dataclass
class LabelsFound:
    """What one label file says."""

    tables: dict[str, dict[str, dict[str, dict[str, dict[str, Any]]]]] = field(default_factory=dict)
    unreadable: int = 0  # records without a table, a column, a number as value, or a language

    def add(self, kind: str, record: Mapping[str, Any], table: str = "") -> None:
        """Take one record; `table` is that of the file, for records that name none."""
        try:
            name = str(record.get("EntityName") or table).lower()
            column = (_COLUMNS.get(kind) or str(record["OptionSetName"] or "")).lower()
            value = str(_number(record[_VALUES.get(kind, "Option")]))
            language = str(_number(record["LocalizedLabelLanguageCode"]))
        except (KeyError, ValueError):
            self.unreadable += 1
            return
        if not name or not column:
            self.unreadable += 1
            return
        label = record.get("LocalizedLabel")
        if label is None or label == "":
            return  # says nothing
        languages = self.tables.setdefault(name, {}).setdefault(column, {}).setdefault(value, {})
        is_users = str(record.get("IsUserLocalizedLabel")).strip().lower() in {"true", "1"}
        # The label of the exporting user's language comes once more beside that of the language: one entry, marked.
        languages[language] = {"label": str(label), "user": is_users or bool(languages.get(language, {}).get("user"))}


def read_label_file(file: EntityMetadataFile | LabelFile, data: bytes) -> LabelsFound:
    """Read one file in either form; raises `LabelFileError`. Lookup targets are no labels, and give none."""
    found = LabelsFound()
    if isinstance(file, EntityMetadataFile):
        for kind, record in _json_records(data):
            found.add(kind, record, file.table)
    elif file.labels in _KINDS:
        names, narrowest = LABEL_SCHEMAS[file.labels].names, LABEL_MIN_WIDTHS[file.labels]
        for fields in _csv_records(data):
            if len(fields) < narrowest:
                found.unreadable += 1
            else:
                found.add(file.labels, dict(zip(names, fields, strict=False)))
    return found


def merged(known: Labels, found: Labels, *, late: bool) -> Labels:
    """Put what a file says to what is known, value by value; a file that comes `late` only adds values not known yet.

    Nothing is dropped: history may hold a value whose option is gone, and an export may tell only what changed.
    """
    older, newer = (found, known) if late else (known, found)
    return {column: {**older.get(column, {}), **newer.get(column, {})} for column in {*older, *newer}}


def spelled(container: str, table: str, labels: Labels) -> bytes:
    """Spell a table's labels as bronze keeps them; the same labels give the same bytes."""
    document = {"container": container, "table": table, "columns": labels}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _number(value: Any) -> int:
    text = str(value).strip().lower()
    return _BOOLEANS[text] if text in _BOOLEANS else int(text)


def _csv_records(data: bytes) -> Iterator[list[str | None]]:
    start = len(BOM) if data.startswith(BOM) else 0
    number = 0
    while (found := DATAVERSE.record(data, start, len(data))) is not None:
        number += 1
        try:
            yield [None if value is None else value.decode() for value in DATAVERSE.fields(data[found[0] : found[1]])]
        except UnicodeDecodeError as error:
            raise LabelFileError(f"record {number}: no UTF-8") from error
        start = found[2]
    if data[start:].strip():
        raise LabelFileError(f"a quote that does not close, after record {number}: the file is cut off")


def _json_records(data: bytes) -> Iterable[tuple[str, Mapping[str, Any]]]:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LabelFileError(f"no UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise LabelFileError(f"no JSON at character {error.pos}: {error.msg}") from error
    except (ValueError, RecursionError) as error:  # numbers and nesting that Python refuses
        raise LabelFileError(f"no JSON that can be read: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise LabelFileError("expected one JSON object of arrays")
    arrays = {name.lower(): records for name, records in document.items() if isinstance(records, list)}
    return [(kind, record) for kind in _KINDS for record in arrays.get(kind.lower(), ()) if isinstance(record, dict)]
