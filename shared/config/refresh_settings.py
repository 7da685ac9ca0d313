"""When Customer Insights is asked to refresh, and what: settings of their own, because each refresh costs hours of its time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

RefreshScope = Literal["off", "data_source", "all"]
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, kw_only=True)
class QuietHours:
    """A part of each day, in UTC, in which no refresh begins; its end may be on the next day."""

    begin: time
    end: time

    def over(self, at: datetime) -> datetime:
        """Return when they are over, seen from a time in them; the time itself where it is in none."""
        at = at.astimezone(UTC)
        now = at.timetz().replace(tzinfo=None)
        over_night = self.end <= self.begin
        if not (now >= self.begin or now < self.end if over_night else self.begin <= now < self.end):
            return at
        ends = datetime.combine(at.date(), self.end, UTC)
        return ends + timedelta(days=1) if now >= self.end else ends


@dataclass(frozen=True, kw_only=True)
class RefreshSettings:
    """What is refreshed, and when a refresh may begin."""

    scope: RefreshScope = "off"
    data_source_id: str = ""  # of gold, where only that is refreshed
    longest: timedelta = timedelta(hours=24)  # from its beginning; several times what a large instance needs
    interval: timedelta = timedelta(hours=1)  # between the beginnings of two
    quiet_hours: QuietHours | None = None


def read_hours(text: str) -> QuietHours:
    """Read `22:00-06:00`; ValueError where it is written otherwise, or has no length."""
    found = _HOURS.fullmatch(text.replace(" ", ""))
    if found is None or found.group(1, 2) == found.group(3, 4):
        raise ValueError(text)
    first, second, third, fourth = map(int, found.groups())
    return QuietHours(begin=time(first, second), end=time(third, fourth))
