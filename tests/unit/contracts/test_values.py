"""The grammar of values in finance files: which text is a number, and which survives being one."""

from __future__ import annotations

import re

import pytest

from shared.contracts.values import dates, numbers
from shared.contracts.values.notation import Notation

POINT = Notation()
COMMA = Notation(decimal=",", thousands=".")
ACCOUNTING = Notation(thousands=",", accounting=True)


def is_(form: str, text: str) -> bool:
    return re.fullmatch(form, text) is not None


@pytest.mark.parametrize(
    ("notation", "text", "read"),
    [
        (Notation(decimal=","), "1.234", False),  # a point was never said to mean anything
        (Notation(decimal=","), "1.234,56", False),
        (Notation(decimal=","), "1234,567", True),
        (COMMA, "1.234", True),  # thousands, as was said
        (COMMA, "1.2345", False),
        (Notation(decimal=".", thousands=","), "1.234", True),  # a fraction, as was said
        (Notation(decimal=".", thousands=","), "1.234,56", False),
    ],
)
def test_three_digits_behind_a_sign_mean_what_was_said_of_it_and_nothing_where_that_was_left_out(
    notation: Notation, text: str, read: bool
) -> None:
    assert is_(numbers.readable(notation, scale=3), text) == read


@pytest.mark.parametrize(
    ("notation", "text", "plain", "read"),
    [
        (POINT, "0", True, True),
        (POINT, "-12.50", True, True),
        (POINT, "0815", False, True),  # a person who says that it is a number says that the zeros mean nothing
        (POINT, "+5", False, True),
        (POINT, "-0", False, True),  # a zero would lose its sign
        (POINT, "-0.00", False, True),
        (POINT, "5E1", False, False),
        (POINT, "1,234", False, False),
        (POINT, "1.2.3", False, False),
        (POINT, "", False, False),
        (POINT, "\u0661", False, False),  # a digit of another script
        (COMMA, "1.234,56", True, True),
        (COMMA, "1234,56", True, True),
        (COMMA, "12.500", True, True),
        (COMMA, "12.50", False, False),
        (COMMA, "1.23.456", False, False),
        (ACCOUNTING, "1,234.50-", False, True),
        (ACCOUNTING, "(1,234.50)", False, True),
        (ACCOUNTING, "($5)", False, True),
        (ACCOUNTING, "-$5", False, True),
        (ACCOUNTING, "$-5", False, True),
        (ACCOUNTING, "5 \u20ac", False, True),
        (ACCOUNTING, "$5\u20ac", False, False),  # one currency symbol
        (ACCOUNTING, "-5-", False, False),
        (ACCOUNTING, "(-5)", False, False),
        (ACCOUNTING, "(5", False, False),
        (ACCOUNTING, "5)", False, False),
    ],
)
def test_a_number_is_plain_where_it_survives_and_read_where_it_has_one_reading(
    notation: Notation, text: str, plain: bool, read: bool
) -> None:
    assert is_(numbers.plain_number(notation), text) is plain
    assert is_(numbers.readable(notation, scale=2), text) is read


@pytest.mark.parametrize(("text", "negative"), [("5-", True), ("(5)", True), ("$-5", True), ("-5", True), ("$5", False)])
def test_what_makes_an_amount_negative(text: str, negative: bool) -> None:
    assert (re.search(numbers.negative(ACCOUNTING), text) is not None) is negative


@pytest.mark.parametrize("text", ["1.234", "-12.500", "999.999"])
def test_a_point_before_three_digits_has_two_readings(text: str) -> None:
    assert is_(numbers.TWO_READINGS, text)


@pytest.mark.parametrize("text", ["0.123", "1234.567", "1.23", "1.2345", "1.234.567"])
def test_any_other_number_has_one_or_none(text: str) -> None:
    assert not is_(numbers.TWO_READINGS, text)


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (dates.NEAR_DATE, ["1900-01-01", "2200-12-31"], ["1899-12-31", "2201-01-01", "202610", "2026-13-01", "2026-1-1"]),
        (
            dates.NEAR_LOCAL,
            ["2026-10-01T00:30", "2026-10-01 23:59:59.1234560"],
            ["2026-10-01T24:00", "2026-10-01T00:00:00.1234567"],
        ),
        (dates.NEAR_UTC, ["2026-10-01T00:30:00Z", "2026-10-01T00:30+00:00"], ["2026-10-01T00:30:00+02:00", "2026-10-01T00:30"]),
        (dates.DATE, ["0001-01-01", "2026-10-01T00:00:00"], ["2026-10-01T00:00:01", "46296", "12026-10-01", "0000-01-01"]),
        (dates.TIMESTAMP, ["2026-10-01", "2026-10-01T00:30:00+02:00"], ["12:30", "2026", "46296"]),
    ],
)
def test_dates_are_iso_8601_with_a_year_of_four_digits(form: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not is_(form, text)] == []
    assert [text for text in bad if is_(form, text)] == []


@pytest.mark.parametrize(("pattern", "told"), [("dd.MM.yyyy", False), ("yyyy-MM-dd'T'HH:mm", True), ("dd'h'MM'm'yyyy", False)])
def test_a_pattern_reads_a_time_of_day_or_not(pattern: str, told: bool) -> None:
    assert dates.has_time(pattern) is told
