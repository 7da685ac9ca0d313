"""The SQLSTATEs that an error carries, itself or what caused it.

| class | says | so |
| --- | --- | --- |
| `21`, `22`, `42`, `0A`, `P0` | what a query says or computes is at fault | it fails again |
| `2D` | another writer's commit came first (`DELTA_CONCURRENT_…`, `DELTA_METADATA_CHANGED`, …) | try again |

PySpark does not turn all that the JVM throws into an exception of its own: what a subquery computes comes as `Py4JJavaError`,
wrapped in what carries it from one thread to the next. So all causes are asked. Source of the states: the conditions of Spark
and of Delta Lake, in whose own list (`delta-error-classes.json`) the conflicts of commits are 2D521.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pyspark.errors import PySparkException

T = TypeVar("T")
#: Cardinality, data, syntax or access rules, what is not supported, and what a query itself raises.
_OF_A_QUERY = {"21", "22", "42", "0A", "P0"}
_OF_A_CONFLICT = {"2D"}


@dataclass(frozen=True, kw_only=True)
class Raised:
    """A condition of the standard, and what Spark calls it."""

    state: str
    condition: str


def raised(error: BaseException) -> Iterator[Raised]:
    """Yield the conditions of an error and of its causes, the outermost first."""
    if isinstance(error, PySparkException) and error.getSqlState():
        yield Raised(state=str(error.getSqlState()), condition=error.getCondition() or "")
    # What PySpark did turn into its own keeps what it was made of.
    throwable = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while throwable is not None:
        if state := _asked(throwable, "getSqlState"):
            yield Raised(state=state, condition=_asked(throwable, "getCondition"))
        throwable = throwable.getCause()


def fault_of_query(error: BaseException) -> str | None:
    """Return what Spark calls the fault where what a query says or computes is at fault, else None."""
    return next((one.condition or one.state for one in raised(error) if one.state[:2] in _OF_A_QUERY), None)


def is_conflict(error: BaseException) -> bool:
    """Say whether another writer's commit came first, so that the same work can be done on what is there now."""
    return any(one.state[:2] in _OF_A_CONFLICT for one in raised(error))


def despite_conflicts(act: Callable[[], T], *, tries: int = 3) -> T:
    """Act, again where another writer's commit came first; what fails otherwise, or so often, is raised as it is."""
    for _ in range(tries - 1):
        try:
            return act()
        except Exception as error:
            if not is_conflict(error):
                raise
    return act()


def _asked(throwable: Any, method: str) -> str:
    """Ask a throwable of the JVM what only those of Spark tell; empty for others."""
    try:
        return str(getattr(throwable, method)() or "")
    except Exception:
        return ""
