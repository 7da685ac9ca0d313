"""Absence is proved by an error's class and status; words in its text prove nothing."""

from __future__ import annotations

import pytest
from pyspark.errors import AnalysisException, PySparkException

from spark_jobs.raised.absence import is_absence

SHADED = "shaded.databricks.azurebfs.org.apache.hadoop.fs.azurebfs.contracts.exceptions.AbfsRestOperationException"
ADDRESS = "https://lake.dfs.core.windows.net/silver/customer/_delta_log?timeout=90"


class ExecutionError(Exception):
    """What Databricks' `dbutils` raises: the JVM's report as text, nothing else."""


def report(thrown: str, *more: str) -> ExecutionError:
    lines = (f"An error occurred while calling o337.ls.\n: {thrown}", "\tat com.databricks.X.ls(X.scala:1)", *more)
    return ExecutionError("\n".join(lines))


class Throwable:
    """A throwable of the JVM as py4j hands it over."""

    def __init__(self, kind: str, message: str | None = None, cause: Throwable | None = None) -> None:
        self._kind, self._message, self._cause = kind, message, cause

    def getClass(self) -> Throwable:  # noqa: N802 - Java's name
        return self

    def getName(self) -> str:  # noqa: N802 - Java's name
        return self._kind

    def getMessage(self) -> str | None:  # noqa: N802 - Java's name
        return self._message

    def getCause(self) -> Throwable | None:  # noqa: N802 - Java's name
        return self._cause


class JavaError(Exception):
    """`Py4JJavaError`, without the JVM."""

    def __init__(self, throwable: Throwable) -> None:
        self.java_exception = throwable
        super().__init__("An error occurred while calling o1.listStatus.")


def operation(status: int, code: str, said: str = "The specified path does not exist.", method: str = "GET") -> str:
    if method == "HEAD":
        return f'Operation failed: "{said}", {status}, HEAD, {ADDRESS}, rId: 404-404'
    return f'Operation failed: "{said}", {status}, {method}, {ADDRESS}, {code}, "{said} RequestId:404e-404"'


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "no such file"),
        report("java.io.FileNotFoundException: abfss://silver@lake.dfs.core.windows.net/customer"),
        report("java.io.FileNotFoundException"),
        report(f"java.io.FileNotFoundException: {operation(404, '', method='HEAD')}"),
        report(f"java.io.FileNotFoundException: {operation(404, 'PathNotFound')}"),
        report(f"java.io.FileNotFoundException: {operation(404, 'FilesystemNotFound')}"),
        report(f"{SHADED}: {operation(404, 'PathNotFound')}"),
        report(
            "java.util.concurrent.ExecutionException: java.io.FileNotFoundException: x",
            "Caused by: java.io.FileNotFoundException: x",
        ),
        JavaError(Throwable("java.io.FileNotFoundException", "File x does not exist")),
        JavaError(Throwable(SHADED, operation(404, "FilesystemNotFound"))),
        JavaError(Throwable("java.io.UncheckedIOException", "x", Throwable("java.io.FileNotFoundException"))),
        AnalysisException("gone", errorClass="PATH_NOT_FOUND", messageParameters={"path": "x"}),
    ],
)
def test_what_proves_absence(error: Exception) -> None:
    assert is_absence(error)


@pytest.mark.parametrize(
    "error",
    [
        Exception("404"),
        Exception("the specified path does not exist"),
        Exception("java.io.FileNotFoundException: but said by whom"),
        PermissionError(13, "No such file"),
        NotADirectoryError(20, "does not exist"),
        report(f"{SHADED}: {operation(503, 'ServerBusy', 'FileNotFound, PathNotFound, 404')}"),
        report(f"java.io.FileNotFoundException: {operation(503, 'ServerBusy')}"),
        report(f"{SHADED}: {operation(403, 'AuthorizationPermissionMismatch', 'This request does not exist')}"),
        report(f"{SHADED}: {operation(409, 'PathNotFound')}"),
        report(f"{SHADED}: {operation(404, 'AccountNotFound')}"),  # no answer about the path
        report(f"java.io.IOException: {operation(404, 'PathNotFound')}"),
        report("java.net.UnknownHostException: PathNotFound.dfs.core.windows.net"),
        report("java.lang.RuntimeException: broken", "Caused by: java.io.FileNotFoundException: a jar of the cluster"),
        report("java.io.IOException: first\n\tat x\nCaused by: java.io.FileNotFoundException: y"),
        report("java.io.FileNotFoundExceptionally: x"),
        JavaError(Throwable("java.io.IOException", "404 FileNotFound", Throwable("java.io.FileNotFoundException"))),
        JavaError(Throwable(SHADED, operation(500, "InternalError", "404"))),
        JavaError(Throwable("java.io.UncheckedIOException")),
        AnalysisException("PATH_NOT_FOUND 404", errorClass="UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", messageParameters={}),
        PySparkException("Path does not exist: PATH_NOT_FOUND"),
    ],
)
def test_what_leaves_absence_unknown(error: Exception) -> None:
    assert not is_absence(error)
