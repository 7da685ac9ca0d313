"""The lake through Databricks' file utilities: what they answer is believed, what they cannot answer fails the call."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from spark_jobs.errors import GoldManifestError
from spark_jobs.gold.basis import Base
from spark_jobs.lake import Lake

BUSY = """An error occurred while calling o1.ls.
: shaded.x.AbfsRestOperationException: Operation failed: "Busy: 404", 503, GET, https://x, ServerBusy, "FileNotFound"
"""


class ExecutionError(Exception):
    """What `dbutils` raises on Databricks."""


@dataclass
class FileUtilities:
    """`dbutils.fs` over a folder; raises what is asked for instead of an answer about some paths."""

    root: Path
    fails: dict[str, str] = field(default_factory=dict)  # path -> the report of the error
    deleted: list[str] = field(default_factory=list)

    def ls(self, path: str) -> list[SimpleNamespace]:
        folder = self._at(path, "ls")
        return [
            SimpleNamespace(name=f"{one.name}/" if one.is_dir() else one.name, size=one.stat().st_size)
            for one in folder.iterdir()
        ]

    def head(self, path: str, _most: int) -> str:
        return self._at(path, "head").read_text(encoding="utf-8")

    def rm(self, path: str, _recurse: bool) -> None:
        self.deleted.append(path)

    def _at(self, path: str, call: str) -> Path:
        inner = path.partition("://")[2]
        if inner in self.fails:
            raise ExecutionError(self.fails[inner])
        if not (self.root / inner).exists():
            raise ExecutionError(f"An error occurred while calling o1.{call}.\n: java.io.FileNotFoundException: {path}")
        return self.root / inner


@pytest.fixture
def utilities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FileUtilities:
    files = FileUtilities(tmp_path)
    module: Any = ModuleType("pyspark.dbutils")
    module.DBUtils = lambda _spark: SimpleNamespace(fs=files)
    monkeypatch.setitem(sys.modules, "pyspark.dbutils", module)
    (tmp_path / "silver/customer/_delta_log").mkdir(parents=True)
    (tmp_path / "silver/customer/part.parquet").write_text("rows")
    return files


@pytest.fixture
def lake() -> Lake:
    return Lake(SimpleNamespace(), "test://{container}")  # type: ignore[arg-type] # nothing here asks Spark


def test_what_is_there_is_found(utilities: FileUtilities, lake: Lake) -> None:
    assert utilities.root.exists()
    assert lake.exists("silver/customer/_delta_log") is False, "a folder of nothing holds nothing"
    assert lake.exists("silver/customer")
    assert [file.place for file in lake.files("silver")] == ["silver/customer/part.parquet"]
    assert lake.folders("silver/customer") == ["_delta_log"]


def test_what_is_surely_absent_is_nothing(utilities: FileUtilities, lake: Lake) -> None:
    assert lake.read_text("pipeline/x.json") is None
    assert not lake.files("silver/account")
    assert not lake.folders("gold")
    assert not lake.exists("silver/account")
    lake.delete("silver/account")
    assert utilities.deleted == []


def test_an_unknown_answer_is_never_taken_for_absence(utilities: FileUtilities, lake: Lake) -> None:
    utilities.fails = {"silver/customer": BUSY}
    for ask in (lake.exists, lake.files, lake.folders, lake.read_text, lake.delete):
        with pytest.raises(ExecutionError):
            ask("silver/customer")
    with pytest.raises(ExecutionError):
        lake.files("silver")  # nor below the folder that was asked for
    assert utilities.deleted == []


def test_a_local_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    here = Lake(SimpleNamespace(), f"{tmp_path}/{{container}}")  # type: ignore[arg-type] # nothing here asks Spark
    (tmp_path / "silver").write_text("a file where a folder is expected")
    for ask in (here.exists, here.files, here.folders, here.read_text):
        with pytest.raises(NotADirectoryError):
            ask("silver/customer")
    assert not here.files("gold")
    assert not here.folders("gold")


@pytest.mark.parametrize("manifest", ["", "{", "[]", "{}", '{"explanation": ""}', '{"explanation": 7}', "null"])
def test_a_manifest_in_gold_that_is_none_of_ours_is_not_taken_for_none(tmp_path: Path, manifest: str) -> None:
    here = Lake(SimpleNamespace(), f"{tmp_path}/{{container}}")  # type: ignore[arg-type] # nothing here asks Spark
    assert Base.read(here).name is None
    here.write_text("gold/default.manifest.cdm.json", manifest)
    with pytest.raises(GoldManifestError):
        Base.read(here)
