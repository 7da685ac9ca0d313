"""Refreshes as the API shows them (GraphJobInfo; reference: Customer Insights, section 7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.customer_insights_emulator.state import Refresh


def refresh_document(refresh: Refresh, *, tasks: bool = False) -> dict[str, Any]:
    """Return one refresh; with the one task that it has here, and its errors, where they are asked for."""
    errors = [{"errorCode": refresh.error.code, "params": {"file": refresh.error.file}}] if refresh.error else []
    times = {"submittedTimestamp": _stamp(refresh.submitted), "endTimestamp": refresh.ended and _stamp(refresh.ended)}
    task = {
        "taskId": refresh.job_id,
        "taskStatus": refresh.status,
        "operationType": refresh.operation,
        "jobIds": [refresh.job_id],
        "ciErrors": errors,
        "ciError": errors[0] if errors else None,
        "waitingTaskIds": [],
        **times,
    }
    return {
        "jobId": refresh.job_id,
        "jobType": "full",
        "jobSubmissionKind": "onDemand",
        "jobStatus": refresh.status,
        "operationType": refresh.operation,
        "subType": None,
        "shouldForceRunRequestedNodes": True,
        "idList": list(refresh.sources),
        "tasks": [task] if tasks else None,
        **times,
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
