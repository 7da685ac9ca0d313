"""Landing to bronze on real storage: what the memory twins cannot say about sizes, versions, times and empty blobs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contract.test_burst import Burst
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, contact, model

pytestmark = pytest.mark.azurite
SERVICE = "Microsoft.Athena.TrickleFeedService"


@pytest.fixture
def world(azurite: str) -> Burst:
    world = Burst(azurite)
    world.start()
    return world


def test_a_year_file_grows_is_held_back_reported_and_completed(world: Burst) -> None:
    rows, table = [contact(number) for number in range(1, 6)], "heldback"
    file = f"{table}/2024.csv"

    def land(data: bytes) -> None:
        world.lake.put(DATAVERSE, file, data)
        world.fresh_context().landing(DATAVERSE, file)

    world.lake.put(DATAVERSE, f"{SERVICE}/{table}-model.json", model(*CONTACT, table=table))
    land(rows[0])
    land(b"".join(rows[:3])[:-3])
    record = world.context.ledger.file(DATAVERSE, file).record
    assert (record.state, record.reason, record.records) == ("ingested", "incomplete_record", 2)
    assert record.held_back_since is not None
    assert record.held_back_since <= datetime.now(UTC)
    for _ in range(2):
        world.fresh_context(TAIL_WAIT_SECONDS="0").reconcile()
    assert [entry.event for entry in world.context.ledger.log_of_file(DATAVERSE, file)][-1] == "file.held_back"
    assert world.context.status().files.held_back == 1
    land(b"".join(rows))
    record = world.context.ledger.file(DATAVERSE, file).record
    assert (record.state, record.records, record.held_back) == ("ingested", 5, 0)
    assert [row["Id"] for row in world.bronze(table)] == [f"{number:08d}" for number in range(1, 6)]
    assert world.context.status().files.held_back == 0


def test_an_open_folder_whose_model_has_no_bytes_yet_waits_and_is_taken_when_it_is_closed(world: Burst) -> None:
    table, folder, following = "openfolder", "2026-11-23T10.00.00Z", "2026-11-23T10.15.00Z"
    path = f"{folder}/{table}/1.csv"
    context = world.fresh_context(MODEL_WAIT_SECONDS="900000000")
    world.lake.put(DATAVERSE, "Changelog/changelog.info", folder.encode())
    world.lake.put(DATAVERSE, f"{folder}/model.json", b"")
    world.lake.put(DATAVERSE, path, contact(1).rstrip())
    assert context.ingest(DATAVERSE, path).reason == "folder_open"
    world.lake.put(DATAVERSE, "Changelog/changelog.info", following.encode())
    assert context.ingest(DATAVERSE, path).reason == "model_pending"
    world.lake.put(DATAVERSE, f"{folder}/model.json", model(*CONTACT, table=table))
    context.reconcile()
    assert [row["fullname"] for row in world.bronze(table)] == ["Ada"]


def test_a_finance_file_that_nothing_was_written_to_is_ignored(world: Burst) -> None:
    world.lake.put(FINANCE, "emptied/1.csv", b"")
    record = world.context.ingest(FINANCE, "emptied/1.csv")
    assert (record.state, record.reason) == ("ignored", "empty")
