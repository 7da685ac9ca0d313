"""Bytes as Synapse Link writes them in append-only mode: headerless records and the `model.json` that names their columns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

SERVICE: Final = "Microsoft.Athena.TrickleFeedService"
_QUOTED: Final = ("string", "dateTime", "dateTimeOffset")  # the model says QuoteAlways; seen rows leave the rest bare


def record(values: Mapping[str, str | None], columns: Mapping[str, str]) -> bytes:
    """Write one record; null is nothing between two commas (reference: Synapse Link, section 6). `columns`: type by name."""
    texts = (
        "" if (value := values.get(name)) is None else '"' + value.replace('"', '""') + '"' if kind in _QUOTED else value
        for name, kind in columns.items()
    )
    return f"{','.join(texts)}\r\n".encode()


def sink_time(at: datetime) -> str:
    """Write a time as SinkCreatedOn and SinkModifiedOn spell it (reference: Synapse Link, section 6)."""
    return f"{at.month}/{at.day}/{at.year} {at.hour % 12 or 12}:{at:%M:%S} {'AM' if at.hour < 12 else 'PM'}"


def model(table: str, columns: Mapping[str, str], *, locations: Iterable[str] = ()) -> bytes:
    """Write a `model.json` of one table (reference: Synapse Link, section 4); `locations` are URIs of its partitions."""
    entity = {
        "$type": "LocalEntity",
        "name": table,
        "description": table,
        "annotations": [
            {"name": "Athena:PartitionGranularity", "value": "Year"},
            {"name": "Athena:InitialSyncState", "value": "Completed"},
        ],
        "attributes": [_attribute(name, kind) for name, kind in columns.items()],
        "partitions": [_partition(location) for location in locations],
    }
    return json.dumps({"name": "cdm", "description": "cdm", "version": "1.0", "entities": [entity]}, indent=2).encode()


def entity_metadata(table: str, states: Mapping[int, str], statuses: Mapping[int, tuple[int, str]]) -> bytes:
    """Tell the labels of a table's states and status reasons in English, as `<table>-EntityMetadata.json` tells them.

    Reference: Synapse Link, section 10. `statuses` name the state that each belongs to.
    """

    def label(text: str) -> dict[str, object]:
        return {"IsUserLocalizedLabel": True, "LocalizedLabelLanguageCode": 1033, "LocalizedLabel": text}

    document = {
        "AttributeMetadata": [],
        "OptionSetMetadata": [],
        "GlobalOptionSetMetadata": [],
        "StateMetadata": [{"EntityName": table, "State": state, **label(text)} for state, text in states.items()],
        "StatusMetadata": [
            {"EntityName": table, "State": state, "Status": status, **label(text)} for status, (state, text) in statuses.items()
        ],
    }
    return json.dumps(document, indent=2).encode()


def _attribute(name: str, kind: str) -> dict[str, object]:
    if kind != "string":
        return {"name": name, "dataType": kind, "maxLength": -1}
    constrained = {"traitReference": "is.constrained", "arguments": [{"name": "maximumLength", "value": 200}]}
    return {"name": name, "dataType": kind, "maxLength": 200, "cdm:traits": [constrained]}


def _partition(location: str) -> dict[str, object]:
    year = location.rpartition("/")[2].partition("_")[0].removesuffix(".csv")
    style = {"quoteStyle": "QuoteStyle.Csv", "csvStyle": "CsvStyle.QuoteAlways", "encoding": "UTF-8"}
    return {
        "name": year,
        "location": location,
        "fileFormatSettings": {"$type": "CsvFormatSettings", "columnHeaders": False, "delimiter": ",", **style},
        "annotations": [{"name": "Athena:PartitionYear", "value": year}],
    }
