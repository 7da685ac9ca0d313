"""What may be there is never overwritten, whatever a listing says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.errors import AnalysisException

from spark_jobs.lake import File, Lake
from tests.spark.conftest import Pipeline, customer

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


class Forgetful(Lake):
    """A lake whose listings leave some folders out, as a misread error once did."""

    left_out = ""

    def files(self, place: str, *, deep: bool = True) -> list[File]:
        return [] if self.left_out in place else super().files(place, deep=deep)


@dataclass
class Doubtful(Pipeline):
    """A pipeline over such a lake."""

    left_out: str = "-"

    @property
    def lake(self) -> Lake:
        lake = Forgetful(self.spark, f"{self.folder}/{{container}}")
        lake.left_out = self.left_out
        return lake


@pytest.fixture
def doubtful(pipeline: Pipeline, spark: SparkSession) -> Doubtful:
    return Doubtful(spark=spark, folder=pipeline.folder, configuration=pipeline.configuration)


def test_a_table_that_a_listing_leaves_out_is_not_made_anew(doubtful: Doubtful) -> None:
    doubtful.land([customer(f"c{number}", number + 1) for number in range(20)])
    doubtful.run()
    doubtful.land([customer("c1", 100, crc33_name="new")])
    batch_id = doubtful.manifest()
    doubtful.left_out = "silver/customer/_delta_log"
    with pytest.raises(AnalysisException):
        doubtful.silver(batch_id)
    doubtful.left_out = "-"
    assert len(doubtful.current("customer")) == 20
    doubtful.silver(batch_id)
    assert {row["name"] for row in doubtful.current("customer") if row["Id"] == "c1"} == {"new"}
    assert len(doubtful.current("customer")) == 20


def test_rejected_rows_that_a_listing_leaves_out_are_not_overwritten(doubtful: Doubtful) -> None:
    doubtful.land([customer("c1", 1), {"Id": None, "versionnumber": "2"}])
    doubtful.run()
    assert doubtful.table("customer_rejected").count() == 1
    doubtful.land([{"Id": None, "versionnumber": "3"}])
    batch_id = doubtful.manifest()
    doubtful.left_out = "silver/customer_rejected/_delta_log"
    with pytest.raises(AnalysisException):
        doubtful.silver(batch_id)
    doubtful.left_out = "-"
    doubtful.silver(batch_id)
    assert doubtful.table("customer_rejected").count() == 2


def test_a_log_without_a_commit_is_no_table(pipeline: Pipeline) -> None:
    """What a first writer leaves that dies before its commit; the next attempt makes the table."""
    (Path(pipeline.lake.path("silver/customer")) / "_delta_log").mkdir(parents=True)
    pipeline.land([customer("c1", 1)])
    pipeline.run()
    assert [row["Id"] for row in pipeline.current("customer")] == ["c1"]
