"""What an error of Spark says by its SQLSTATE, and what is done about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.contracts.publication import GoldTable, Publication
from spark_jobs.gold.delta import GoldDelta, Held
from spark_jobs.raised.states import despite_conflicts, fault_of_query, is_conflict


class Throwable:
    """What the JVM throws, as py4j shows it."""

    def __init__(self, cause: Throwable | None = None) -> None:
        self._cause = cause

    def getCause(self) -> Throwable | None:  # noqa: N802 - Java's name
        return self._cause

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)  # py4j: the method does not exist


class SparkThrowable(Throwable):
    """One that Spark made itself."""

    def __init__(self, state: str | None, condition: str | None = None, cause: Throwable | None = None) -> None:
        super().__init__(cause)
        self._state, self._condition = state, condition

    def getSqlState(self) -> str | None:  # noqa: N802
        return self._state

    def getCondition(self) -> str | None:  # noqa: N802
        return self._condition


class JavaError(Exception):
    """py4j's own exception, for what PySpark knows no class for."""

    def __init__(self, throwable: Throwable) -> None:
        super().__init__("An error occurred while calling o1.parquet: 2D521, 21000")
        self.java_exception = throwable


def test_a_subquery_that_returns_two_rows_is_a_fault_of_the_query_whatever_carries_it() -> None:
    found = SparkThrowable("21000", "SCALAR_SUBQUERY_TOO_MANY_ROWS")
    assert fault_of_query(JavaError(Throwable(Throwable(found)))) == "SCALAR_SUBQUERY_TOO_MANY_ROWS"
    assert fault_of_query(JavaError(SparkThrowable("58030", "TASK_WRITE_FAILED", found))) == "SCALAR_SUBQUERY_TOO_MANY_ROWS"


def test_words_decide_nothing() -> None:
    error = JavaError(Throwable(SparkThrowable(None)))
    assert (fault_of_query(error), is_conflict(error)) == (None, False)


def test_what_lost_against_another_commit_is_done_again_and_nothing_else_is() -> None:
    conflict, other = JavaError(SparkThrowable("2D521", "DELTA_CONCURRENT_APPEND")), JavaError(SparkThrowable("58030"))
    for raised, tries in (([conflict, conflict], 3), ([conflict, conflict, conflict], 3), ([other], 1)):
        left = list(raised)
        done: list[int] = []

        def act(left: list[JavaError] = left, done: list[int] = done) -> str:
            done.append(1)
            if left:
                raise left.pop(0)
            return "merged"

        if len(raised) == tries:
            with pytest.raises(JavaError):
                despite_conflicts(act)
        else:
            assert despite_conflicts(act) == "merged"
        assert len(done) == tries


def test_a_delta_table_of_gold_that_somebody_maintains_is_followed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    left = [JavaError(SparkThrowable("2D521", "DELTA_CONCURRENT_APPEND"))]
    noted: dict[str, Any] = {}

    class Noting:
        def read_json(self, place: str) -> None:
            return None

        def write_json(self, place: str, document: Any) -> None:
            noted.update(document)

    def follow(self: GoldDelta, new: GoldTable, publication: str, held: Held | None) -> Held:
        if left:
            raise left.pop()
        return Held(publication=publication, files="", version=1)

    monkeypatch.setattr(GoldDelta, "_follow", follow)
    table = GoldTable(name="customer", description="", primary_key="cid", digest="", document="", columns={}, files=())
    at = datetime(2026, 11, 25, tzinfo=UTC)
    publication = Publication(name="p2", batch_id="b2", base=None, created_at=at, tables={"customer": table})
    GoldDelta(spark=None, lake=Noting()).follow(publication, {})  # type: ignore[arg-type]  # neither is asked for more
    assert (left, noted["customer"]["publication"]) == ([], "p2")
