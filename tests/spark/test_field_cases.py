"""Files as finance systems write them, after reports of people who load them: read right, or refused, never wrong in silence.

Each test names the case that it stands for; all data is invented. To run Spark once for all of them, every case lands its data
sets under names of its own, and three batches take what all cases land.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from shared.config.tables import read_configuration
from tests.spark.conftest import Pipeline

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class File:
    """A file that lands in one of the three batches: as CSV, or as rows where its values hold commas."""

    batch: int
    data_set: str
    content: str | Rows
    more: Mapping[str, Any] = field(default_factory=dict)

    def land(self, pipeline: Pipeline) -> None:
        more = {"hours": self.batch} | dict(self.more)
        if isinstance(self.content, str):
            pipeline.finance(self.content, data_set=self.data_set, **more)
        else:
            columns = dict.fromkeys(self.content[0], "string")
            pipeline.land(self.content, columns, source="finance", table=self.data_set, **more)


def keyed(data_set: str, more: str = "") -> str:
    return f'[finance.{data_set}]\nkeys = ["cid"]\n{more}\n'


def file(batch: int, data_set: str, content: str | Rows, **more: Any) -> File:
    return File(batch, data_set, content, more)


def table(columns: str, rows: Iterable[Iterable[Any]]) -> Rows:
    texts = ([None if value is None else str(value) for value in row] for row in rows)
    return [dict(zip(columns.split(","), row, strict=True)) for row in texts]


_INCOME = 'types = { income = "decimal(16,2)", spend = "decimal(16,2)" }\n'
_EUROPEAN = table(
    "cid,income,spend", [("1", "1.234,56", "12,50"), ("2", "1.000", "3,00"), ("3", "900", "7"), ("4", "12.500", "5")]
)
_NO_DATES = ["46296", "202610", "2026", "2026-10-01T00:30:00+02:00", "2026-10-01 12:30", "12:30", "2026-02-30", "12026-10-01"]
_WORDS = "cid,amount,opened\n1,10,2026-01-01\n2,NULL,NULL\n3,N/A,2026-01-03\n4,-,\\N\n5,3,NULL"

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

#: How a data set is configured: column -> type, and text -> what is read of it, None where its record is rejected.
_CONFIGURED: dict[str, tuple[str, dict[str, tuple[str, dict[str, Any]]]]] = {
    "plainly": (
        "",
        {
            "money": (
                "decimal(16,2)",
                {"1.5": Decimal("1.50"), "+2": 2, "007": 7, ".5": Decimal("0.50"), "1.234": None, "5E1": None},
            ),
            "rounded": ("decimal(16,2) round", {"1.234": Decimal("1.23"), "1.235": Decimal("1.24"), "much": None}),
            "whole": ("bigint", {"12": 12, "12.0": None, "1e3": None, "9223372036854775808": None}),
            "real": ("double", {"1e3": 1000.0, "1e999": None, "NaN": None}),
            "moment": (
                "timestamp",
                {"2026-10-01T00:30:00+02:00": "2026-09-30 22:30:00", "12:30": None, "2026": None}
                | {"2026-10-01": "2026-10-01 00:00:00"},
            ),
        },
    ),
    "comma": (
        "decimal = ','\nthousands = \"'\"\n",
        {
            "money": (
                "decimal(16,2)",
                {"1'234,5": Decimal("1234.50"), "1\u2019234": 1234, "1'23": None, "1.5": None, "-1'000": -1000},
            )
        },
    ),
    "books": (
        "thousands = ','\naccounting = true\ndate_formats = ['dd.MM.yyyy', 'd/M/yy']\n",
        {
            "money": (
                "decimal(16,2)",
                {"1,234.50-": Decimal("-1234.50"), "(5)": -5, "$ 7": 7, "7 $": 7, "-$7": -7}
                | {"$7$": None, "(5-": None, "--5": None},
            ),
            "day": ("date", {"01.02.2026": "2026-02-01", "3/4/26": "2026-04-03", "2026-02-01": None}),
        },
    ),
}


def _of_configured() -> tuple[str, list[File]]:
    toml, files = "", []
    for data_set, (more, columns) in _CONFIGURED.items():
        types = ", ".join(f'{name} = "{kind}"' for name, (kind, _) in columns.items())
        toml += keyed(data_set, f"{more}types = {{ {types} }}")
        texts = [(name, text) for name, (_, found) in columns.items() for text in found]
        rows = [dict.fromkeys(("cid", *columns)) | {"cid": f"{name} {text}", name: text} for name, text in texts]
        files.append(file(0, data_set, rows))
    return toml, files


_SNAPSHOT = 'mode = "snapshot"\n'
_FOLDER = _SNAPSHOT + 'snapshot_of = "folder"\n'
_TOML, _FILES = _of_configured()
#: What is configured, and what lands.
_TOML += (
    keyed("told_7", _INCOME + 'decimal = ","\nthousands = "."')
    + keyed("untold_7", _INCOME)
    + keyed("serial", 'types = { posted = "date" }')
    + keyed("told_28", "types = { amount = \"decimal(16,2)\" }\nnulls = ['NULL', 'N/A', '-', '\\N']")
    + keyed("untold_28", 'types = { amount = "decimal(16,2)" }')
    + "".join(keyed(name) for name in ("addr", "padded", "kinds", "lapsed", "september", "amounts"))
    + "".join(keyed(name, 'accounting = true\ntypes = { amount = "decimal(16,2)" }') for name in ("coins", "purse"))
    + keyed("as_of", 'sequence = ["as_of"]\ntypes = { income = "decimal(16,2)" }')
    + keyed("states", "sequence = ['As Of']\ndeleted_when = { column = 'State', values = ['D', 'gone', ''] }")
    + "".join(keyed(name, _SNAPSHOT) for name in ("bal_23", "bal_40", "bal_41", "bal_untold", "bal_seven", "bal_blank"))
    + keyed("months", _SNAPSHOT + 'sequence = ["as_of"]')
    + keyed("whole", _FOLDER)
    + keyed("daily", _FOLDER)
    + "[finance.bal_two]\nkeys = ['cid', 'unit']\nmode = 'snapshot'\n"
)
_FILES += [
    file(0, "told_7", _EUROPEAN),
    file(0, "untold_7", _EUROPEAN),
    file(0, "umsatz", table("kunde,betrag,saldo", [("1", "1.234,56", "1.000"), ("2", "12,50", "2.500")])),
    file(0, "serial", table("cid,posted", enumerate(["2026-10-01", "2026-10-02T00:00:00", *_NO_DATES], 1))),
    file(0, "addr", "cid,zip,cc\n1,10115,4711\n2,80331,4712"),
    file(1, "addr", "cid,zip,cc\n3,01067,0815\n4,04109,4713"),
    file(0, "gl", "n,amount\n1,10\n2,20"),
    file(1, "gl", "n,amount\n4,1.10\n5,3.00\n6,7", file="b.csv"),
    file(0, "padded", "cid,income\nC001,10\nC002,20"),
    file(
        1, "padded", table("cid,income", [("C001   ", "15"), (" C002\u00a0", "25"), ("  \t", "1"), (None, "2")]), file="b.csv"
    ),
    file(0, "told_28", _WORDS),
    file(0, "untold_28", _WORDS),
    file(0, "sales_de", "day,amount\n2026-10-01,10", file="2026-10.csv"),
    file(0, "sales_at", "day,amount\n2026-10-01,20", file="2026-10.csv"),
    file(0, "kinds", [{"cid": str(n)} | {name: (texts * 3)[n] for name, (texts, _) in _INFERRED.items()} for n in range(3)]),
    # An amount that landed as 1.5 and one that landed as 1.50 are one decimal, and two texts.
    file(0, "amounts", "cid,amount\n1,1.50\n2,2.5\n3,3"),
    file(1, "amounts", "cid,amount\n1,1.5\n2,2.5", file="b.csv"),
    file(2, "amounts", "cid,amount\n4,1.234.567", file="c.csv"),
    # Two currencies are no column of one number.
    file(0, "coins", "cid,amount\n1,$5\n2,6"),
    file(1, "coins", "cid,amount\n3,\u20ac7\n4,8 $\n5,(9)", file="b.csv"),
    file(0, "purse", "cid,amount\n1,$5\n2,\u20ac6\n3,7"),
    # What is newer: told by a column, else by the time and the name of the whole file.
    file(0, "as_of", "cid,income,as_of\n1,1100,2026-11-30"),
    file(1, "as_of", "cid,income,as_of\n1,1000,2026-10-31\n2,7,", file="2026-10-corrected.csv"),
    file(2, "as_of", "cid,income,as_of\n1,1101,2026-11-30", file="2026-11-corrected.csv"),
    file(0, "states", table("cid,State,As Of", [("1", "A", "3"), ("2", "A", "3"), ("3", " ", "3"), ("4", "A", "3")])),
    file(1, "states", table("cid,State,As Of", [("1", "D", "4"), ("2", "d", "4"), ("4", "gone ", "2"), ("5", "A", None)])),
    file(2, "states", table("cid,As Of", [("2", "5")])),
    file(0, "september", "cid,income\n9,900\n1,910", file="2026-09.csv"),
    file(0, "september", "cid,income\n1,1000\n9,1010", file="2026-10.csv"),
    file(0, "bal_40", "cid,amount\n1,10\n2,20", file="1.csv"),
    file(0, "bal_40", "cid,amount\n1,11", file="2.csv"),
    # Files that land again.
    file(0, "tx", "day,amount\n2026-10-01,10\n2026-10-02,20\n2026-10-03,30", file="oct.csv"),
    file(0, "tx", "day,amount\n2026-11-01,11", file="nov.csv"),
    file(1, "tx", "day,amount\n2026-10-01,10\n2026-10-03,30", file="oct.csv"),
    file(2, "tx", "day,amount\n2026-10-01,10", file="oct.csv"),
    file(0, "inv", "k,amount\n7,2", file="renamed.csv"),
    file(0, "inv", "k,amount\n1,2\n3,", file="step.csv"),
    file(0, "inv", "k,amount\n1,2\n3,4\n5,6", file="step.csv", generation=2),
    file(0, "inv", "k,amount\n8,8\n9,9", file="shrunk.csv"),
    file(0, "inv", "k,amount\n8,8", file="shrunk.csv", generation=2),
    # Snapshots.
    file(0, "bal_23", "cid,amount\n1,10\n2,20", file="part-1.csv"),
    file(1, "bal_23", "cid,amount\n3,30\n4,40", file="part-2.csv"),
    file(0, "whole", "cid,amount\n1,10\n2,20", file="2026-11/part-1.csv"),
    file(0, "whole", "cid,amount\n3,30\n4,40", file="2026-11/part-2.csv", hours=0),
    file(1, "whole", "cid,amount\n1,11", file="2026-12/part-1.csv"),
    file(1, "whole", "cid,amount\n4,41", file="2026-12/part-2.csv", hours=2),
    file(2, "whole", "cid,amount\n1,9\n2,20", file="2026-11/part-1.csv", hours=3),
    file(0, "daily", "cid,amount\n1,10\n2,20", file="now/a.csv"),
    file(0, "daily", "cid,amount\n3,30\n4,40", file="now/b.csv"),
    file(1, "daily", "cid,amount\n1,10\n4,40", file="now/a.csv"),
    file(2, "daily", "cid,amount\n3,31", file="now/b.csv"),
    file(0, "bal_41", "cid,name,amount\n1,Ada,10\n2,Bo,20\n3,Z,30\n4,Di,40"),
    file(
        1,
        "bal_41",
        "cid,name,amount\n1,Ada,11\n3,Z,31",
        file="2.csv",
        rejects=[{"number": 2, "reason": "too_wide", "fields": [" 2", "Bo", "21", "oops"]}],
    ),
    file(2, "bal_41", "cid,name,amount\n1,Ada,11\n3,Z,32", file="3.csv"),
    file(0, "bal_untold", "cid,amount\n1,10\n2,20"),
    file(1, "bal_untold", "cid,amount\n1,11", file="2.csv", rejects=[{"number": 2, "reason": "text_after_quote"}]),
    file(2, "bal_untold", "cid,amount\n1,12", file="3.csv"),
    file(0, "bal_two", "unit,note,cid\nA,x,1\nB,y,1\nA,z,2\nB,z,2"),
    file(
        1,
        "bal_two",
        "unit,note,cid\nA,x,1",
        file="2.csv",
        rejects=[{"number": 2, "reason": "too_wide", "fields": ["B", "y", "y", "1"]}],
    ),
    file(0, "bal_blank", "cid,amount\n1,10\n2,20"),
    file(1, "bal_blank", table("cid,amount", [("1", "11"), (" ", "20")]), file="2.csv"),
    file(0, "bal_seven", "cid,amount\n1,1\n2,2\n3,3"),
    file(1, "bal_seven", "cid,amount\n1,1\n2,2", file="2.csv"),
    file(0, "months", "cid,amount,as_of\n1,10,2026-11-30\n3,30,2026-11-30", file="2026-11.csv"),
    file(1, "months", "cid,amount,as_of\n1,9,2026-10-31\n2,20,2026-10-31", file="2026-10-late.csv"),
    file(2, "months", "cid,amount,as_of\n1,12,2026-12-31\n2,21,2026-12-30", file="2026-12.csv"),
]


@dataclass(frozen=True)
class Landed:
    """What became of all files."""

    pipeline: Pipeline
    reports: Sequence[Mapping[str, Any]]  # of the three batches

    def column(self, entity: str, name: str, by: str = "cid") -> dict[Any, Any]:
        return {row[by]: row[name] for row in self.pipeline.current(entity)}

    def counts(self, batch: int, entity: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.reports[batch]["entities"][entity]
        return found

    def traps(self, batch: int, entity: str) -> set[tuple[str, str]]:
        return {(one["trap"], one["where"]) for one in self.reports[batch].get("warnings", {}).get(entity, ())}

    def kinds(self, entity: str) -> dict[str, str]:
        return dict(self.pipeline.table(entity).dtypes)


@pytest.fixture(scope="module")
def landed(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """All cases, landed in three batches."""
    pipeline = Pipeline(spark=spark, folder=tmp_path_factory.mktemp("cases"), configuration=read_configuration(_TOML))
    reports = []
    for batch in range(3):
        for one in _FILES:
            if one.batch == batch:
                one.land(pipeline)
        reports.append(pipeline.silver(pipeline.manifest()))
    return Landed(pipeline, reports)


def test_case_07_decimal_comma_is_read_where_it_is_configured_and_never_as_a_point(landed: Landed) -> None:
    assert landed.column("told_7", "income") == {"1": Decimal("1234.56"), "2": 1000, "3": 900, "4": 12500}
    assert landed.column("told_7", "spend") == {"1": Decimal("12.50"), "2": 3, "3": 7, "4": 5}
    assert landed.column("untold_7", "income") == {"3": 900}, "no 12.50 for 12.500"
    assert landed.counts(0, "untold_7")["rules"] == {"type:income": 3, "type:spend": 2}
    assert landed.column("umsatz", "saldo", by="kunde") == {1: "1.000", 2: "2.500"}
    assert landed.traps(0, "umsatz") == {("text_comma", "betrag"), ("text_point", "saldo")}


def test_case_09_serial_numbers_and_periods_are_no_dates(landed: Landed) -> None:
    assert landed.counts(0, "serial")["rules"] == {"type:posted": len(_NO_DATES)}
    found = {key: str(value) for key, value in landed.column("serial", "posted").items()}
    assert found == {"1": "2026-10-01", "2": "2026-10-02"}


def test_case_11_leading_zeros_of_a_later_file_make_the_column_text(landed: Landed) -> None:
    assert landed.column("addr", "zip") == {"1": "10115", "2": "80331", "3": "01067", "4": "04109"}
    assert landed.column("addr", "cc") == {"1": "4711", "2": "4712", "3": "0815", "4": "4713"}
    assert landed.counts(1, "addr")["rejected"] == 0
    assert {("type_widened", "zip"), ("text_leading_zero", "zip")} <= landed.traps(1, "addr")


def test_case_14_whole_amounts_widen_when_cents_come(landed: Landed) -> None:
    assert landed.counts(1, "gl")["rejected"] == 0
    assert landed.column("gl", "amount", by="n") == {1: 10, 2: 20, 4: Decimal("1.10"), 5: 3, 6: 7}
    assert landed.traps(1, "gl") == {("type_widened", "amount")}


def test_a_decimal_that_becomes_text_is_the_text_that_landed_and_its_history_too(landed: Landed) -> None:
    assert landed.counts(2, "amounts")["rejected"] == 0
    assert ("type_widened", "amount") in landed.traps(2, "amounts")
    assert landed.column("amounts", "amount") == {"1": "1.5", "2": "2.5", "3": "3", "4": "1.234.567"}
    shown = landed.pipeline.table("amounts").where("cid in ('1', '2') and not (__START_AT <=> __END_AT)")
    assert sorted((row["cid"], row["amount"]) for row in shown.collect()) == [("1", "1.5"), ("1", "1.50"), ("2", "2.5")]


def test_case_27_padded_keys_are_one_key(landed: Landed) -> None:
    assert landed.counts(1, "padded")["rules"] == {"key:cid": 2}, "a blank key is none"
    assert landed.column("padded", "income") == {"C001": 15, "C002": 25}


def test_case_28_words_for_nothing_are_nothing_where_they_are_listed_and_else_rejected(landed: Landed) -> None:
    assert landed.column("told_28", "amount") == {"1": 10, "2": None, "3": None, "4": None, "5": 3}
    assert landed.kinds("told_28")["opened"] == landed.kinds("untold_28")["opened"] == "date", "one NULL makes no text for ever"
    assert landed.counts(0, "told_28")["rejected"] == 0
    assert landed.counts(0, "untold_28")["rules"] == {"type:amount": 3, "type:opened": 3}
    assert ("null_word", "opened") in landed.traps(0, "untold_28")


def test_case_39_two_sets_with_the_same_columns_in_one_batch_are_two_tables(landed: Landed) -> None:
    parts = [part for part in landed.pipeline.batch("b0001").parts if part.entity.startswith("sales_")]
    assert len({part.schema_version for part in parts}) == 1
    found = {entity: [row["amount"] for row in landed.pipeline.current(entity)] for entity in ("sales_de", "sales_at")}
    assert found == {"sales_de": [10], "sales_at": [20]}


def test_a_type_is_inferred_only_where_every_value_survives_it_unchanged(landed: Landed) -> None:
    assert (landed.counts(0, "kinds")["applied"], landed.counts(0, "kinds")["rejected"]) == (3, 0)
    kinds = landed.kinds("kinds")
    assert {name: kinds[name] for name in _INFERRED} == {name: kind for name, (_, kind) in _INFERRED.items()}


@pytest.mark.parametrize("data_set", _CONFIGURED)
def test_a_configured_type_takes_what_has_one_reading_and_rejects_the_rest(landed: Landed, data_set: str) -> None:
    columns = _CONFIGURED[data_set][1]
    shown = {name: "string" if kind in {"date", "timestamp"} else "" for name, (kind, _) in columns.items()}
    values = (f"cast({name} as {kind}) as {name}" if kind else name for name, kind in shown.items())
    found = {row["cid"]: row.asDict() for row in landed.pipeline.table(data_set).selectExpr("cid", *values).collect()}
    for name, (kind, texts) in columns.items():
        got = {text: found[key][name] for text in texts if (key := f"{name} {text}".strip()) in found}
        assert got == {text: value for text, value in texts.items() if value is not None}, (name, kind)


def test_amounts_of_another_currency_than_a_column_had_are_rejected_and_told(landed: Landed) -> None:
    assert landed.column("coins", "amount") == {"1": 5, "2": 6, "4": 8, "5": -9}
    assert landed.counts(1, "coins")["rules"] == {"type:amount": 1}
    assert landed.traps(0, "coins") == set()
    assert landed.traps(1, "coins") == {("currencies", "amount")}
    assert landed.column("purse", "amount") == {"3": 7}, "nothing says which of two it holds"
    assert landed.traps(0, "purse") == {("currencies", "amount")}


def test_case_20_an_older_statement_that_lands_later_goes_into_the_history(landed: Landed) -> None:
    rows = landed.pipeline.table("as_of").where("not (__START_AT <=> __END_AT)")
    spans = rows.selectExpr("income", "cast(__START_AT.as_of as string)", "cast(__END_AT.as_of as string)").collect()
    assert sorted(tuple(row) for row in spans) == [
        (1000, "2026-10-31", "2026-11-30"),
        (1100, "2026-11-30", "2026-11-30"),
        (1101, "2026-11-30", None),  # of one day the file that landed last
    ]
    assert landed.counts(1, "as_of")["rules"] == {"sequence:as_of": 1}, "a record without it has no place in the order"


def test_a_record_deletes_its_key_by_the_values_that_are_configured_and_only_where_it_has_the_column(landed: Landed) -> None:
    assert sorted(landed.column("states", "State")) == ["2", "4"], "1 by D, 3 by nothing; the end of 4 is older than its state"
    assert landed.counts(1, "states")["rules"] == {"sequence:As_Of": 1}


def test_case_40_of_two_files_of_one_second_the_one_whose_name_is_last_counts_as_a_whole(landed: Landed) -> None:
    assert landed.column("september", "income") == {"1": 1000, "9": 1010}
    assert landed.column("bal_40", "amount") == {"1": 11}


def test_case_22_a_file_that_lands_again_replaces_what_it_held(landed: Landed) -> None:
    rows = landed.pipeline.current("tx")
    assert sorted((str(row["day"]), row["amount"]) for row in rows) == [("2026-10-01", 10), ("2026-11-01", 11)]
    assert [landed.counts(batch, "tx")["current"] for batch in range(3)] == [4, 3, 2]
    history = landed.pipeline.table("tx").where("not (__START_AT <=> __END_AT) and _source_file like '%oct%'")
    assert history.count() == 4, "the first record goes on, the second was two, the third one"


def test_case_34_of_a_file_that_was_written_in_steps_the_last_one_counts(landed: Landed) -> None:
    assert landed.column("inv", "amount", by="k") == {7: 2, 1: 2, 3: 4, 5: 6, 8: 8}
    counts = landed.counts(0, "inv")
    assert (counts["read"], counts["applied"], counts["superseded"]) == (9, 5, 4)


def test_case_23_a_snapshot_that_closes_most_keys_is_told_and_a_folder_is_one_snapshot(landed: Landed) -> None:
    assert landed.traps(1, "bal_23") == {("snapshot_closes_most", "finance/bal_23/part-2.csv")}
    assert landed.traps(0, "whole") == set()
    assert landed.counts(0, "whole")["current"] == 4
    assert landed.counts(1, "whole")["current"] == 2, "what neither file of the next folder holds is gone"
    assert ("snapshot_late", "finance/whole/2026-11") in landed.traps(2, "whole")
    assert landed.column("whole", "amount") == {"1": 9, "2": 20, "4": 41}, "a late file is taken, and ends no other folder"


def test_a_folder_whose_files_land_again_one_by_one_holds_what_their_newest_versions_hold(landed: Landed) -> None:
    assert landed.counts(1, "daily")["current"] == 3, "2 left the first file, 4 is in both"
    assert landed.column("daily", "amount") == {"1": 10, "3": 31, "4": 40}


def test_case_41_a_record_that_bronze_rejected_is_in_its_snapshot(landed: Landed) -> None:
    assert landed.counts(1, "bal_41")["current"] == 3, "2 stays as it was, 4 is gone"
    assert landed.counts(1, "bal_41")["rejected"] == 0, "it is none of the rows that the batch was given"
    assert landed.column("bal_41", "amount") == {"1": 11, "3": 32}, "the next snapshot lacks it"
    ended = landed.pipeline.table("bal_41").where("cid = '2' and not (__START_AT <=> __END_AT)")
    assert [row["_source_file"] for row in ended.collect()] == ["finance/bal_41/2026-11.csv"]
    assert [row["__END_AT"]["source_file"] for row in ended.collect()] == ["finance/bal_41/3.csv"]


def test_a_snapshot_with_a_rejected_record_whose_key_cannot_be_told_closes_nothing_and_says_so(landed: Landed) -> None:
    for data_set in ("bal_untold", "bal_blank"):
        assert landed.traps(1, data_set) == {("snapshot_untold", f"finance/{data_set}/2.csv")}
        assert landed.counts(1, data_set)["current"] == 2
    assert landed.column("bal_untold", "amount") == {"1": 12}, "the next one closes what it lacks"
    assert landed.column("bal_blank", "amount") == {"1": 11, "2": 20}


def test_a_rejected_record_holds_each_key_that_it_may_have(landed: Landed) -> None:
    assert sorted(landed.column("bal_two", "note", by="unit").items()) == [("A", "x"), ("B", "y")]
    assert landed.counts(1, "bal_two")["current"] == 2


def test_a_snapshot_that_closes_few_keys_is_not_told(landed: Landed) -> None:
    assert landed.traps(1, "bal_seven") == set()
    assert sorted(landed.column("bal_seven", "amount")) == ["1", "2"]


def test_a_snapshot_stands_where_its_sequence_says_and_ends_nothing_where_that_says_two_things(landed: Landed) -> None:
    assert landed.counts(1, "months")["current"] == 2, "October is older, whenever it landed"
    assert landed.traps(2, "months") == {("snapshot_unordered", "finance/months/2026-12.csv")}
    assert landed.column("months", "amount") == {"1": 12, "2": 21, "3": 30}
    ended = landed.pipeline.table("months").where("cid = '2' and amount = 20")
    assert [str(row["__END_AT"]["as_of"]) for row in ended.collect()] == ["2026-11-30"]
