"""What an instance made of the calibration kit, and so which value of each switch is the right one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from customer_insights.verification.kit import FIRST, KEY, SECOND, Answer, Question
from customer_insights.verification.membership import Member, Row, column, membership

KEYS = {FIRST: KEY, SECOND: KEY}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What the rows of one switch say."""

    switch: str
    value: str | None  # None: nothing that the preview can be set to
    why: str = ""


class _Made:
    """The table `Customer` that an instance made of the kit."""

    def __init__(self, customers: Iterable[Row]) -> None:
        self._rows = {str(row["CustomerId"]): row for row in customers}
        self._ids = membership(self._rows.values(), KEYS)

    def holds(self, answer: Answer) -> bool:
        """Say whether the table is as an answer says."""
        ids = [[self._ids.get(member) for member in some] for some in (answer.together, answer.apart)]
        if any(None in some for some in ids) or len(set(ids[0])) > 1 or len(set(ids[1])) < len(ids[1]):
            return False
        if answer.winner is not None and self._winner(answer.winner) != answer.winner[1]:
            return False
        return answer.shows is None or self._value(answer.shows[0], answer.shows[1]) == answer.shows[2]

    def _winner(self, member: Member) -> str | None:
        row = self._rows.get(self._ids.get(member, ""), {})
        name = column(row, member[0], KEY)
        return str(row[name]) if name else None

    def _value(self, member: Member, name: str) -> str | None:
        row = self._rows.get(self._ids.get(member, ""), {})
        return next((str(value) for known, value in row.items() if known.lower() == name), None)


def calibrate(asked: Sequence[Question], customers: Iterable[Row]) -> list[Finding]:
    """Return which value each switch has to have; `customers` is the instance's table `Customer`."""
    made = _Made(customers)
    found: dict[str, list[str | None]] = defaultdict(list)
    for question in asked:
        values = [answer.value for answer in question.answers if made.holds(answer)]
        found[question.switch].append(values[0] if len(values) == 1 else None)
    return [_judged(switch, values) for switch, values in found.items()]


def _judged(switch: str, values: Sequence[str | None]) -> Finding:
    told = sorted({str(value) for value in values if value is not None})
    if None in values:
        missing = sum(value is None for value in values)
        return Finding(switch=switch, value=None, why=f"{missing} of {len(values)} times it is as no value says")
    if len(told) > 1:
        return Finding(switch=switch, value=None, why=f"it is {' and '.join(told)} in turns")
    return Finding(switch=switch, value=told[0])
