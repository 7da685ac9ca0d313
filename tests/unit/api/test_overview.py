"""What the overview says of a pipeline, and what it costs to say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from function_app.rebuild import main
from shared.api.overview.overview import tag_of
from shared.config.tables import read_configuration
from shared.orchestration.reprocess import ReprocessRequest
from shared.ports import Write
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.api.overview.documents import OverviewDocument

MORE = 20_000  # seconds: more than two hours


class Counting:
    """Tables that count their calls."""

    def __init__(self, tables: Any) -> None:
        self._tables = tables
        self.calls = 0

    def get(self, *place: str) -> Any:
        self.calls += 1
        return self._tables.get(*place)

    def range(self, *place: str, **options: Any) -> Iterator[Any]:
        self.calls += 1
        yield from self._tables.range(*place, **options)


def overview(pipeline: Pipeline, configuration: str = "") -> OverviewDocument:
    return pipeline.fresh_context().replace(configuration=read_configuration(configuration)).overview()


def told(found: OverviewDocument) -> list[tuple[str, str]]:
    return [(one.kind, one.what) for one in found.attention]


def holds(found: OverviewDocument) -> dict[str, tuple[int, int]]:
    return {stage.stage: (stage.holds, stage.waits) for stage in found.stages}


def test_an_empty_pipeline_is_calm_and_holds_nothing() -> None:
    found = overview(Pipeline())
    assert (found.attention, found.days, found.tables, found.publication) == ((), (), (), None)
    assert set(holds(found).values()) == {(0, 0)}
    assert [stage.newest_at for stage in found.stages] == [None] * 5


def test_what_landed_is_followed_from_stage_to_stage() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1), contact(2), b'3,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
    landed = pipeline.lake.head(DATAVERSE, "contact/2024.csv")
    assert landed is not None
    found = overview(pipeline)
    assert holds(found) == {"landing": (2, 0), "bronze": (2, 1), "silver": (0, 0), "gold": (0, 0), "insights": (0, 0)}
    pipeline.settle()
    found = overview(pipeline)
    assert holds(found) == {"landing": (2, 0), "bronze": (2, 0), "silver": (2, 0), "gold": (0, 0), "insights": (1, 0)}
    assert {stage.newest_at for stage in found.stages} == {landed.modified_at.isoformat(timespec="milliseconds")[:-6] + "Z"}
    assert (found.insights.state, found.insights.has_newest) == ("successful", True)
    (table,) = (table for table in found.tables if table.layer == "silver")
    assert (table.name, table.rows, table.read, table.applied, table.batch_id) == (
        *("contact", 2, 2, 2),
        found.publication.batch_id if found.publication else "",
    )


def test_a_day_says_what_was_taken_why_records_were_rejected_and_how_long_the_way_took() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1), b'3,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
    pipeline.settle()
    (day,) = overview(pipeline).days
    assert (day.day, day.files, day.parts, day.records, day.rejects) == (pipeline.clock().date().isoformat(), 2, 1, 2, 1)
    assert day.reasons == {"too_wide": 1}
    assert (day.runs_well, day.runs_badly, day.publications, day.refreshes_well) == (1, 0, 1, 1)
    assert (day.applied, day.superseded, day.duplicates, day.rejected) == (1, 0, 0, 0)
    assert day.way_p50_seconds is not None
    assert 10 <= day.way_p50_seconds <= 60


def test_days_are_told_apart_and_add_up_whatever_process_counted() -> None:
    pipeline = Pipeline()
    for number in range(3):
        pipeline.start()
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
        pipeline.settle()
        pipeline.clock.advance(86_400)
    days = overview(pipeline).days
    assert [(day.files, day.records, day.publications) for day in days] == [(2, 1, 1), (1, 1, 1), (1, 1, 1)]


def test_what_was_read_again_says_nothing_of_the_way_to_gold() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    pipeline.clock.advance(86_400)
    pipeline.context.reprocess(ReprocessRequest(stage="bronze", table="contact"))
    pipeline.settle()
    _, again = overview(pipeline).days
    assert (again.records, again.publications, again.way_p50_seconds) == (1, 1, None)


def test_a_batch_that_fails_shows_its_cause_and_counts_as_a_run_that_ended_badly() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.tick(11)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick(1)
    found = overview(pipeline)
    assert [one.kind for one in found.attention] == ["parked"]
    assert "RUN_EXECUTION_ERROR" in found.attention[0].why
    assert found.batches == {"parked": 1}
    assert (found.days[0].runs_well, found.days[0].runs_badly) == (0, 1)


def test_gold_is_stale_where_something_waits_for_two_hours_that_nothing_holds_back() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.clock.advance(7000)
    assert told(overview(pipeline)) == []
    pipeline.clock.advance(300)
    assert told(overview(pipeline)) == [("stale", "gold")]


def test_what_is_expected_is_late_when_it_has_not_come() -> None:
    expects = '[dataverse.tables.contact]\nexpect_every = "6h"\n[finance.spend]\nexpect_every = "1d"\n'
    pipeline = Pipeline()
    assert told(overview(pipeline, expects)) == [("late", "contact"), ("late", "spend")]
    pipeline.land_contacts(contact(1))
    pipeline.land(FINANCE, "spend/1.csv", b"cid,spend\n1,2\n")
    assert told(overview(pipeline, expects)) == []
    pipeline.settle()
    pipeline.clock.advance(MORE + 3600)
    found = overview(pipeline, expects)
    assert told(found) == [("late", "contact")]
    assert "expect_every is 6h" in found.attention[0].why
    due = {table.name: table.expected_by for table in found.tables if table.expected_by}
    assert set(due) == {"contact", "spend"}


@pytest.mark.parametrize(("records", "is_unusual"), [(100, False), (60, False), (180, False), (40, True), (250, True)])
def test_a_finance_file_is_unusual_where_its_records_are_far_from_what_the_last_ones_had(
    records: int, is_unusual: bool
) -> None:
    pipeline = Pipeline()
    for number, count in enumerate((100, 110, 90, 105, records)):
        rows = "".join(f"{number}-{row},{row}\n" for row in range(count))
        pipeline.land(FINANCE, f"spend/{number}.csv", f"cid,spend\n{rows}".encode())
        pipeline.settle()
    found = overview(pipeline)
    assert told(found) == ([("unusual", "spend")] if is_unusual else [])
    assert not is_unusual or f"spend/4.csv has {records} records; the 4 before it had 90 to 110" in found.attention[0].why


def test_the_overview_changes_only_where_something_happened() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.settle()
    before = tag_of(overview(pipeline))
    pipeline.tick(3000)
    assert tag_of(overview(pipeline)) == before
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    assert tag_of(overview(pipeline)) != before


def test_an_overview_costs_ten_calls_at_most_whatever_happened() -> None:
    pipeline = Pipeline()
    for number in range(30):
        pipeline.start()
        pipeline.land_contacts(contact(number), path=f"contact/{3000 + number}.csv")
        pipeline.land(FINANCE, f"broken{number}.csv.gz", b"no gzip")
        pipeline.land(DATAVERSE, f"contact/{4000 + number}.csv", b'"open')
        pipeline.settle()
        pipeline.clock.advance(timedelta(days=1).total_seconds())
    pipeline.land_contacts(contact(99), path="contact/9999.csv")
    pipeline.tick(11)
    tables = Counting(pipeline.tables)
    found = pipeline.fresh_context().replace(tables=tables).overview()
    assert {kind for kind, _ in told(found)} >= {"rejected", "held_back"}
    assert found.active_run is not None
    assert tables.calls <= 10


def test_a_status_of_a_run_under_way_costs_nine_calls() -> None:
    pipeline = Pipeline()
    pipeline.start()
    pipeline.land_contacts(contact(1))
    pipeline.tick(11)
    tables = Counting(pipeline.tables)
    context = pipeline.fresh_context().replace(tables=tables)
    assert context.status().active_run is not None, "who asks often has met every file"
    tables.calls = 0
    context.status()
    assert tables.calls <= 9


def eventful() -> Pipeline:
    """A pipeline with something of everything in its past."""
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1), b'3,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
    pipeline.land(FINANCE, "spend/1.csv", b"cid,spend\n1,2\n")
    pipeline.settle()
    pipeline.clock.advance(86_400)
    pipeline.land(FINANCE, "broken.csv.gz", b"no gzip")
    pipeline.land_contacts(contact(2), path="contact/2025.csv")
    pipeline.tick(11)
    pipeline.fail_runs("internal_error")
    pipeline.tick(31)
    pipeline.settle()
    pipeline.clock.advance(86_400)
    pipeline.land_contacts(contact(3), path="contact/2026.csv")
    pipeline.tick(11)
    pipeline.fail_runs("client_error")
    pipeline.tick(1)
    return pipeline


def test_all_is_counted_again_from_the_ledger_as_it_was_counted() -> None:
    pipeline = eventful()
    before = overview(pipeline)
    for partition in pipeline.tables.partitions:
        for prefix in ("tally-", "table-"):
            rows = list(pipeline.tables.range(partition, prefix, f"{prefix}~"))
            for row in rows:
                pipeline.tables.commit(partition, [Write(kind="delete", key=row.key)])
    assert overview(pipeline).days == ()
    for _ in range(2):  # a repetition changes nothing
        assert main(pipeline.fresh_context()) == "9 files and batches of the ledger are counted anew."
        assert overview(pipeline) == before
