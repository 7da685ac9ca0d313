"""How finance files are read can be said in `customer360.toml`: whatever a refusal suggests is accepted as it is pasted."""

from __future__ import annotations

import pytest

from shared.config.tables import read_configuration
from shared.errors import ConfigurationInvalid
from shared.formats.cuts import Limits
from shared.formats.finance.options import FinanceConfig, FinanceLimits, section
from tests.pipeline import FINANCE, Pipeline


def test_every_key_of_reading_is_accepted_as_a_refusal_spells_it() -> None:
    said = FinanceConfig(
        keys=("cid",),
        encoding="windows-1252",
        delimiter=";",
        quote="'",
        escape="\\",
        columns=("cid", "Betrag, EUR"),
        header_row=3,
        skip_footer=1,
        sheet="Umsätze",
        nulls=("NULL", "-"),
        max_rejected=0.1,
    )
    spelled = section(
        "ar 2026", **{name: getattr(said, name) for name in FinanceConfig.__dataclass_fields__ if name != "limits"}
    )
    assert read_configuration(spelled).finance_reading("ar 2026") == said


def test_a_data_set_of_which_nothing_is_said_is_read_by_what_is_found() -> None:
    assert read_configuration("").finance_reading("customer_finance") == FinanceConfig()


def test_limits_are_those_of_the_code_until_they_are_said() -> None:
    unsaid = read_configuration("").limits
    assert (unsaid.of_finance(), unsaid.of_records()) == (FinanceLimits(), Limits())
    said = read_configuration("[limits]\nworkbook_cells = 10\nrecord_megabytes = 9\n").limits
    assert (said.of_finance(), said.of_records()) == (FinanceLimits(workbook_cells=10), Limits(record=9 << 20))
    with pytest.raises(ConfigurationInvalid, match="key columns: expected a whole number from 1"):
        read_configuration("[limits]\ncolumns = 0\n")
    with pytest.raises(ConfigurationInvalid, match="key record_megabytes: expected a whole number from 8"):
        read_configuration("[limits]\nrecord_megabytes = 7\n")


def test_a_record_longer_than_is_configured_rejects_the_rest_of_its_file() -> None:
    pipeline = Pipeline()
    context = pipeline.context.replace(configuration=read_configuration("[limits]\nrecord_megabytes = 8\n"))
    pipeline.lake.put(FINANCE, "notes/1.csv", b"id,note\n" + b"1,x\n" * 9 + b'2,"' + b"x" * (9 << 20) + b'"\n3,y\n')
    taken = context.landing(FINANCE, "notes/1.csv")
    assert taken is not None
    assert (taken.state, taken.records, taken.rejects) == ("ingested", 10, 1)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("encoding = 'klingon'", "key encoding: expected an encoding by name"),
        ("encoding = 'base64'", "key encoding: expected an encoding by name"),
        ("quote = '\"\"'", "key quote: expected one character"),
        ("header_row = 0", "key header_row: expected a whole number from 1"),
        ("max_rejected = 1.5", "key max_rejected: expected a number from 0 to 1"),
        ("skip_footer = -1", "key skip_footer: expected a whole number that is not negative"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(line: str, problem: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=problem):
        read_configuration(f"[finance.spend]\n{line}\n")


def test_a_file_that_was_refused_for_its_header_is_taken_with_what_the_refusal_suggests() -> None:
    pipeline = Pipeline()
    pipeline.lake.put(FINANCE, "spend/2026.csv", b"1,10.50,2026-11-01\n2,20.00,2026-11-02\n3,7.25,2026-11-03\n")
    refused = pipeline.context.landing(FINANCE, "spend/2026.csv")
    assert refused is not None
    assert refused.state == "rejected"
    suggested = refused.detail[refused.detail.index("[finance.") :]
    context = pipeline.fresh_context().replace(configuration=read_configuration(suggested))
    pipeline.lake.put(
        FINANCE, "spend/again.csv", b"1,10.50,2026-11-01\n2,20.00,2026-11-02\n3,7.25,2026-11-03\n4,1.00,2026-11-04\n"
    )
    taken = context.landing(FINANCE, "spend/again.csv")
    assert taken is not None
    assert (taken.state, taken.records, taken.rejects) == ("ingested", 4, 0)
