"""Whether an error of the file utilities says that a place is absent; any other error leaves that unknown, and fails the run.

Decided by class and status, never by words: a request id may hold `404`, and any message may say that something does not exist.

| raised | by | absent where |
| --- | --- | --- |
| `Py4JJavaError` | a JVM in reach: a laptop, some clusters | its throwable's class and status say so |
| `ExecutionError` | Databricks' `dbutils`, with nothing but the JVM's report | the report's class and status say so |
| `PySparkException` | Spark itself | its condition is `PATH_NOT_FOUND` |
| `FileNotFoundError` | Python | always |

Hadoop's ABFS driver turns status 404, of a path or of a whole container, into `FileNotFoundException`; where it hands on its
own `AbfsRestOperationException`, of whatever package (Databricks shades it), status and error code stand at fixed places.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyspark.errors import PySparkException

_NOT_FOUND = "FileNotFoundException"
_OF_STORAGE = "AbfsRestOperationException"
#: What only carries another throwable from one thread, or one call, to the next.
_WRAPPERS = {
    "CompletionException",
    "ExecutionException",
    "InvocationTargetException",
    "UncheckedExecutionException",
    "UncheckedIOException",
    "UndeclaredThrowableException",
}
_CONDITIONS = {"PATH_NOT_FOUND"}
_CODES = {"PathNotFound", "FilesystemNotFound", "BlobNotFound", "ContainerNotFound"}
#: `Operation failed: "<said>", <status>, <method>, <address>[, <code>, "<more>"]`; to HEAD there is no body, so no code.
_OPERATION = re.compile(r'Operation failed: "[^"]*", (\d{3}), (?:HEAD\b|[A-Z]+, \S+, (\w*))')
#: A report's lines of throwables: the first stands behind what was called, each cause on a line of its own.
_REPORTED = re.compile(r"^(?:An error occurred while calling \S+\n: |: |Caused by: )([\w.$]+)(?:: (.*))?$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class _Thrown:
    """A throwable of the JVM."""

    kind: str  # its class, without the package
    message: str


def is_absence(error: BaseException) -> bool:
    """Say whether an error proves that what was asked for is not there."""
    if isinstance(error, FileNotFoundError):
        return True
    if isinstance(error, PySparkException):
        return error.getCondition() in _CONDITIONS
    throwable = getattr(error, "java_exception", None)
    for thrown in _reported(str(error)) if throwable is None else _chain(throwable):
        if thrown.kind not in _WRAPPERS:
            return _is_absence(thrown)
    return False


def _is_absence(thrown: _Thrown) -> bool:
    operation = _OPERATION.match(thrown.message)
    if operation is None:
        return thrown.kind == _NOT_FOUND
    status, code = operation.groups()
    return status == "404" and thrown.kind in {_NOT_FOUND, _OF_STORAGE} and (code or None) in {None, *_CODES}


def _chain(throwable: Any) -> Iterator[_Thrown]:
    """Yield a throwable and its causes, as the JVM holds them."""
    while throwable is not None:
        yield _Thrown(kind=_plain(throwable.getClass().getName()), message=str(throwable.getMessage() or ""))
        throwable = throwable.getCause()


def _reported(report: str) -> Iterator[_Thrown]:
    """Yield the same as far as a report tells it; nothing where it does not begin with one."""
    if not report.startswith("An error occurred while calling "):
        return
    for found in _REPORTED.finditer(report):
        yield _Thrown(kind=_plain(found[1]), message=found[2] or "")


def _plain(name: str) -> str:
    return re.split(r"[.$]", name)[-1]
