"""The report of the silver task, beside the batch manifest; the gold task makes what it says part of the outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spark_jobs.batch import Batch
    from spark_jobs.lake import Lake


def read_report(lake: Lake, batch: Batch) -> dict[str, Any]:
    """Return the report as far as it is written: `batch_id`, `entities` (counts and `merged` of each), `seconds`."""
    return lake.read_json(_place(batch)) or {"batch_id": batch.batch_id, "entities": {}, "seconds": 0.0}


def write_report(lake: Lake, batch: Batch, report: dict[str, Any]) -> None:
    """Replace the report."""
    lake.write_json(_place(batch), report)


def _place(batch: Batch) -> str:
    return f"{batch.folder}/silver.json"
