"""Whether what came out is what the sample said would: counted again, trusting no number of the pipeline's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from local.sample.customers import FINANCIAL, Customer
from local.sample.waves import STATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from local.lake.view import BronzePart
    from local.sample.waves import Expected, Landing, Reject


#: The share of the planted duplicates that the rules have to find.
_FOUND = 0.95


@dataclass(frozen=True, kw_only=True)
class Observed:
    """What was read from the lake after a wave."""

    parts: tuple[BronzePart, ...]
    rejects: tuple[Reject, ...]
    gold: Sequence[Mapping[str, Any]]  # rows of the table `customer`
    profiles: Sequence[frozenset[str]] | None = None  # as previewed: the cids of each; None where nothing is


def problems(expected: Expected, observed: Observed) -> list[str]:
    """Return every way in which the lake is not as expected, one sentence each; none is what one hopes for."""
    told = [*_of_bronze(expected, observed), *_of_gold(expected.customers, observed.gold)]
    return [*told, *_of_profiles(expected, observed.profiles)]


def found_twins(expected: Expected, profiles: Sequence[frozenset[str]]) -> int:
    """Return how many of the planted duplicates are one profile."""
    return len({frozenset(pair) for pair in expected.twins} & set(profiles))


def rows_of(parts: Iterable[BronzePart], file: str) -> tuple[int, ...]:
    """Return the record numbers that bronze holds of the newest generation of a landed file."""
    own = [part for part in parts if part.file == file]
    newest = max((part.generation for part in own), default=0)
    return tuple(number for part in own if part.generation == newest for number in part.records)


def only_new_bytes(landings: Iterable[Landing], sizes: Mapping[str, int], new: Iterable[BronzePart]) -> list[str]:
    """Check that every part that a wave added begins where its landed file ended before (`sizes`, in bytes)."""
    landed = {landing.file for landing in landings}
    found = []
    for part in new:
        before = sizes.get(part.file, 0)
        if part.file not in landed or part.generation != 1 or part.start < before:
            found.append(f"{part.path} reads {part.file} from byte {part.start:,}, where only what follows {before:,} is new")
    return found


def _of_bronze(expected: Expected, observed: Observed) -> Iterator[str]:
    for file, records in sorted(expected.records.items()):
        refused = [reject.record for reject in observed.rejects if reject.file == file]
        taken = rows_of(observed.parts, file)
        if len(taken) + len(refused) != records:
            yield f"{file}: {records:,} records landed; bronze has {len(taken):,} rows and {len(refused):,} rejects"
        elif sorted([*taken, *refused]) != list(range(1, records + 1)):
            yield f"{file}: the counts agree, and yet some record is missing and another is there twice"
    for file in sorted({part.file for part in observed.parts if part.file} - expected.records.keys()):
        yield f"{file}: is no data, and is in bronze"
    for reject in expected.rejects:
        if reject not in observed.rejects:
            yield f"{reject.file}: record {reject.record:,} is not rejected as {reject.reason}"


def _of_gold(expected: Mapping[str, Customer], rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    times = Counter(str(row["cid"]) for row in rows)
    twice = sorted(cid for cid, count in times.items() if count > 1)
    if twice:
        yield f"gold has {len(twice):,} customers more than once, cid {_some(twice)}"
    missing = sorted(expected.keys() - times.keys())
    if missing:
        yield f"gold lacks {len(missing):,} of {len(expected):,} live customers, cid {_some(missing)}"
    too_many = sorted(times.keys() - expected.keys())
    if too_many:
        yield f"gold has {len(too_many):,} customers that are not live, cid {_some(too_many)}"
    wrong: dict[str, list[str]] = {}
    for row in rows:
        customer = expected.get(str(row["cid"]))
        for column in different(customer, row) if customer else ():
            wrong.setdefault(column, []).append(str(row["cid"]))
        for column, value in _made_of(customer).items() if customer else ():
            if row.get(column, value) != value:
                wrong.setdefault(column, []).append(str(row["cid"]))
    for column, cids in wrong.items():
        yield f"gold has another {column} than expected for {len(cids):,} customers, cid {_some(cids)}"


def _of_profiles(expected: Expected, profiles: Sequence[frozenset[str]] | None) -> Iterator[str]:
    if profiles is None:
        return
    if set().union(*profiles) != expected.customers.keys():
        yield "the preview of Customer Insights is not one of all live customers"
    wrong = [cids for cids in profiles if len(cids) > 1 and tuple(sorted(cids, key=int)) not in expected.twins]
    if wrong:
        yield f"the preview makes one profile of different people {len(wrong):,} times, cid {_some(sorted(wrong[0]))}"
    found = found_twins(expected, profiles)
    if found < _FOUND * len(expected.twins):
        yield f"the preview finds {found:,} of {len(expected.twins):,} duplicates that were planted"


def different(customer: Customer, row: Mapping[str, Any]) -> list[str]:
    """Return the columns in which a row of gold does not show the customer."""
    return [
        column.name
        for column in fields(Customer)
        if column.name in row and _plain(column.name, row[column.name]) != getattr(customer, column.name)
    ] + [column.name for column in fields(Customer) if column.name not in row and column.name != "source"]


def _made_of(customer: Customer) -> dict[str, str | None]:
    """Return what gold makes of a customer, by column."""
    email = customer.email.strip().lower() if customer.email else None
    number = "+" + "".join(sign for sign in customer.telephone if sign.isdigit())
    return {"statecode_label": STATE, "email_normalised": email, "phone_e164": number}


def _plain(column: str, value: Any) -> object:
    """Return a value whatever type gold gives it: amounts are compared as numbers, a birthday as a date."""
    if value is None:
        return None
    if column in FINANCIAL:
        return Decimal(str(value))
    return date.fromisoformat(str(value)[:10]) if column == "dateofbirth" else str(value)


def _some(cids: Sequence[str]) -> str:
    return ", ".join(cids[:5]) + (", …" if len(cids) > 5 else "")
