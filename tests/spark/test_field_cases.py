"""Files as finance systems write them, after reports of people who load them: read right, or refused, never wrong in silence.

Each test names the case that it stands for; all data is invented.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.config.tables import read_configuration
from tests.spark.conftest import Pipeline

pytestmark = pytest.mark.spark

KEYED = '[finance.{}]\nkeys = ["cid"]\n'


def configured(pipeline: Pipeline, toml: str = "") -> None:
    pipeline.configuration = read_configuration(toml)


def silver(pipeline: Pipeline) -> dict[str, Any]:
    return pipeline.silver(pipeline.manifest())


def column(pipeline: Pipeline, entity: str, name: str, by: str = "cid") -> dict[Any, Any]:
    return {row[by]: row[name] for row in pipeline.current(entity)}


def traps(report: dict[str, Any], entity: str) -> set[tuple[str, str]]:
    return {(one["trap"], one["where"]) for one in report.get("warnings", {}).get(entity, ())}


def test_case_07_decimal_comma_is_read_where_it_is_configured_and_never_as_a_point(pipeline: Pipeline) -> None:
    types = 'types = { income = "decimal(16,2)", spend = "decimal(16,2)" }\n'
    configured(pipeline, KEYED.format("told") + types + 'decimal = ","\nthousands = "."\n' + KEYED.format("untold") + types)
    rows = [("1", "1.234,56", "12,50"), ("2", "1.000", "3,00"), ("3", "900", "7"), ("4", "12.500", "5")]
    fields = [dict(zip(("cid", "income", "spend"), row, strict=True)) for row in rows]
    for data_set in ("told", "untold"):
        pipeline.land(fields, dict.fromkeys(fields[0], "string"), source="finance", table=data_set)
    plain = [{"kunde": "1", "betrag": "1.234,56", "saldo": "1.000"}, {"kunde": "2", "betrag": "12,50", "saldo": "2.500"}]
    pipeline.land(plain, dict.fromkeys(plain[0], "string"), source="finance", table="umsatz")
    report = silver(pipeline)
    assert column(pipeline, "told", "income") == {"1": Decimal("1234.56"), "2": 1000, "3": 900, "4": 12500}
    assert column(pipeline, "told", "spend") == {"1": Decimal("12.50"), "2": 3, "3": 7, "4": 5}
    assert column(pipeline, "untold", "income") == {"3": 900}, "no 12.50 for 12.500"
    assert report["entities"]["untold"]["rules"] == {"type:income": 3, "type:spend": 2}
    assert column(pipeline, "umsatz", "saldo", by="kunde") == {1: "1.000", 2: "2.500"}
    assert traps(report, "umsatz") == {("text_comma", "betrag"), ("text_point", "saldo")}


def test_case_09_serial_numbers_and_periods_are_no_dates(pipeline: Pipeline) -> None:
    configured(pipeline, KEYED.format("serial") + 'types = { posted = "date" }')
    bad = ["46296", "202610", "2026", "2026-10-01T00:30:00+02:00", "2026-10-01 12:30", "12:30", "2026-02-30", "12026-10-01"]
    lines = "\n".join(f"{number},{text}" for number, text in enumerate(["2026-10-01", "2026-10-02T00:00:00", *bad], 1))
    pipeline.finance(f"cid,posted\n{lines}", data_set="serial")
    counts = silver(pipeline)["entities"]["serial"]
    assert counts["rules"] == {"type:posted": len(bad)}
    assert {key: str(value) for key, value in column(pipeline, "serial", "posted").items()} == {
        "1": "2026-10-01",
        "2": "2026-10-02",
    }


def test_case_11_leading_zeros_of_a_later_file_make_the_column_text(pipeline: Pipeline) -> None:
    configured(pipeline, KEYED.format("addr"))
    pipeline.finance("cid,zip,cc\n1,10115,4711\n2,80331,4712", data_set="addr")
    silver(pipeline)
    assert dict(pipeline.table("addr").dtypes)["zip"] == "bigint"
    pipeline.finance("cid,zip,cc\n3,01067,0815\n4,04109,4713", data_set="addr", hours=1)
    report = silver(pipeline)
    assert column(pipeline, "addr", "zip") == {"1": "10115", "2": "80331", "3": "01067", "4": "04109"}
    assert column(pipeline, "addr", "cc") == {"1": "4711", "2": "4712", "3": "0815", "4": "4713"}
    assert report["entities"]["addr"]["rejected"] == 0
    assert {("type_widened", "zip"), ("text_leading_zero", "zip")} <= traps(report, "addr")


def test_case_14_whole_amounts_widen_when_cents_come(pipeline: Pipeline) -> None:
    configured(pipeline)
    pipeline.finance("n,amount\n1,10\n2,20", data_set="gl")
    silver(pipeline)
    pipeline.finance("n,amount\n4,1.10\n5,3.00\n6,7", data_set="gl", hours=1, file="b.csv")
    report = silver(pipeline)
    assert report["entities"]["gl"]["rejected"] == 0
    assert column(pipeline, "gl", "amount", by="n") == {1: 10, 2: 20, 4: Decimal("1.10"), 5: 3, 6: 7}
    assert traps(report, "gl") == {("type_widened", "amount")}


def test_case_27_padded_keys_are_one_key(pipeline: Pipeline) -> None:
    configured(pipeline, KEYED.format("padded"))
    pipeline.finance("cid,income\nC001,10\nC002,20", data_set="padded")
    silver(pipeline)
    rows = [{"cid": key, "income": income} for key, income in (("C001   ", "15"), (" C002", "25"), ("  \t", "1"), (None, "2"))]
    pipeline.land(rows, dict.fromkeys(rows[0], "string"), source="finance", table="padded", hours=1, file="b.csv")
    counts = silver(pipeline)["entities"]["padded"]
    assert counts["rules"] == {"key:cid": 2}, "a blank key is none"
    assert column(pipeline, "padded", "income") == {"C001": 15, "C002": 25}


def test_case_28_words_for_nothing_are_nothing_where_they_are_listed_and_else_rejected(pipeline: Pipeline) -> None:
    amounts = 'types = { amount = "decimal(16,2)" }\n'
    listed = "nulls = ['NULL', 'N/A', '-', '\\N']\n"
    configured(pipeline, KEYED.format("told") + amounts + listed + KEYED.format("untold") + amounts)
    for data_set in ("told", "untold"):
        pipeline.finance(
            "cid,amount,opened\n1,10,2026-01-01\n2,NULL,NULL\n3,N/A,2026-01-03\n4,-,\\N\n5,3,NULL", data_set=data_set
        )
    report = silver(pipeline)
    assert column(pipeline, "told", "amount") == {"1": 10, "2": None, "3": None, "4": None, "5": 3}
    for data_set in ("told", "untold"):
        assert dict(pipeline.table(data_set).dtypes)["opened"] == "date", "one NULL makes no text for ever"
    assert report["entities"]["told"]["rejected"] == 0
    assert report["entities"]["untold"]["rules"] == {"type:amount": 3, "type:opened": 3}
    assert ("null_word", "opened") in traps(report, "untold")


def test_case_39_two_sets_with_the_same_columns_in_one_batch_are_two_tables(pipeline: Pipeline) -> None:
    configured(pipeline)
    pipeline.finance("day,amount\n2026-10-01,10", data_set="sales_de", file="2026-10.csv")
    pipeline.finance("day,amount\n2026-10-01,20", data_set="sales_at", file="2026-10.csv")
    assert len({part.schema_version for part in pipeline.parts}) == 1
    silver(pipeline)
    found = {entity: [row["amount"] for row in pipeline.current(entity)] for entity in ("sales_de", "sales_at")}
    assert found == {"sales_de": [10], "sales_at": [20]}


#: What each column holds; the type that silver gives it.
_INFERRED = {
    "whole": (["0", "-7", "999999999999999999"], "bigint"),
    "padded": ([" 1", "2 "], "bigint"),
    "plus": (["+1", "2"], "string"),
    "minus_zero": (["-0", "1"], "string"),
    "long": (["1234567890123456789"], "string"),
    "zeros": (["0815", "4711"], "string"),
    "exponent": (["5E1", "7"], "string"),
    "money": (["1.10", "-3"], "decimal(16,2)"),
    "fine": (["0.1234567", "1.234"], "decimal(21,7)"),
    "two_readings": (["1.234", "5"], "string"),
    "comma": (["1,5"], "string"),
    "day": (["2026-01-31", "1900-01-01"], "date"),
    "old": (["1899-12-31"], "string"),
    "american": (["01/02/2026"], "string"),
    "period": (["202610"], "bigint"),
    "clock": (["12:30"], "string"),
    "moment": (["2026-01-31 12:30", "2026-01-31T23:59:59.123456"], "timestamp"),
    "utc": (["2026-01-31T12:30:00Z"], "timestamp"),
    "offset": (["2026-10-01T00:30:00+02:00"], "string"),
    "nanoseconds": (["2026-01-31T23:59:59.1234567"], "string"),
    "flag": (["true", "FALSE"], "boolean"),
    "flag_number": (["1", "0"], "bigint"),
}


def test_a_type_is_inferred_only_where_every_value_survives_it_unchanged(pipeline: Pipeline) -> None:
    configured(pipeline, KEYED.format("kinds"))
    rows = [{"cid": str(n)} | {name: (texts * 3)[n] for name, (texts, _) in _INFERRED.items()} for n in range(3)]
    pipeline.land(rows, dict.fromkeys(rows[0], "string"), source="finance", table="kinds")
    counts = silver(pipeline)["entities"]["kinds"]
    assert (counts["applied"], counts["rejected"]) == (3, 0)
    kinds = dict(pipeline.table("kinds").dtypes)
    assert {name: kinds[name] for name in _INFERRED} == {name: kind for name, (_, kind) in _INFERRED.items()}


#: How a data set is configured; a text, and what is read of it: None where its record is rejected.
_CONFIGURED: list[tuple[str, str, dict[str, Any]]] = [
    ("decimal(16,2)", "", {"1.5": Decimal("1.50"), "+2": 2, "007": 7, ".5": Decimal("0.50"), "1.234": None, "5E1": None}),
    ("decimal(16,2) round", "", {"1.234": Decimal("1.23"), "1.235": Decimal("1.24"), "much": None}),
    ("bigint", "", {"12": 12, "12.0": None, "1e3": None, "9223372036854775808": None, "": None}),
    ("double", "", {"1e3": 1000.0, "1e999": None, "NaN": None}),
    (
        "decimal(16,2)",
        "decimal = ','\nthousands = \"'\"\n",
        {"1'234,5": Decimal("1234.50"), "1\u2019234": 1234, "1'23": None, "1.5": None, "-1'000": -1000},
    ),
    (
        "decimal(16,2)",
        "thousands = ','\naccounting = true\n",
        {
            "1,234.50-": Decimal("-1234.50"),
            "(5)": -5,
            "$ 7": 7,
            "7 \u20ac": 7,
            "-$7": -7,
            "$7$": None,
            "(5-": None,
            "--5": None,
        },
    ),
    (
        "date",
        "date_formats = ['dd.MM.yyyy', 'd/M/yy']\n",
        {"01.02.2026": "2026-02-01", "3/4/26": "2026-04-03", "2026-02-01": None},
    ),
    (
        "timestamp",
        "",
        {"2026-10-01T00:30:00+02:00": "2026-09-30 22:30:00", "12:30": None, "2026": None, "2026-10-01": "2026-10-01 00:00:00"},
    ),
]


def test_a_configured_type_takes_what_has_one_reading_and_rejects_the_rest(pipeline: Pipeline) -> None:
    sets = {f"set{n}": case for n, case in enumerate(_CONFIGURED)}
    configured(
        pipeline,
        "".join(KEYED.format(name) + f'types = {{ value = "{kind}" }}\n{more}' for name, (kind, more, _) in sets.items()),
    )
    for name, (_, _, texts) in sets.items():
        rows = [{"cid": str(n), "value": text} for n, text in enumerate(texts)]
        pipeline.land(rows, dict.fromkeys(rows[0], "string"), source="finance", table=name)
    silver(pipeline)
    for name, (kind, _, texts) in sets.items():
        shown = "cast(value as string)" if kind in {"date", "timestamp"} else "value"
        found = {row[0]: row[1] for row in pipeline.table(name).selectExpr("cid", shown).collect()}
        expected = {str(n): value for n, value in enumerate(texts.values()) if value is not None or "" in texts}
        if "" in texts:
            expected = {str(n): value for n, (text, value) in enumerate(texts.items()) if value is not None or not text}
        assert found == expected, (kind, texts)
