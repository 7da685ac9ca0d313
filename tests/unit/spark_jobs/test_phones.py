"""Telephone numbers as E.164: what is one, what is none, and what is never guessed."""

from __future__ import annotations

import pytest

from spark_jobs.errors import ModelError
from spark_jobs.gold.models import phones
from spark_jobs.gold.models.phones import Phones, check, reading


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        # with its country code a number is the same wherever it is read
        ("+1 206-555-0142", None, "+12065550142"),
        ("+1 206-555-0142", "DE", "+12065550142"),
        ("tel:+49 30 123456", None, "+4930123456"),
        ("\u00a0+44 20 7946 0018 ", None, "+442079460018"),
        ("+39 06 1234 5678", "US", "+390612345678"),  # the zero is part of an Italian number
        # without one, whose it is has to be said
        ("(206) 555-0142", None, None),
        ("(206) 555-0142", "US", "+12065550142"),
        ("(206) 555-0142 ext. 3", "US", "+12065550142"),  # the form has no extensions
        ("011 44 20 7946 0018", "US", "+442079460018"),
        ("030 123456", "DE", "+4930123456"),
        # none
        ("030 123456", "US", None),
        ("+1 555-0142", "US", None),
        ("206-555-0142 / 206-555-0143", "US", None),  # which of the two?
        ("call me", "US", None),
        ("0000000000", "US", None),
        ("n/a", None, None),
        ("", "US", None),
    ],
)
def test_a_text_is_a_number_or_none(text: str, region: str | None, number: str | None) -> None:
    assert reading(region)(text) == number


def test_of_few_texts_those_are_named_that_are_numbers() -> None:
    assert Phones.of_few("telephone", ["+1 206-555-0142", "n/a", ""], None).named == {"+1 206-555-0142": "+12065550142"}


def test_a_region_that_has_no_numbers_is_refused_by_the_name_of_the_setting() -> None:
    check("customer", None)
    check("customer", "GB")
    with pytest.raises(ModelError, match=r"customer: the setting `\[gold\] phone_region` is UK, .* as GB"):
        check("customer", "UK")


def test_without_the_library_the_model_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones, "edition", lambda: "")
    with pytest.raises(ModelError, match="need the library phonenumbers, which is not installed where the job runs"):
        check("customer", None)
