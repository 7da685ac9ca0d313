"""Tables of both sides: what a preview left in a folder, an export of the real ones as CSV, or the real ones over the API."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from customer_insights.errors import TableMissing

Tables = Callable[[str], list[Mapping[str, Any]]]
"""Rows of a table by its name; raises `TableMissing`."""


def of_preview(folder: Path) -> Tables:
    """Return the tables of the newest preview that is kept in a folder; raises `TableMissing`."""
    newest = folder / "preview.json"
    if not newest.is_file():
        raise TableMissing("preview.json", f"{folder.name}: run `python -m spark_jobs.insights preview` first")
    run = str(json.loads(newest.read_text(encoding="utf-8"))["run"])

    def rows(table: str) -> list[Mapping[str, Any]]:
        place = folder / "previews" / run / table
        if not place.is_dir():
            raise TableMissing(table, f"the preview {run}")
        found: list[Mapping[str, Any]] = pq.read_table(place).to_pylist()
        return found

    return rows


def of_export(folder: Path) -> Tables:
    """Return the tables of a folder of CSV files with a header, one for each table."""

    def rows(table: str) -> list[Mapping[str, Any]]:
        file = folder / f"{table}.csv"
        if not file.is_file():
            raise TableMissing(file.name, folder.name)
        with file.open(encoding="utf-8-sig", newline="") as text:
            return list(csv.DictReader(text))

    return rows
