"""Where the command line finds tables: a copy of gold by its manifest, else files by their names."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spark_jobs.errors import RulesError
from spark_jobs.insights.sources import in_folder


class Reading:
    """Spark, as far as it is asked: tells which files it was to read."""

    def __init__(self) -> None:
        self.read = SimpleNamespace(parquet=lambda *paths: paths, csv=lambda path, **_: (path,))


def read(folder: Path) -> dict[str, list[str]]:
    spark: Any = Reading()
    found: Any = in_folder(spark, folder).tables
    return {name: [Path(path).relative_to(folder).as_posix() for path in paths] for name, paths in found.items()}


def test_of_a_copy_of_gold_the_files_are_read_that_its_manifest_names(tmp_path: Path) -> None:
    partitions = [{"location": "customer/p1/a.parquet"}, {"location": "customer/p2/b.parquet"}]
    entities = [{"entityName": "customer", "dataPartitions": partitions}, {"entityName": "empty", "dataPartitions": []}]
    (tmp_path / "default.manifest.cdm.json").write_text(json.dumps({"entities": entities}), encoding="utf-8")
    (tmp_path / "customer" / "p0").mkdir(parents=True)
    assert read(tmp_path) == {"customer": ["customer/p1/a.parquet", "customer/p2/b.parquet"]}


def test_of_another_folder_each_file_and_each_folder_of_files_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "one.csv").touch()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.parquet").touch()
    (tmp_path / "notes.txt").touch()
    assert read(tmp_path) == {"one": ["one.csv"], "two": ["two"]}


def test_a_folder_without_tables_and_none_at_all_are_told(tmp_path: Path) -> None:
    with pytest.raises(RulesError, match="holds no tables"):
        read(tmp_path)
    with pytest.raises(RulesError, match="is no folder"):
        read(tmp_path / "nowhere")
