"""Files of the lake outside DataFrames: small JSON documents, listings, deletions.

A place is `<container>/<path>`; the job parameter `lake` is a template that says where a container is:
`abfss://{container}@account.dfs.core.windows.net` on Azure, a folder with `{container}` in it on a laptop.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from importlib import import_module
from os import SEEK_END, scandir
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_jobs.errors import LakeAddressError
from spark_jobs.raised.absence import is_absence

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_LONGEST_DOCUMENT = 1 << 30  # `dbutils.fs.head` cuts at 64 KB unless told otherwise


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a listing."""

    place: str  # `<container>/<path>`
    size: int  # bytes


class Lake:
    """The lake as the job sees it. Paths with a scheme go through Databricks' file utilities, others to the local disk."""

    def __init__(self, spark: SparkSession, template: str) -> None:
        if "{container}" not in template or "${" in template:  # paths of tables stand in SQL, where Spark would replace that
            raise LakeAddressError(template)
        self._spark = spark
        self._template = template.rstrip("/")
        self._remote = "://" in template

    def path(self, place: str) -> str:
        """Return where Spark finds a place."""
        container, _, path = place.partition("/")
        root = self._template.replace("{container}", container)
        return f"{root}/{path}" if path else root

    def read_json(self, place: str) -> Any | None:
        """Return the document at a place, or None where there is none."""
        text = self.read_text(place)
        return None if text is None else json.loads(text)

    def read_text(self, place: str) -> str | None:
        """Return the text at a place, or None where there is surely none; what else fails is raised as it is."""
        if not self._remote:
            try:
                return Path(self.path(place)).read_text(encoding="utf-8")
            except FileNotFoundError:
                return None
        try:
            return str(self._utilities().head(self.path(place), _LONGEST_DOCUMENT))
        except Exception as error:
            if is_absence(error):
                return None
            raise

    def write_json(self, place: str, document: Any) -> None:
        """Replace the document at a place."""
        self.write_text(place, json.dumps(document, ensure_ascii=False, indent=1))

    def write_text(self, place: str, text: str) -> None:
        """Replace the text at a place."""
        if self._remote:
            self._utilities().put(self.path(place), text, True)
            return
        file = Path(self.path(place))
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_name(f".{file.name}.half")
        half.write_text(text, encoding="utf-8")
        half.replace(file)

    def end(self, place: str, size: int) -> bytes:
        """Return the last bytes of a file, at most `size`; of a parquet file, they describe it."""
        if not self._remote:
            with Path(self.path(place)).open("rb") as file:
                file.seek(max(0, file.seek(0, SEEK_END) - size))
                return file.read()
        rows = self._spark.read.format("binaryFile").load(self.path(place))
        found = rows.selectExpr(f"substring(content, -{size}, {size}) as end").first()
        return bytes(found["end"]) if found else b""

    def exists(self, place: str) -> bool:
        """Say whether a file or folder is there; what fails otherwise is raised as it is."""
        if self._remote:
            return bool(self._listed(place))
        try:
            Path(self.path(place)).stat()
        except FileNotFoundError:
            return False
        return True

    def files(self, place: str, *, deep: bool = True) -> list[File]:
        """Return the files below a folder by name, without the hidden ones that writers leave; none where it is absent."""
        files: list[File] = []
        for item in self._listed(place):
            inner = f"{place}/{item.name.rstrip('/')}"
            if not item.name.endswith("/"):
                files.append(File(place=inner, size=item.size))
            elif deep:
                files.extend(self.files(inner))
        shown = [file for file in files if not file.place.rpartition("/")[2].startswith(("_", "."))]
        return sorted(shown, key=lambda file: file.place)

    def folders(self, place: str) -> list[str]:
        """Return the names of the folders in a folder; none where it is absent."""
        return sorted(item.name.rstrip("/") for item in self._listed(place) if item.name.endswith("/"))

    def delete(self, place: str) -> None:
        """Delete a file or folder with all that is in it; nothing happens where it is absent."""
        if self._remote:
            if self.exists(place):
                self._utilities().rm(self.path(place), True)
            return
        path = Path(self.path(place))
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def _listed(self, place: str) -> list[_Item]:
        try:
            if self._remote:
                return [_Item(name=item.name, size=item.size) for item in self._utilities().ls(self.path(place))]
            with scandir(self.path(place)) as found:
                return [_Item(name=f"{one.name}/" if one.is_dir() else one.name, size=one.stat().st_size) for one in found]
        except Exception as error:
            if is_absence(error):
                return []
            raise

    def _utilities(self) -> Any:
        # The module exists on Databricks, and where a local stack supplies it.
        return import_module("pyspark.dbutils").DBUtils(self._spark).fs


@dataclass(frozen=True, kw_only=True)
class _Item:
    """One entry of a folder."""

    name: str  # a folder's ends in a slash
    size: int
