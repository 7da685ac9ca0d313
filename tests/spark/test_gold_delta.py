"""Delta tables of gold end as the publication is, wherever an attempt dies and whatever became of its manifest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spark_jobs.gold.delta import GoldDelta
from spark_jobs.lake import Lake
from tests.spark.conftest import Pipeline, customer
from tests.spark.test_layouts import assert_delta_is_as_published, assert_fit, commits, of_customers, with_layout

pytestmark = pytest.mark.spark


@pytest.fixture
def pipeline(pipeline: Pipeline) -> Pipeline:
    """A pipeline whose gold is in Delta tables, of the models that are judged here."""
    return with_layout(of_customers(pipeline), "delta")


class DiedError(Exception):
    """The process ended here."""


def dies(*_: object, **__: object) -> None:
    raise DiedError


def test_a_crash_before_in_or_after_the_delta_tables_converges(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline.land([customer(str(n), 1) for n in range(3)])
    pipeline.finance("cid,spend\n1,10")
    pipeline.run()
    real_write = Lake.write_text

    def write_but(name: str) -> Any:
        def write(lake: Lake, place: str, text: str) -> None:
            dies() if place.endswith(name) else real_write(lake, place, text)

        return write

    crashes: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
        lambda patch: patch.setattr(GoldDelta, "follow", dies),  # the manifest is staged
        lambda patch: patch.setattr(Lake, "write_text", write_but("pipeline/delta.json")),  # the tables are merged
        lambda patch: patch.setattr(Lake, "write_text", write_but("outcome.json")),  # and that is noted
    )
    for number, crash in enumerate(crashes, 2):
        pipeline.land([customer("1", number, crc33_name=f"n{number}"), customer(str(10 + number), 1)], hours=number)
        pipeline.finance(f"cid,spend\n1,{number}", hours=number)
        batch_id = pipeline.manifest()
        pipeline.silver(batch_id)
        with monkeypatch.context() as patch:
            crash(patch)
            with pytest.raises(DiedError):
                pipeline.gold(batch_id)
        pipeline.publish(pipeline.gold(batch_id))
        assert_delta_is_as_published(pipeline)
        versions = len(commits(pipeline, "customer"))
        assert versions == number, "each batch is one version, however often it was tried"
    assert_fit(pipeline)


def test_delta_tables_ahead_of_a_publication_that_never_showed_are_overtaken_by_the_next(pipeline: Pipeline) -> None:
    pipeline.land([customer(str(n), 1) for n in range(3)])
    pipeline.finance("cid,spend\n1,10")
    pipeline.run()
    pipeline.land([customer("1", 2, deleted=True), customer("7", 2)], hours=1)
    lost = pipeline.manifest()
    pipeline.silver(lost)
    pipeline.gold(lost)  # staged, and nobody publishes it
    pipeline.land([customer("8", 3)], hours=2)
    outcome = pipeline.run()
    assert outcome["base_publication"] == "p0001"
    assert sorted(row["cid"] for row in pipeline.published("customer")) == ["0", "2", "7", "8"]
    assert_delta_is_as_published(pipeline)
    assert len(commits(pipeline, "customer")) == 3

    # Somebody wrote to the table, or what it holds is forgotten: it is compared as a whole.
    place = pipeline.lake.path("gold/delta/customer")
    pipeline.spark.sql(f"DELETE FROM delta.`{place}` WHERE cid = '8'")  # noqa: S608 - a folder of this test
    pipeline.land([customer("9", 4)], hours=3)
    pipeline.run()
    assert_delta_is_as_published(pipeline)
