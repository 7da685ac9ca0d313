"""Every type of the Dataverse model, value by value (reference: Synapse Link, section 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.spark.conftest import Pipeline, sink

pytestmark = pytest.mark.spark

_OURS = {"Id": "guid", "SinkModifiedOn": "dateTime", "versionnumber": "int64", "IsDelete": "boolean"}


def decimal(precision: int | None = None, scale: int | None = None) -> dict[str, Any]:
    return {"type": "decimal"} | ({} if precision is None else {"precision": precision, "scale": scale})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


#: Column -> its type, a text that landed, and the value that silver holds.
_READ: dict[str, tuple[Any, str | None, Any]] = {
    "owner": ("guid", "6F9619FF-8B86-D011-B42D-00CF4FC964FF", "6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
    "owner_entitytype": ("string", "systemuser", "systemuser"),
    "highest": ("int64", "9223372036854775807", 9223372036854775807),
    "lowest": ("int64", "-9223372036854775808", -9223372036854775808),
    "precise": (decimal(38, 6), "12345678901234567890123456789012.123456", Decimal("12345678901234567890123456789012.123456")),
    "untold": (decimal(), "-0.0000000001", Decimal("-1E-10")),  # a model may lack the trait
    "money": (decimal(16, 2), "-99999999999999.99", Decimal("-99999999999999.99")),
    "zeros": (decimal(16, 2), "12.3400000", Decimal("12.34")),  # more digits, the same number
    "rate": ("double", "-1.7976931348623157E308", -1.7976931348623157e308),
    "exponent": ("double", "1e3", 1000.0),
    "seconds": ("dateTime", "2021-06-25T16:21:12Z", at("2021-06-25T16:21:12")),
    "seven_digits": ("dateTime", "2020-01-01T00:15:00.1234567Z", at("2020-01-01T00:15:00.123456")),
    "offset": ("dateTimeOffset", "2018-05-25T18:21:09.0000000+02:00", at("2018-05-25T16:21:09")),
    "no_zone": ("dateTimeOffset", "0001-01-03T00:00:00.0000000", at("0001-01-03")),
    "first_day": ("dateTime", "0001-01-01T00:00:00Z", at("0001-01-01")),
    "blank_of_finance": ("dateTime", "1900-01-01T00:00:00", at("1900-01-01")),
    "last_day": ("dateTime", "9999-12-31T23:59:59.9999999Z", at("9999-12-31T23:59:59.999999")),
    "half_day": ("dateTime", "6/28/2021 4:34:35 PM", at("2021-06-28T16:34:35")),
    "full_day": ("dateTime", "6/28/2021 16:34:35 PM", at("2021-06-28T16:34:35")),
    "yes": ("boolean", "True", True),
    "no": ("boolean", "fALSE", False),
    "one": ("boolean", "1", True),
    "zero": ("boolean", "0", False),
    "choice": ("int64", "100000001", 100000001),
    "choices": ("string", "1;2", "1;2"),
    "choices_in_brackets": ("string", "[1,2]", "[1,2]"),
    "text": ("string", ' a "b"\r\nc ', ' a "b"\r\nc '),
    "empty_text": ("string", "", ""),
    "no_text": ("string", None, None),
    "empty_number": ("int64", "", None),
    "empty_time": ("dateTime", " ", None),
    "no_time": ("dateTimeOffset", None, None),
    "unheard_of": ("somethingNew", "as it is", "as it is"),
}
#: Column -> a text that its type cannot hold: the record is rejected, nothing becomes null in silence, no job fails.
_REJECTED = [
    ("highest", "9223372036854775808"),
    ("lowest", "-9223372036854775809"),
    ("choice", "1.5"),
    ("money", "100000000000000.00"),
    ("precise", "1e40"),
    ("untold", "much"),
    ("rate", "NaN"),
    ("rate", "Infinity"),
    ("rate", "-Infinity"),
    ("rate", "1e999"),
    ("seconds", "2021-02-30T00:00:00Z"),
    ("offset", "yesterday"),
    ("yes", "maybe"),
]


def row(key: str, values: dict[str, str | None]) -> dict[str, Any]:
    return {"Id": key, "SinkModifiedOn": sink(1), "versionnumber": "1", "IsDelete": None} | values


def test_each_type_holds_the_value_that_landed_or_rejects_its_record(pipeline: Pipeline) -> None:
    columns = _OURS | {name: kind for name, (kind, _, _) in _READ.items()}
    columns = {name: {"name": name, **kind} if isinstance(kind, dict) else kind for name, kind in columns.items()}
    good = row("good", {name: text for name, (_, text, _) in _READ.items()})
    bad = [row(f"bad{n}", {column: text}) for n, (column, text) in enumerate(_REJECTED)]
    deleted = row("gone", dict(_REJECTED)) | {"IsDelete": "TRUE"}  # a delete carries little; nothing of it can be wrong
    pipeline.land([good, *bad, deleted], columns, table="new_thing")
    contact = row("c", {"fullname": "Ann", "createdon": "0001-01-03T00:00:00.0000000"})
    pipeline.land([contact], _OURS | {"fullname": "string", "createdon": "dateTimeOffset"}, table="contact")
    counts = pipeline.run()["entities"]["new_thing"]
    assert (counts["applied"], counts["rejected"], counts["current"]) == (2, len(_REJECTED), 1)

    instants = {name: f"unix_micros({name})" for name, (_, _, value) in _READ.items() if isinstance(value, datetime)}
    shown = [f"{instants.get(name, name)} as {name}" for name in _READ]
    (found,) = pipeline.table("new_thing").where("__END_AT is null").selectExpr(*shown).collect()
    for name, (_, _, value) in _READ.items():
        since = (value - at("1970-01-01")) // timedelta(microseconds=1) if isinstance(value, datetime) else value
        assert found[name] == since, name
    rejected = pipeline.table("new_thing_rejected").collect()
    assert {one["_record_number"]: one["_errors"] for one in rejected} == {
        number: [f"type:{column}"] for number, (column, _) in enumerate(_REJECTED, 2)
    }

    # The year 0001 is in the files too, of silver and of gold, and as the type that Customer Insights shows.
    assert [one["createdon"] for one in pipeline.published("contact")] == [at("0001-01-03")]
    for folder in ("silver/new_thing", "silver/contact", "gold/contact"):
        for file in Path(pipeline.lake.path(folder)).rglob("*.parquet"):
            schema = pq.ParquetFile(file).schema
            kinds = {schema.column(place).physical_type for place in range(len(schema))}
            assert "INT96" not in kinds, file.name
