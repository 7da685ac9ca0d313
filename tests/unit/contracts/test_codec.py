"""Documents are read strictly, and what is wrong in one is told with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Literal

import pytest

from shared.contracts.codec import Count, MappingKey, Spelled, decode, decoded, encode, encoded, time_text
from shared.contracts.errors import ContractError


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One leg of a journey."""

    name: Annotated[str, MappingKey()]
    length: Annotated[Count, Spelled("km")]
    by: Literal["train", "ship"] = "train"


@dataclass(frozen=True, kw_only=True)
class Journey:
    """A document with one field of each kind."""

    at: datetime
    legs: Mapping[str, Leg]
    length: Count = field(init=False)
    seats: tuple[Count, ...] = ()
    price: float | None = None
    limit: int | float | str | None = None
    return_: bool = False

    def __post_init__(self) -> None:
        """Sum up the legs."""
        object.__setattr__(self, "length", sum(leg.length for leg in self.legs.values()))


AT = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
JOURNEY = Journey(
    at=AT, legs={"a": Leg(name="a", length=3), "b": Leg(name="b", length=4, by="ship")}, seats=(7, 8), price=1.5, limit="x"
)


def test_a_document_comes_back_as_it_was() -> None:
    assert decode(Journey, encode(JOURNEY), "journey") == JOURNEY
    assert decode(Journey, encode(JOURNEY).decode(), "journey") == JOURNEY


def test_a_document_is_spelled_with_the_names_that_are_agreed() -> None:
    assert encoded(JOURNEY) == {
        "at": "2026-11-01T09:30:00Z",
        "legs": {"a": {"km": 3, "by": "train"}, "b": {"km": 4, "by": "ship"}},
        "length": 7,
        "seats": [7, 8],
        "price": 1.5,
        "limit": "x",
    }


def test_what_is_empty_by_default_is_left_out_and_nothing_else_is() -> None:
    bare = Journey(at=AT, legs={}, limit=0)
    assert encoded(bare) == {"at": "2026-11-01T09:30:00Z", "legs": {}, "length": 0, "limit": 0}
    assert decode(Journey, encode(bare), "journey") == bare


@pytest.mark.parametrize(
    ("change", "place", "expected", "got"),
    [
        ({"at": 5}, "at", "a time with its zone", "a whole number"),
        ({"at": "yesterday"}, "at", "a time with its zone", "text"),
        ({"at": "2026-11-01T09:30:00"}, "at", "a time with its zone", "one without its zone"),
        ({"legs": []}, "legs", "an object", "a list"),
        ({"legs": {"a": 1}}, "legs.a", "an object", "a whole number"),
        ({"legs": {"a": {}}}, "legs.a.km", "a value", "nothing"),
        ({"legs": {"a": {"km": -1}}}, "legs.a.km", "a number that is not less than 0", "less"),
        ({"legs": {"a": {"km": 1 << 63}}}, "legs.a.km", "a number that is not more than 9223372036854775807", "more"),
        ({"at": "0001-01-01T00:00:00+23:00"}, "at", "a time with its zone", "text"),
        ({"legs": {"a": {"km": True}}}, "legs.a.km", "a whole number", "true or false"),  # to Python, it is 1
        ({"legs": {"a": {"km": 1.0}}}, "legs.a.km", "a whole number", "a number"),
        ({"legs": {"a": {"km": 1, "by": "foot"}}}, "legs.a.by", "train or ship", "'foot'"),
        ({"legs": {"a": {"km": 1, "by": None}}}, "legs.a.by", "train or ship", "null"),
        ({"legs": {"a": {"km": 1, "name": "a"}}}, "legs.a.name", "one of by, km", "a key that is not known"),
        ({"length": 8}, "length", "7, which follows from the rest", "8"),
        ({"seats": {}}, "seats", "a list", "an object"),
        ({"seats": [1, "2"]}, "seats[1]", "a whole number", "text"),
        ({"price": "1"}, "price", "a number", "text"),
        ({"limit": [1]}, "limit", "a whole number or a number or text or null", "a list"),
        ({"return_": 1}, "return_", "true or false", "a whole number"),
        ({"fare": 1}, "fare", "one of at, legs, length, limit, price, return_, seats", "a key that is not known"),
    ],
)
def test_what_is_not_as_agreed_is_refused_with_its_place(change: dict[str, Any], place: str, expected: str, got: str) -> None:
    with pytest.raises(ContractError) as caught:
        decoded(Journey, encoded(JOURNEY) | change, "journey")
    error = caught.value
    assert (error.document, error.place) == ("journey", place)
    assert error.expected.startswith(expected)
    assert error.got.startswith(got)
    assert str(error) == f"journey, {place}: expected {error.expected}, got {error.got}"


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b'{"price": NaN}', b"[" * 100_000, b"[]", b"null", b'"x"'])
def test_what_is_no_document_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(ContractError, match=r"^journey: expected (JSON|an object), got"):
        decode(Journey, data, "journey")


def test_a_whole_number_is_a_number() -> None:
    assert decoded(Journey, encoded(JOURNEY) | {"price": 2}, "journey").price == 2


def test_an_error_says_no_text_that_stands_in_the_document() -> None:
    with pytest.raises(ContractError) as caught:
        decode(Journey, json.dumps(encoded(JOURNEY) | {"seats": ["a secret"]}), "journey")
    assert "secret" not in str(caught.value)


def test_times_are_spelled_in_utc_and_need_their_zone() -> None:
    assert time_text(AT.astimezone(timezone(timedelta(hours=5)))) == "2026-11-01T09:30:00Z"
    with pytest.raises(ValueError, match="zone"):
        time_text(AT.replace(tzinfo=None))
