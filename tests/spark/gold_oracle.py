"""The shipped models `customer` and `customer_finance` in the plainest Python there is: the oracle for gold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.spark.cdc_oracle import Event, history, newest


@dataclass(frozen=True, kw_only=True, order=True)
class Finance:
    """One record of a finance file, as it landed."""

    cid: str
    hours: int  # when its file landed; no two files landed at the same time
    record: int
    spend: str


def customers(
    events: Iterable[Event], finance: Iterable[Finance], cids: dict[str, str], numbers: Mapping[str | None, str | None]
) -> dict[str, tuple[object, ...]]:
    """Return customer id -> (name, email, number, spend).

    `cids` says the customer id of a record, none: its own id; `numbers` which telephone number goes with a name.
    """
    by_cid: dict[str, Event] = {}
    for event in newest(events):
        if not event.deleted:
            cid = cids.get(event.key, "").strip() or event.key
            other = by_cid.get(cid)
            if other is None or (-(event.version or 0), event.key) < (-(other.version or 0), other.key):
                by_cid[cid] = event
    spend = {one.key: one.value for one in newest(_events(finance))}
    return {cid: (one.value, one.note, numbers.get(one.value), _money(spend.get(cid))) for cid, one in by_cid.items()}


def finance_history(finance: Iterable[Finance], start: datetime) -> list[tuple[Any, ...]]:
    """Return (customer id, spend, recorded at, replaced at) of each state of a customer's finance data, in any order."""
    rows: list[tuple[Any, ...]] = []
    for row in history(_events(finance)):
        since = start + timedelta(hours=row.start[0])
        until = start + timedelta(hours=row.end[0]) if row.end else None
        rows.append((row.key, _money(row.value), since, until))
    return sorted(rows, key=str)


def _events(finance: Iterable[Finance]) -> list[Event]:
    return [Event(key=one.cid, version=one.hours, sink=one.record, value=one.spend) for one in finance]


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text).quantize(Decimal("0.01"))
