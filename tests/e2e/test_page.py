"""The dashboard in a browser on the real stack: two waves, one of which fails at first, from landing to Customer Insights.

The waves are as the demo's: an initial load, then changes that are appended to its file. What needs no stack to be seen is in
`tests/browser`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests
from azure.storage.blob import BlobType
from playwright.sync_api import expect

from local.sample.synapse_link import SERVICE, model
from tests.browser.watched import PATIENCE, Watched, opened, started
from tests.e2e.test_outside_client import COLUMNS, DATAVERSE, TABLE, customer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from local.stack.stack import Stack
    from tests.e2e.conftest import OutsideClient

pytestmark = pytest.mark.e2e

PATH = f"{TABLE}/2031.csv"
STORY = f"files/{DATAVERSE}%2F{PATH.replace('/', '%2F')}"
FIRST = b"".join(customer(cid, f"Customer {cid}", version=5000 + cid) for cid in range(1000, 1004))
WIDE = b'"too","wide"' + b"," * 20 + b"\r\n"
SECOND = customer(1000, "renamed", version=9000) + WIDE


@pytest.fixture(scope="module")
def watched(stack: Stack) -> Iterator[Watched]:
    for browser in started():
        context, watched = opened(browser, stack.functions_url)
        yield watched
        context.close()


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


@pytest.fixture(scope="module")
def parked(stack: Stack, client: OutsideClient) -> str:
    """The first wave, whose run fails for good: its batch."""
    fault = {"kind": "run", "termination_type": "CLIENT_ERROR", "code": "INVALID_CLUSTER_REQUEST"}
    requests.post(f"{stack.jobs_url}/_faults", json=fault, timeout=30).raise_for_status()
    client.drop(DATAVERSE, f"{SERVICE}/{TABLE}-model.json", model(TABLE, COLUMNS))
    client.service.get_blob_client(DATAVERSE, PATH).upload_blob(FIRST, blob_type=BlobType.APPENDBLOB)
    client.wait_until_idle(parked=1)
    (batch,) = client.get("runs?state=parked")["runs"]
    return str(batch["batch_id"])


@pytest.fixture(scope="module")
def waves(parked: str, watched: Watched, client: OutsideClient) -> list[str]:
    """Both waves in gold: their batches. The first is un-parked as a person would do it."""
    watched.see("")
    item = watched.page.get_by_role("region", name="What needs a look").get_by_role("listitem").filter(has_text=parked)
    expect(item).to_contain_text("INVALID_CLUSTER_REQUEST: the run's page in the workspace says why")
    item.get_by_role("button", name="Un-park").click()
    watched.page.get_by_role("dialog").get_by_role("button", name="Un-park").click()
    expect(item).to_have_count(0)
    client.wait_until_idle()
    client.service.get_blob_client(DATAVERSE, PATH).upload_blob(SECOND, blob_type=BlobType.APPENDBLOB, overwrite=False)
    client.wait_until_idle()
    return [run["batch_id"] for run in client.get("runs?limit=2")["runs"]][::-1]


def test_both_waves_are_seen_without_a_reload_and_gold_is_as_of_the_second(
    waves: list[str], watched: Watched, page: Page
) -> None:
    runs = page.get_by_role("region", name="Recent runs").get_by_role("row")
    for batch in waves:
        expect(runs.filter(has_text=batch)).to_contain_text("succeeded")
    expect(page.locator(".lead")).to_contain_text("Gold is as of")
    watched.see(f"publications/{waves[-1]}")
    gold = page.get_by_role("region", name="Gold tables").get_by_role("row")
    expect(gold.filter(has=page.get_by_role("link", name="customer", exact=True))).to_be_visible()


def test_a_files_story_is_that_of_its_bytes(waves: list[str], watched: Watched, page: Page) -> None:
    watched.see(STORY)
    way = page.get_by_role("list", name="Its way").get_by_role("listitem")
    expect(way.locator("time")).to_have_count(5)
    expect(way.first.locator("time")).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
    expect(page.get_by_text("6 = 5 rows + 1 rejects")).to_be_visible()
    slices = page.get_by_role("region", name="Slices and their bronze parts").get_by_role("row")
    for row, (end, batch) in enumerate(zip((len(FIRST), len(FIRST + SECOND)), waves, strict=True), 1):
        expect(slices.nth(row)).to_contain_text(f"{end:,}")
        expect(slices.nth(row)).to_contain_text(batch)
    page.get_by_role("link", name="1 too wide").click()
    rejected = page.get_by_role("region", name="Rejected records").get_by_role("row").nth(1)
    expect(rejected).to_contain_text(f"{len(FIRST + SECOND) - len(WIDE):,}")


def test_a_table_of_silver_shows_its_columns_with_their_types(waves: list[str], watched: Watched, page: Page) -> None:
    watched.see("tables/silver/customer")
    columns = page.get_by_role("region", name="Columns").get_by_role("row")
    expect(columns.filter(has_text="versionnumber").first).to_contain_text("bigint")


def test_a_reprocess_goes_from_its_dry_run_to_its_end(waves: list[str], watched: Watched, page: Page) -> None:
    watched.see("reprocess?stage=gold")
    page.get_by_role("button", name="How much is that?").click()
    expect(page.get_by_role("status").filter(has_text="Nothing was done yet")).to_be_visible()
    page.get_by_role("button", name="Start …").click()
    page.get_by_role("dialog").get_by_role("button", name="Start").click()
    expect(page.locator("#heading")).to_have_text(re.compile("^Reprocess "))
    expect(page.locator(".heading .state")).to_have_text("succeeded", timeout=PATIENCE)


def test_nothing_went_wrong_and_nobody_else_was_asked(watched: Watched) -> None:
    """Of all that this module looked at."""
    assert watched.troubles == []
