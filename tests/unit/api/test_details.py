"""One thing in full: a landed file's way, the rejected records of a part, and what a table of silver is made of."""

from __future__ import annotations

import json

import pytest

from shared.api.details.rejected_records import RejectedPage, RejectedQuery
from shared.api.details.story import StoryQuery
from shared.api.queries import QueryInvalid, RejectsQuery
from shared.contracts.places import SILVER
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

WIDE = b'3,"6/28/2021 4:34:35 PM","secret","wide",1,,\r\n'
FILE = f"{DATAVERSE}/contact/2024.csv"


@pytest.fixture
def pipeline() -> Pipeline:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1), WIDE, contact(2), WIDE)
    pipeline.settle()
    return pipeline


def test_a_files_story_goes_from_its_bytes_to_customer_insights(pipeline: Pipeline) -> None:
    story = pipeline.context.story(StoryQuery(file=FILE))
    assert story is not None
    assert [step.event for step in story.steps] == ["file.ingested"]
    (part,), (batch,), (refresh,) = story.parts, story.batches, story.refreshes
    assert (part.records, part.rows, part.rejects, part.reasons, part.batch_id) == (4, 2, 2, {"too_wide": 2}, batch.batch_id)
    assert (batch.state, batch.publication, refresh.state) == ("succeeded", refresh.publication, "successful")
    times = [story.landed_at, story.taken_at, story.merged_at, story.published_at, story.refreshed_at]
    assert times == sorted(time for time in times if time)
    assert story.to_gold_seconds is not None
    assert story.is_complete


def test_a_story_that_goes_on_says_how_far_it_is(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1) + WIDE + contact(2) + WIDE + contact(3))
    pipeline.tick(11)
    pipeline.fail_runs("client_error")
    pipeline.tick(1)
    story = pipeline.context.story(StoryQuery(file=FILE))
    assert story is not None
    assert story.parts[0].start == 0
    assert [batch.state for batch in story.batches] == ["parked", "succeeded"]
    assert (story.merged_at, story.published_at, story.refreshed_at) == (None, None, None), "what landed last is not there yet"
    assert not (pipeline.context.story(StoryQuery(file=FILE, limit=1)) or story).is_complete


def test_a_refused_file_has_a_story_without_parts(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "broken.csv.gz", b"no gzip")
    story = pipeline.context.story(StoryQuery(file=f"{FINANCE}/broken.csv.gz"))
    assert story is not None
    assert (story.file.state, story.file.reason, story.parts, story.published_at) == ("rejected", "not_gzip", (), None)


def test_a_file_that_nobody_knows_has_no_story(pipeline: Pipeline) -> None:
    assert pipeline.context.story(StoryQuery(file=f"{FINANCE}/none.csv")) is None
    for file in ("", "contact.csv", "bronze/contact.csv", f"{FINANCE}/"):
        with pytest.raises(QueryInvalid, match="expected a landed file"):
            pipeline.context.story(StoryQuery(file=file))


def test_rejected_records_are_told_by_place_and_reason_and_never_by_what_they_hold(pipeline: Pipeline) -> None:
    (listed,) = pipeline.context.files.rejects(RejectsQuery()).rejects
    assert listed.reasons == {"too_wide": 2}
    query = RejectedQuery(file=listed.file, generation=listed.generation, start=listed.start, limit=1)
    first = pipeline.context.rejected(query)
    assert first is not None
    second = pipeline.context.rejected(RejectedQuery(file=listed.file, limit=1, cursor=first.next or ""))
    assert second is not None
    assert [(one.record, one.offset, one.reason) for page in (first, second) for one in page.records] == [
        (2, len(contact(1)), "too_wide"),
        (4, len(contact(1) + WIDE + contact(2)), "too_wide"),
    ]
    assert second.next is None
    assert "secret" not in repr((first, second))


def test_a_part_without_rejects_has_none_and_one_that_is_not_there_is_not_found(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(9), path="contact/2025.csv")
    assert pipeline.context.rejected(RejectedQuery(file=f"{DATAVERSE}/contact/2025.csv")) == RejectedPage(records=(), next=None)
    assert pipeline.context.rejected(RejectedQuery(file=FILE, generation=9)) is None


def test_a_table_of_silver_is_told_by_its_columns_with_their_types_and_names_as_landed(pipeline: Pipeline) -> None:
    assert pipeline.context.silver_table("nothing") is None
    types = {"Id": "string", "fullname": "string", "versionnumber": "long", "__START_AT": "long"}
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in types.items()]
    metadata = {"metaData": {"id": "x", "schemaString": json.dumps({"type": "struct", "fields": fields})}}
    pipeline.lake.put(SILVER, f"contact/_delta_log/{0:020d}.json", json.dumps(metadata).encode())
    found = pipeline.context.silver_table("contact")
    assert found is not None
    assert (found.name, found.source, found.table, found.warnings) == ("contact", "dataverse", "contact", ())
    assert [(one.name, one.landed, one.type, one.is_key) for one in found.columns] == [
        ("Id", "id", "string", True),
        ("fullname", "fullname", "string", False),
        ("versionnumber", "versionnumber", "bigint", False),
        ("__START_AT", None, "bigint", False),
    ]
