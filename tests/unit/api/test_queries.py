"""What lists may be asked: typed, read from text, described from the same fields."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared.api.queries import LARGEST_PAGE, PAGE, FilesQuery, PageQuery, QueryInvalid, RunsQuery, parameters_of, read_query


def test_what_is_not_asked_has_its_default_and_other_parameters_are_passed_over() -> None:
    assert read_query({"code": "the function key"}, FilesQuery) == FilesQuery(limit=PAGE)


def test_each_parameter_is_read_as_its_type() -> None:
    asked = {"limit": "7", "status": "rejected", "since": "2026-11-23T10:11:12+02:00", "prefix": "2026/"}
    read = read_query(asked, FilesQuery)
    assert read == FilesQuery(limit=7, status="rejected", since=datetime(2026, 11, 23, 8, 11, 12, tzinfo=UTC), prefix="2026/")


def test_a_plus_that_arrived_as_a_space_is_one() -> None:
    assert read_query({"since": "2026-11-23T10:11:12 02:00"}, FilesQuery).since == datetime(2026, 11, 23, 8, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parameter", "text", "expected"),
    [
        ("limit", "0", f"limit: expected a whole number from 1 to {LARGEST_PAGE}"),
        ("limit", "many", f"limit: expected a whole number from 1 to {LARGEST_PAGE}"),
        ("limit", "1.5", f"limit: expected a whole number from 1 to {LARGEST_PAGE}"),
        ("status", "lost", "status: expected one of seen, ingested, held_back, rejected, ignored, poison"),
        ("status", "null", "status: expected one of seen, ingested, held_back, rejected, ignored, poison"),
        ("status", "", "status: expected one of seen, ingested, held_back, rejected, ignored, poison"),
        ("since", "yesterday", "since: expected a time as 2026-11-23T10:11:12Z"),
        ("until", "2026-11-23T10:11:12", "until: expected a time from 1971 to 2200 with its zone, as 2026-11-23T10:11:12Z"),
        ("until", "1066-10-14T10:11:12Z", "until: expected a time from 1971 to 2200 with its zone, as 2026-11-23T10:11:12Z"),
    ],
)
def test_what_cannot_be_understood_is_told_with_what_was_expected(parameter: str, text: str, expected: str) -> None:
    with pytest.raises(QueryInvalid) as refused:
        read_query({parameter: text}, FilesQuery)
    assert str(refused.value) == expected


def test_the_description_of_a_query_is_made_from_its_fields() -> None:
    described = dict(parameters_of(RunsQuery))
    assert set(described) == {"state", *dict(parameters_of(PageQuery))}
    assert described["limit"] == {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE}
    assert "parked" in described["state"]["enum"]
