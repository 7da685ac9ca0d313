"""What the session is asked, wherever the job runs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyspark.errors import AnalysisException

from spark_jobs.session import marks_rows


def session_that(answers: Any) -> Any:
    def get(name: str, default: str) -> str:
        assert name == "spark.databricks.delta.properties.defaults.enableDeletionVectors"
        if isinstance(answers, Exception):
            raise answers
        return default if answers is None else str(answers)

    return SimpleNamespace(conf=SimpleNamespace(get=get))


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        pytest.param("false", False, id="a laptop's says no"),
        pytest.param(None, True, id="a cluster's says nothing"),
        pytest.param(AnalysisException("[CONFIG_NOT_AVAILABLE]"), True, id="serverless compute tells few settings"),
    ],
)
def test_new_tables_mark_rows_unless_the_session_says_no(answers: Any, expected: bool) -> None:
    assert marks_rows(session_that(answers)) is expected
