"""Whoever drops files that Synapse Link and finance systems could have written finds them in gold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

from local.lake.view import bronze_parts, gold, rejects
from local.sample.synapse_link import SERVICE, model, record, sink_time
from tests.makers.finance import spend_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.stack import Stack
    from tests.e2e.conftest import OutsideClient

pytestmark = pytest.mark.e2e

DATAVERSE, FINANCE, TABLE = "dataverse-contoso-sales", "finance", "crc33_customer"
# Not the demo's table: fewer columns, in another order, the customer id as a number (reference: Synapse Link, section 7.1).
COLUMNS: Final = {
    "Id": "guid",
    "SinkCreatedOn": "dateTime",
    "SinkModifiedOn": "dateTime",
    "crc33_email": "string",
    "crc33_cid": "int64",
    "versionnumber": "int64",
    "crc33_name": "string",
    "crc33_dateofbirth": "string",
    "createdon": "dateTimeOffset",
    "IsDelete": "boolean",
}
NAMES: Final = {cid: f'Κώστας "{cid}",\r\nDupont' for cid in range(40)}
DELETED: Final = 39
TWINS: Final = range(30, 36)  # six rows of one person, as the shipped rules have it, who allow five
SPEND_FILE: Final = "finance/customer_finance/customer_spend.csv"


def email(cid: int) -> str:
    return f"{min(TWINS) if cid in TWINS else cid}@example.com"


def customer(cid: int, name: str | None, *, version: int, deleted: bool = False) -> bytes:
    at = sink_time(datetime(2026, 11, 23, 0, 0, version % 60, tzinfo=UTC))
    values = {"Id": f"{cid:08x}-0000-4000-8000-000000000000", "SinkCreatedOn": at, "SinkModifiedOn": at}
    values["versionnumber"] = str(version)
    if deleted:
        return record({**values, "createdon": "0001-01-03T00:00:00.0000000", "IsDelete": "True"}, COLUMNS)
    own: dict[str, str | None] = {"crc33_cid": str(cid), "crc33_name": name, "crc33_email": email(cid)}
    own["crc33_dateofbirth"] = "1970-01-31" if cid in TWINS else None
    return record({**values, **own, "createdon": "2023-05-25T16:21:09.0000000+00:00"}, COLUMNS)


def customers_in_gold(client: OutsideClient) -> dict[int, dict[str, Any]]:
    rows = gold(client.service, "customer")
    assert len({row["cid"] for row in rows}) == len(rows), "some customer is there twice"
    return {int(row["cid"]): row for row in rows}


@pytest.fixture(scope="module")
def landed(client: OutsideClient) -> OutsideClient:
    """The customers, of whom two changed and one is gone, and finance data of some of them."""
    client.drop(DATAVERSE, f"{SERVICE}/{TABLE}-model.json", model(TABLE, COLUMNS))
    first = [customer(cid, name, version=100 + cid) for cid, name in NAMES.items()]
    later = [
        customer(0, "renamed", version=200),
        customer(1, None, version=201),
        customer(DELETED, None, version=202, deleted=True),
    ]
    # The stem is opaque and says nothing about the rows (reference: Synapse Link, sections 3.1 and 8).
    client.drop(DATAVERSE, f"{TABLE}/2023_001.csv", b"".join(first))
    client.drop(DATAVERSE, f"{TABLE}/1.csv", b"".join([*later, first[7]]))
    client.drop(
        FINANCE, "customer_finance/2026-10.csv", b"risk;cid;income;spend\r\nlow;0;10.50;\r\nhigh;2;7;\r\nlow;2;8;;9\r\n"
    )
    client.wait_until_idle()
    return client


def test_every_live_customer_is_in_gold_once_as_its_latest_row_says(landed: OutsideClient) -> None:
    found = customers_in_gold(landed)
    assert found.keys() == NAMES.keys() - {DELETED}
    assert {cid: row["name"] for cid, row in found.items()} == {
        **{cid: name for cid, name in NAMES.items() if cid != DELETED},
        0: "renamed",
        1: None,
    }
    assert all(row["email"] == email(cid) for cid, row in found.items())


def test_finance_data_stands_beside_its_customer_and_a_bad_record_is_rejected_with_its_place(landed: OutsideClient) -> None:
    incomes = {cid: row["income"] for cid, row in customers_in_gold(landed).items() if row["income"] is not None}
    assert incomes == {0: Decimal("10.50"), 2: Decimal("7.00")}
    own = [reject for reject in rejects(landed.service) if reject.file == "finance/customer_finance/2026-10.csv"]
    assert [(reject.record, reject.reason) for reject in own] == [(3, "too_wide")]


def test_a_spend_file_with_bare_crs_is_1400_records(landed: OutsideClient) -> None:
    """Reference: Synapse Link, section 14: rows end in a bare CR, the last in CRLF."""
    made = spend_file(seed=14)
    landed.drop(FINANCE, "customer_finance/customer_spend.csv", made.data)
    landed.wait_until_idle()
    numbers = [number for part in bronze_parts(landed.service) if part.file == SPEND_FILE for number in part.records]
    assert sorted(numbers) == list(range(1, 1401))
    spends = {row["cid"]: f"{row['spend']}.00" for row in made.rows}  # as customer360.toml types it: decimal(16,2)
    assert {str(cid): str(row["spend"]) for cid, row in customers_in_gold(landed).items()} == {
        str(cid): spends[str(cid)] for cid in NAMES.keys() - {DELETED}
    }


def test_reprocessing_a_table_reads_it_again_and_doubles_nothing(landed: OutsideClient) -> None:
    before = customers_in_gold(landed)
    answer = landed.post("reprocess", {"table": TABLE})
    landed.wait_until_idle()
    assert answer
    parts = [part for part in bronze_parts(landed.service) if part.file.startswith(f"{DATAVERSE}/{TABLE}/")]
    read = {generation: sum(len(part.records) for part in parts if part.generation == generation) for generation in (1, 2)}
    assert read == {1: len(NAMES) + 4, 2: len(NAMES) + 4}
    assert customers_in_gold(landed) == before


@pytest.mark.parametrize("asked", [{"stage": "silver", "table": TABLE}, {"stage": "gold"}], ids=["silver", "gold"])
def test_silver_and_gold_are_built_again_from_what_is_there(landed: OutsideClient, asked: dict[str, str]) -> None:
    before = customers_in_gold(landed)
    runs = len(landed.get("runs")["runs"])
    answer = landed.post("reprocess", asked)
    landed.wait_until_idle()
    assert landed.get(f"reprocess/{answer['reprocess_id']}")["state"] == "succeeded"
    newest, *_ = landed.get("runs")["runs"]
    assert (len(landed.get("runs")["runs"]), newest["state"]) == (runs + 1, "succeeded")
    assert customers_in_gold(landed) == before


@pytest.fixture
def previewed(stack: Stack) -> Iterator[None]:
    """Runs preview Customer Insights."""
    stack.preview_insights()
    yield
    stack.preview_insights("off")


@pytest.mark.usefixtures("previewed")
def test_a_guard_that_breaks_fails_the_run_by_name_and_gold_stays_as_it_was(landed: OutsideClient) -> None:
    published, shown = landed.get("status")["publication"], customers_in_gold(landed)
    landed.post("reprocess", {"stage": "gold"})
    landed.wait_until_idle(parked=1)
    newest, *_ = landed.get("runs")["runs"]
    run, status = landed.get(f"runs/{newest['batch_id']}"), landed.get("status")
    (told,) = [warning for warning in run["warnings"] if warning["severity"] == "error"]
    assert (told["trap"], told["where"]) == ("guard_broken", "largest_profile")
    assert told["detail"] == "the largest profile has 6 rows (allowed: 5)"
    (waits,) = status["needs_attention"]
    assert waits["what"] == newest["batch_id"]
    assert told["detail"] in waits["why"]
    assert (status["publication"], customers_in_gold(landed)) == (published, shown), "gold is as it was"
    said = json.dumps([run, status])
    assert not any(value in said for value in (email(min(TWINS)), "1970-01-31", "Dupont"))
    landed.post(f"runs/{newest['batch_id']}/discard", {})
