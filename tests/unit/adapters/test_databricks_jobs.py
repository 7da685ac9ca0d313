"""What the Databricks adapter tells of a workspace that refuses, fails or ends a run: codes and ids, and none of its words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import InvalidParameterValue, NotFound, TooManyRequests
from databricks.sdk.errors.base import DatabricksError
from databricks.sdk.service.jobs import Run

from shared.adapters.databricks_jobs import DatabricksJobs
from shared.errors import PipelineError

SAID = "The value 'Ada Lovelace' of ?sig=secret"
REQUEST = {"@type": "type.googleapis.com/google.rpc.RequestInfo", "request_id": "4711", "serving_data": SAID}


def make_jobs(answer: Run | DatabricksError) -> DatabricksJobs:
    def give(*_: Any, **__: Any) -> Any:
        if isinstance(answer, DatabricksError):
            raise answer
        return answer

    client = SimpleNamespace(jobs=SimpleNamespace(run_now=give, get_run=give))
    return DatabricksJobs(lambda: cast("WorkspaceClient", client), 360)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            NotFound(SAID, error_code="RESOURCE_DOES_NOT_EXIST", details=[REQUEST]),
            "Databricks refused: not_found: RESOURCE_DOES_NOT_EXIST, job 360, request 4711",
        ),
        (InvalidParameterValue(SAID), "Databricks refused: not_valid: InvalidParameterValue, job 360"),
        (TooManyRequests(SAID, error_code="LIMIT"), "Databricks is unavailable: LIMIT, job 360"),
        (DatabricksError(SAID), "Databricks is unavailable: DatabricksError, job 360"),
    ],
)
def test_an_error_is_told_by_its_code_and_what_was_asked(error: DatabricksError, told: str) -> None:
    with pytest.raises(PipelineError) as raised:
        make_jobs(error).start({"batch_id": "b1"}, token="t")
    assert str(raised.value) == told


@pytest.mark.parametrize("code", ["RUN_EXECUTION_ERROR", "CLUSTER_ERROR", "USER_CANCELED", ""])
def test_a_run_that_ended_is_told_by_its_code(code: str) -> None:
    details = {"code": code, "type": "CLIENT_ERROR", "message": SAID}
    state = {"life_cycle_state": "TERMINATED", "result_state": "FAILED", "state_message": SAID}
    status = {"state": "TERMINATED", "termination_details": details} if code else None
    run = make_jobs(Run.from_dict({"run_id": 7, "job_id": 360, "state": state, "status": status})).run(7)
    assert run is not None
    assert (run.state, run.code) == ("failed", code or "FAILED")
    assert "Ada" not in repr(run)
