"""The bridge tells of every version once while the functions answer, and again when they did not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from local.bridge.bridge import MOST_EVENTS, Bridge, LandedBlob, blob_created
from local.functions_host.web import blob_of

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def make_landed(**extra: Any) -> LandedBlob:
    return LandedBlob(**{"container": "finance", "path": "a.csv", "etag": "0x1", "size": 3, **extra})


class World:
    """A container and a host that a test can change."""

    def __init__(self) -> None:
        self.there: list[LandedBlob] = []
        self.up = True
        self.told: list[str] = []
        self.bridge = Bridge(
            functions={"finance": "on_finance_landed"}, look=lambda _: self.there, send=self.send, now=lambda: NOW
        )

    def send(self, function: str, events: list[dict[str, Any]]) -> bool:
        if self.up:
            self.told += [f"{function} {event['subject'].rpartition('/')[2]} {event['data']['eTag']}" for event in events]
        return self.up


def test_a_version_is_told_once_and_a_new_version_again() -> None:
    world = World()
    world.there = [make_landed()]
    assert (world.bridge.once(), world.bridge.once()) == (1, 0)
    world.there = [make_landed(etag="0x2"), make_landed(path="b.csv")]
    assert world.bridge.once() == 2
    assert world.told == [
        "on_finance_landed a.csv 0x1",
        "on_finance_landed a.csv 0x2",
        "on_finance_landed b.csv 0x1",
    ]


def test_what_was_not_accepted_is_told_again() -> None:
    world = World()
    world.there = [make_landed()]
    world.up = False
    assert world.bridge.once() == 0
    world.up = True
    assert world.bridge.once() == 1


def test_many_files_go_in_several_requests() -> None:
    world = World()
    world.there = [make_landed(path=f"{number}.csv") for number in range(MOST_EVENTS * 2 + 1)]
    assert world.bridge.once() == MOST_EVENTS * 2 + 1


def test_the_event_is_understood_by_the_host() -> None:
    """reference: Azure Functions, section 2: the blob is taken from the path of data.url."""
    landed = make_landed(path="customer_finance/Übersicht 1.csv")
    event = blob_created(landed, event_id="1", at=NOW)
    assert blob_of(event) == ("finance", "customer_finance/Übersicht 1.csv", "0x1")


#: Of the event's envelope and of `StorageBlobCreatedEventData`, as Azure's rest-api-specs define them; what only append blobs
#: (contentOffset), tiers and accounts with a hierarchical namespace (identity) have is not among them.
ENVELOPE = {"id", "topic", "subject", "eventType", "eventTime", "dataVersion", "metadataVersion", "data"}
DATA = {
    "api": str,
    "clientRequestId": str,
    "requestId": str,
    "eTag": str,
    "contentType": str,
    "contentLength": int,
    "blobType": str,
    "url": str,
    "sequencer": str,
    "storageDiagnostics": dict,
}


def test_the_event_has_the_fields_that_the_service_defines_and_no_other() -> None:
    event = blob_created(make_landed(content_type="text/csv"), event_id="1", at=NOW)
    assert event.keys() == ENVELOPE
    assert {name: type(value) for name, value in event["data"].items()} == DATA
    assert event["data"]["contentType"] == "text/csv"
    assert event["topic"].partition("/providers/")[2].startswith("Microsoft.Storage/storageAccounts/")


def test_of_two_events_of_one_blob_the_later_has_the_greater_sequencer() -> None:
    """reference: Azure Functions, section 4: compared as text."""
    earlier, later = (
        blob_created(make_landed(), event_id="1", at=NOW + timedelta(seconds=seconds))["data"]["sequencer"]
        for seconds in (0, 1)
    )
    assert earlier < later
    assert len(earlier) == len(later)
