"""Files that nobody can take are recorded, shown, and can be taken again; they never keep others from being taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.api.reprocess import read_request
from shared.landing.poison import PoisonMessage, PoisonUnreadable, read_poison
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

CONTAINERS = (DATAVERSE, FINANCE)


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def message(container: str = DATAVERSE, path: str = "contact/2024.csv", version: str = "") -> PoisonMessage:
    return PoisonMessage(container=container, path=path, version=version, function="on_dataverse_landed")


def broken(pipeline: Pipeline, path: str) -> None:
    """Let every reading of one path raise what nobody foresaw."""
    real = pipeline.lake.open

    def open_or_break(container: str, name: str, **options: Any) -> Any:
        if name == path:
            raise ZeroDivisionError
        return real(container, name, **options)

    pipeline.lake.__dict__["open"] = open_or_break


def mended(pipeline: Pipeline) -> None:
    del pipeline.lake.__dict__["open"]


def test_the_message_of_the_host_is_read_with_its_tag_unquoted() -> None:
    # Azure Functions, section 3: the ETag may be doubly quoted.
    body = {
        "Type": "BlobTrigger", "FunctionId": "Host.Functions.on_blob", "BlobType": "BlockBlob",
        "ContainerName": "synapse", "BlobName": "account/1.csv", "ETag": '"0x8D"',
    }  # fmt: skip
    read = read_poison(json.dumps(body).encode())
    assert read == PoisonMessage(container="synapse", path="account/1.csv", version="0x8D", function="on_blob")


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"ContainerName": "a", "BlobName": 1}', b"null"])
def test_what_is_no_such_message_is_refused(body: bytes) -> None:
    with pytest.raises(PoisonUnreadable):
        read_poison(body)


def test_a_file_that_the_host_gave_up_on_is_left_to_the_sweep_which_says_why(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    blob = pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(2))
    for _ in range(2):  # the queue delivers again what was not seen to its end
        assert pipeline.context.poison(message(version=blob.etag)) == "recorded"
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.state, record.reason) == ("seen", "given_up")
    assert not pipeline.context.status().idle
    broken(pipeline, "contact/2024.csv")
    pipeline.settle()
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.state, record.detail) == ("poison", "ZeroDivisionError")
    assert [(one.kind, one.what) for one in pipeline.context.status().needs_attention] == [("poison", record.name)]


def test_a_file_whose_events_failed_while_storage_was_away_is_no_poison(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    blob = pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(2))
    pipeline.context.poison(message(version=blob.etag))
    pipeline.settle()
    assert len(pipeline.bronze("contact")) == 2
    assert pipeline.context.status().needs_attention == ()


def test_a_file_that_was_taken_changed_or_removed_since_is_no_poison(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    assert pipeline.context.poison(message()) == "settled"
    assert pipeline.context.poison(message(version="0xOLD")) == "changed since"
    assert pipeline.context.poison(message(path="contact/2099.csv")) == "gone"
    assert pipeline.context.poison(message(container="bronze")) == "not a landing container"


def test_poison_is_left_alone_until_it_is_reprocessed_and_then_taken_up_where_it_stood(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(2))
    broken(pipeline, "contact/2024.csv")
    pipeline.settle()
    assert len(pipeline.bronze("contact")) == 1
    mended(pipeline)
    pipeline.context.reprocess(read_request({"status": "poison"}, CONTAINERS))
    pipeline.settle()
    assert len(pipeline.bronze("contact")) == 2
    assert pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record.generation == 1


def test_the_next_version_of_a_poisonous_file_is_taken_by_itself(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    blob = pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(2))
    pipeline.context.poison(message(version=blob.etag))
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(3))
    pipeline.context.landing(DATAVERSE, "contact/2024.csv")
    assert len(pipeline.bronze("contact")) == 3


def test_the_sweep_takes_the_others_and_records_the_one_that_breaks(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    for number in (2020, 2021, 2022):
        pipeline.lake.put(DATAVERSE, f"contact/{number}.csv", contact(number))
    broken(pipeline, "contact/2021.csv")
    pipeline.settle()
    assert len(pipeline.bronze("contact")) == 3
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2021.csv").record
    assert (record.state, record.detail) == ("poison", "ZeroDivisionError")
    mended(pipeline)
    pipeline.context.reprocess(read_request({"status": "poison"}, CONTAINERS))
    pipeline.settle()
    assert len(pipeline.bronze("contact")) == 4
