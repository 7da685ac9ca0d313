"""`dbutils.fs` for jobs that run here: the file calls of Databricks' runtime, on Hadoop's file systems.

Only what the jobs use; the real one has much more. Paths are those of the lake (`abfs://container@account…/path`).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class FileInfo:
    """One entry of a folder, with the attribute names that Databricks has."""

    path: str
    name: str  # a folder's ends in a slash
    size: int
    modificationTime: int  # milliseconds since 1970 # noqa: N815 - Databricks' name


class FileSystem:
    """`dbutils.fs`."""

    def __init__(self, spark: SparkSession) -> None:
        # Untyped: py4j makes the JVM's classes attributes at run time.
        inner: Any = spark
        self._jvm: Any = inner._jvm.org.apache.hadoop  # there is no public way to the JVM's file systems
        self._conf: Any = inner._jsparkSession.sessionState().newHadoopConf()

    def ls(self, path: str) -> list[FileInfo]:
        """Return what is in a folder; an error of the JVM (FileNotFoundException) if there is none."""
        files, where = self._at(path)
        found = []
        for entry in files.listStatus(where):
            slash = "/" if entry.isDirectory() else ""
            name, at = entry.getPath().getName() + slash, entry.getPath().toString() + slash
            found.append(FileInfo(at, name, 0 if slash else entry.getLen(), entry.getModificationTime()))
        return found

    def head(self, path: str, max_bytes: int = 65536) -> str:
        """Return the first bytes of a file as text."""
        files, where = self._at(path)
        stream = files.open(where)
        try:
            return bytes(stream.readNBytes(max_bytes)).decode()
        finally:
            stream.close()

    def put(self, path: str, contents: str, overwrite: bool = False) -> bool:
        """Write a text as a file; without `overwrite`, an error if there is one."""
        files, where = self._at(path)
        stream = files.create(where, overwrite)
        try:
            stream.write(bytearray(contents.encode()))
        finally:
            stream.close()
        return True

    def rm(self, path: str, recurse: bool = False) -> bool:
        """Delete a file, or with `recurse` a folder; False if there was none."""
        files, where = self._at(path)
        return bool(files.delete(where, recurse))

    def mkdirs(self, path: str) -> bool:
        """Make a folder and those above it."""
        files, where = self._at(path)
        return bool(files.mkdirs(where))

    def cp(self, source: str, target: str, recurse: bool = False) -> bool:  # noqa: ARG002 - Databricks' signature
        """Copy a file, or a folder."""
        return self._copy(source, target, delete=False)

    def mv(self, source: str, target: str, recurse: bool = False) -> bool:  # noqa: ARG002 - Databricks' signature
        """Move a file, or a folder: a copy and a delete, as there."""
        return self._copy(source, target, delete=True)

    def _copy(self, source: str, target: str, *, delete: bool) -> bool:
        from_files, origin = self._at(source)
        to_files, where = self._at(target)
        return bool(self._jvm.fs.FileUtil.copy(from_files, origin, to_files, where, delete, self._conf))

    def _at(self, path: str) -> tuple[Any, Any]:
        where = self._jvm.fs.Path(path)
        return where.getFileSystem(self._conf), where


class DBUtils:
    """`dbutils`, made as jobs make it on Databricks: `DBUtils(spark)`."""

    def __init__(self, spark: SparkSession) -> None:
        self.fs = FileSystem(spark)


def provide() -> None:
    """Make `from pyspark.dbutils import DBUtils` work in this process, as it does in Databricks' runtime."""
    module = ModuleType("pyspark.dbutils")
    module.DBUtils = DBUtils  # type: ignore[attr-defined] # a module made at run time has no declared attributes
    sys.modules["pyspark.dbutils"] = module
