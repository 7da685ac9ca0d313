"""The forms of dates and times (ISO 8601), as regular expressions of a whole text without blanks around it."""

from __future__ import annotations

from typing import Final

#: A date that is inferred lies in these years; a number or a period is none.
_NEAR: Final = r"(?:19[0-9]{2}|2(?:0[0-9]{2}|1[0-9]{2}|200))"
_DAY: Final = r"-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6}0{0,3})?)?"
_MIDNIGHT: Final = r"(?:[T ]00:00(?::00(?:\.0+)?)?)?"

#: Of which a type may be inferred.
NEAR_DATE: Final = _NEAR + _DAY
NEAR_LOCAL: Final = rf"{_NEAR}{_DAY}[T ]{_TIME}"
NEAR_UTC: Final = rf"{NEAR_LOCAL}(?:Z|[+-]00:00)"
#: What a column that is configured as such may hold: years of four digits, no time that a date would lose; a time with any
#: offset is one instant.
DATE: Final = rf"(?!0000)[0-9]{{4}}{_DAY}{_MIDNIGHT}"
TIMESTAMP: Final = rf"(?!0000)[0-9]{{4}}{_DAY}(?:[T ]{_TIME}(?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?)?"
#: Day and month may be the other way round, and the century is anybody's guess.
TWO_READINGS: Final = r"[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})"
#: A time with an offset: as an instant, its date may be the one before or after.
OFFSET: Final = rf"[0-9]{{4}}{_DAY}[T ]{_TIME}[+-][0-9]{{2}}:?[0-9]{{2}}"


def has_time(pattern: str) -> bool:
    """Say whether one of Spark's patterns reads a time of day; what stands between quotes is text."""
    return any(letter in "HhKkmsSa" for place, part in enumerate(pattern.split("'")) if place % 2 == 0 for letter in part)
