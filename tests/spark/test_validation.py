"""Gold models are checked before the run: every fault of every model at once, nothing merged, no Spark job started."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spark_jobs.batch import read_batch
from spark_jobs.errors import ModelsError
from spark_jobs.gold.models import model_texts
from spark_jobs.gold.validation import check_models
from spark_jobs.silver import task as silver
from tests.spark.conftest import Pipeline, customer

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

_HEADER = "-- M.\n-- primary key: cid\n-- input: customer (cid, name) by cid\n"


def _model(select: str, header: str = _HEADER) -> str:
    return header + select


#: Model file -> what its fault has to say.
_FAULTY = {
    "absent_column": (_model("select cid,\n nothing from customer"), "`nothing` cannot be resolved"),
    "absent_view": (_model("select cid from nowhere"), "`nowhere` cannot be found"),
    "key_not_selected": (_model("select name from customer"), "no column cid"),
    "no_key": (_model("select cid from customer", "-- input: customer (cid) by cid\n"), "needs a line `-- primary key"),
    "no_input": (_model("select 1 as cid", "-- primary key: cid\n"), "needs a line `-- input"),
    "no_sql": (_model("select cid,\nname frm customer of it"), "the query, line 2, cannot be run: Syntax error"),
    "same_name": (_model("select cid, name, CID from customer"), "two columns of the same name: CID, cid"),
    "unknown_type": (_model("select cid from customer", _HEADER.replace("name)", "name varchart)")), "header line of input"),
    "wrong_by": (_model("select cid from customer", _HEADER.replace("by cid", "by c_id")), "header line of input customer"),
}


def _jobs(spark: SparkSession) -> set[int]:
    return set(spark.sparkContext.statusTracker().getJobIdsForGroup(None))


def test_all_faults_of_all_models_are_told_at_once_and_nothing_is_merged(pipeline: Pipeline) -> None:
    pipeline.land([customer("1", 1)])
    batch_id = pipeline.manifest()
    batch = read_batch(pipeline.lake.read_json(f"pipeline/batches/{batch_id}/manifest.json"), batch_id)
    texts = model_texts() | {name: text for name, (text, _) in _FAULTY.items()}
    with pytest.raises(ModelsError) as caught:
        silver.run(pipeline.spark, pipeline.lake, batch, texts)
    assert [fault.model for fault in caught.value.faults] == sorted(_FAULTY)
    for fault in caught.value.faults:
        assert caught.match(f"gold model {fault.model}: .*{_FAULTY[fault.model][1]}")
    assert "Correct the name, or declare the column" in str(caught.value)
    assert not Path(pipeline.lake.path("silver")).exists()
    assert pipeline.lake.read_json(f"pipeline/batches/{batch_id}/silver.json") is None

    silver.run(pipeline.spark, pipeline.lake, batch, model_texts())  # with the shipped ones alone it runs
    assert pipeline.table("customer").count() == 1


def test_checking_starts_no_spark_job_and_takes_what_silver_has(pipeline: Pipeline) -> None:
    pipeline.finance("cid,income,spend,visits\n1,100.5,10,3")
    pipeline.silver(pipeline.manifest())
    before = _jobs(pipeline.spark)
    found = check_models(pipeline.spark, pipeline.lake, model_texts())
    assert _jobs(pipeline.spark) == before
    assert found["customer"]["visits"] == "bigint", "`...` brings what silver has"
    assert found["contact"]["createdon"] == "timestamp", "a table that is not there yet has what is declared"
    declared = check_models(pipeline.spark, None, model_texts())
    assert "visits" not in declared["customer"]
    assert sorted(declared) == ["account", "contact", "customer", "customer_finance"]
