"""Reprocess jobs: what `/api/reprocess` says of one."""

from __future__ import annotations

from typing import Any

from shared.api.pages import time_text
from shared.ledger.records import ReprocessJob
from shared.orchestration.reprocess import asked


def job_document(job: ReprocessJob) -> dict[str, Any]:
    """Return what the API says of a job."""
    return {
        "reprocess_id": job.reprocess_id,
        "state": job.state,
        "asked": asked(job),
        "listed": job.listed,
        "files": job.files,
        "bytes": job.size,
        "records": job.records,
        "entities": list(job.entities),
        "batches": list(job.batches),
        "created_at": time_text(job.created_at),
        "ended_at": time_text(job.ended_at),
        "detail": job.detail or None,
        "progress": f"/api/reprocess/{job.reprocess_id}",
    }
