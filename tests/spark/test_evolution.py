"""Columns that come, go, widen, change their case or their type, in one batch or over several, without a person."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.config.tables import read_configuration
from tests.spark.conftest import Pipeline, sink

pytestmark = pytest.mark.spark

Columns = dict[str, str | dict[str, Any]]

_OURS: Columns = {"Id": "guid", "SinkModifiedOn": "dateTime", "versionnumber": "int64", "IsDelete": "boolean"}


def decimal(name: str, precision: int, scale: int) -> dict[str, Any]:
    return {"name": name, "type": "decimal", "precision": precision, "scale": scale}


def row(key: str, version: int, **values: str) -> dict[str, Any]:
    return {"Id": key, "SinkModifiedOn": sink(version), "versionnumber": str(version)} | values


def test_columns_widen_change_case_and_come_back_and_a_conflicting_type_rejects_its_records_only(pipeline: Pipeline) -> None:
    first: Columns = {"amount": "int64", "money": decimal("money", 10, 2), "day": "date", "note": "string", "size": "int64"}
    values = {"amount": "5", "money": "1.25", "day": "2026-01-31", "note": "short", "size": "1", "back": "7"}
    pipeline.land([row("a", 1, **values), row("b", 1, **values)], _OURS | first | {"back": "int64"}, table="thing")
    pipeline.run()

    # Wider in every way; `back` is gone; names change their case, that of the key too.
    second: Columns = {"amount": decimal("amount", 16, 2), "money": decimal("money", 20, 4), "day": "dateTime", "SIZE": "int64"}
    values = {"amount": "6.50", "money": "1234567890123456.7891", "day": "2026-02-01T10:00:00.0000000Z", "SIZE": "2"}
    changed = row("a", 2, **values, note="n" * 5000)
    changed["ID"], changed["VersionNumber"] = changed.pop("Id"), changed.pop("versionnumber")
    columns: Columns = {"ID": "guid", "SinkModifiedOn": "dateTime", "VersionNumber": "int64", "IsDelete": "boolean"}
    pipeline.land([changed], columns | second | {"note": "string"}, table="thing")
    pipeline.run()

    # `back` is back as another type: what fits stays, what does not is rejected and told.
    third: Columns = {"amount": "double", "back": "string", "size": "string", "fresh": "boolean"}
    rows = [row("a", 3, amount="1e3", back="8", size="2"), row("c", 1, back="eight"), row("d", 1, size="large")]
    pipeline.land(rows, _OURS | third, table="thing")
    counts = pipeline.run()["entities"]["thing"]
    assert (counts["applied"], counts["rejected"]) == (1, 2)
    assert counts["rules"] == {"type:back": 1, "type:size": 1}

    kinds = dict(pipeline.table("thing").dtypes)
    assert {name: kinds[name] for name in ("amount", "money", "day", "note", "size", "back", "fresh")} == {
        "amount": "double",
        "money": "decimal(20,4)",
        "day": "timestamp",
        "note": "string",
        "size": "bigint",
        "back": "bigint",
        "fresh": "boolean",
    }
    assert sum(name.lower() in {"id", "size", "versionnumber"} for name in kinds) == 3
    history = sorted(pipeline.table("thing").collect(), key=lambda one: (one["Id"], one["versionnumber"]))
    assert [(one["Id"], one["versionnumber"], one["__END_AT"] is None) for one in history] == [
        ("a", 1, False),
        ("a", 2, False),
        ("a", 3, True),
        ("b", 1, True),
    ]
    assert [(one["amount"], one["size"], one["back"]) for one in history] == [
        (5.0, 1, 7),
        (6.5, 2, None),
        (1000.0, 2, 8),
        (5.0, 1, 7),
    ]
    assert history[1]["money"] == Decimal("1234567890123456.7891")
    times = pipeline.table("thing").where("Id = 'a'").selectExpr("versionnumber", "unix_seconds(day)").collect()
    seconds = {version: None if second is None else datetime.fromtimestamp(second, UTC) for version, second in times}
    assert seconds == {1: datetime(2026, 1, 31, tzinfo=UTC), 2: datetime(2026, 2, 1, 10, tzinfo=UTC), 3: None}


def test_a_wide_custom_table_with_names_like_ours_and_of_other_alphabets_keeps_every_value(pipeline: Pipeline) -> None:
    ours = ["__START_AT", "__END_AT", "__deleted", "__version", "__order", "_errors", "_row", "_batch_id", "__landed_Id"]
    other = ["Größe", "Grüße", "名前", "名", "naïve name", "cr1a2_Id", "cr1a2_naïve name", "2026", "select", "a.b", "tick`tock"]
    names = [*ours, *other, *(f"cr1a2_column{n}" for n in range(250 - len(ours) - len(other)))]
    values = {name: f"value of {name}" for name in names}
    columns: Columns = _OURS | dict.fromkeys(names, "string")
    pipeline.land([row("a", 1, **values), row("b", 1)], columns, table="cr1a2_wide")
    counts = pipeline.silver(pipeline.manifest())["entities"]["wide"]
    assert (counts["applied"], counts["rejected"]) == (2, 0)
    found = {one["Id"]: one for one in pipeline.current("wide")}
    data = {name: value for name, value in found["a"].items() if isinstance(value, str) and value.startswith("value of ")}
    assert sorted(data.values()) == sorted(values.values())
    assert {"START_AT", "errors", "column7", "cr1a2_Id", "c_2026"} <= set(data)
    assert {found["b"][name] for name in data} == {None}
    pipeline.land([row("a", 2, **values)], columns, table="cr1a2_wide")
    assert pipeline.silver(pipeline.manifest())["entities"]["wide"]["history"] == 2, "nothing but the version changed"


def test_two_schema_versions_in_one_batch_make_the_same_table_in_either_order(pipeline: Pipeline) -> None:
    pipeline.configuration = read_configuration('[finance.ab]\nkeys = ["cid"]\n[finance.ba]\nkeys = ["cid"]')
    whole: Columns = _OURS | {"size": "int64"}
    broken: Columns = _OURS | {"size": decimal("size", 10, 2), "shade": "string"}
    one, other = [row("a", 1, size="5")], [row("b", 1, size="2.50", shade="red")]
    for table, schemas in (("x", [(one, whole), (other, broken)]), ("y", [(other, broken), (one, whole)])):
        for hours, (rows, columns) in enumerate(schemas):
            pipeline.land(rows, columns, table=table, hours=hours)
    # What is inferred for finance is inferred from all files, whose headers differ.
    files = ["cid,spend,code\n1,10,7", "CID,spend,code,extra\n1,10.5,x7,2026-01-31"]
    for data_set, texts in (("ab", files), ("ba", files[::-1])):
        for hours, text in enumerate(texts):
            pipeline.finance(text, data_set=data_set, hours=hours, file=f"{hours}.csv")
    # Types that exclude each other: the one that landed first stays, as if each had come in a batch of its own.
    pipeline.land([row("a", 1, size="big")], _OURS | {"size": "string"}, table="z", hours=2)
    pipeline.land([row("b", 1, size="5")], _OURS | {"size": "int64"}, table="z", hours=1)
    counts = pipeline.silver(pipeline.manifest())["entities"]
    assert (counts["z"]["applied"], counts["z"]["rules"]) == (1, {"type:size": 1})
    for table in ("x", "y"):
        assert counts[table]["applied"] == 2
        assert sorted((found["Id"], found["size"], found["shade"]) for found in pipeline.current(table)) == [
            ("a", Decimal("5.00"), None),
            ("b", Decimal("2.50"), "red"),
        ]
    for data_set in ("ab", "ba"):
        kinds = dict(pipeline.table(data_set).dtypes)
        assert (kinds["spend"], kinds["code"], kinds["extra"]) == ("decimal(16,2)", "string", "date")
        assert (counts[data_set]["applied"], counts[data_set]["current"]) == (2, 1)
