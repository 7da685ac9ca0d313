"""Gold models can be checked before a run: every fault of every model at once, no Spark job started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from spark_jobs.errors import ModelsError
from spark_jobs.gold.models.files import model_texts
from spark_jobs.gold.validation import check_models
from tests.gold_models import model_text
from tests.spark.conftest import Pipeline

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

#: Model file -> what its fault has to say, after the model's name.
_FAULTY = {
    "absent_column": (model_text("select cid,\n nothing from customer"), "line 9: .*`nothing` cannot be resolved"),
    "absent_view": (model_text("select cid from nowhere"), "line 8: .*`nowhere` cannot be found"),
    "key_not_selected": (model_text("select name from customer"), ": .*no column cid"),
    "no_key": (
        model_text("select cid from customer").replace("primary_key", "rebuilt_by"),
        "line 1, key primary_key: ",
    ),
    "no_input": ('/*\nprimary_key = "cid"\n*/\nselect 1 as cid', "line 1, key inputs: "),
    "no_sql": (model_text("select cid,\nname frm customer of it"), "line 9: the query cannot be run: Syntax error"),
    "old_header": ("-- primary key: cid\n-- input: customer (cid) by cid\nselect cid", "line 1: its header is of the old form"),
    "same_name": (model_text("select cid, name, CID from customer"), ": .*two columns of the same name: CID, cid"),
    "unknown_type": (model_text("select cid from customer", "cid", kind="varchart"), "line 4, key inputs.customer: "),
    "wrong_by": (model_text("select cid from customer", by="c_id"), "line 4, key inputs.customer: .*`c_id`"),
}


def _jobs(spark: SparkSession) -> set[int]:
    """Return the jobs of this session alone, in whichever thread: other lanes have theirs in the same JVM."""
    session: Any = spark._jsparkSession
    return set(session.sparkContext().statusTracker().getJobIdsForTag(session.sessionJobTag()))


def test_all_faults_of_all_models_are_told_at_once(pipeline: Pipeline) -> None:
    texts = model_texts() | {name: text for name, (text, _) in _FAULTY.items()}
    with pytest.raises(ModelsError) as caught:
        check_models(pipeline.spark, pipeline.lake, texts)
    assert [fault.model for fault in caught.value.faults] == sorted(_FAULTY)
    for fault in caught.value.faults:
        assert caught.match(f"gold model {fault.model},? ?{_FAULTY[fault.model][1]}")
    assert "Correct the name, or declare it in the `columns`" in str(caught.value)


def test_checking_starts_no_spark_job_and_takes_what_silver_has(pipeline: Pipeline) -> None:
    pipeline.finance("cid,income,spend,visits\n1,100.5,10,3")
    pipeline.silver(pipeline.manifest())
    before = _jobs(pipeline.spark)
    found = check_models(pipeline.spark, pipeline.lake, model_texts())
    assert _jobs(pipeline.spark) - before == set()
    pipeline.current("customer_finance")
    assert _jobs(pipeline.spark) - before, "a job is seen where there is one"
    assert found["customer"]["visits"] == "bigint", "`...` brings what silver has"
    assert found["contact"]["createdon"] == "timestamp", "a table that is not there yet has what is declared"
    declared = check_models(pipeline.spark, None, model_texts())
    assert "visits" not in declared["customer"]
    assert sorted(declared) == ["account", "always_match", "canary", "contact", "customer", "customer_finance", "never_match"]
