"""The forms of numbers, as regular expressions of a whole text without blanks around it.

Two strengths: a *plain* number survives being read and written again (no leading zeros, no `+`, no exponent, no sign of zero),
so that a type may be inferred of it; a *readable* one has one reading once a person has said that the column is a number.
"""

from __future__ import annotations

from typing import Final

from shared.contracts.values.notation import THOUSANDS, Notation

#: Digits of a whole number that is inferred: those that every `bigint` holds.
WHOLE_DIGITS: Final = 18
#: A zero with a sign would lose it.
_NO_MINUS_ZERO: Final = r"(?!-0*(?:[.,]0*)?$)"
#: What stands for a currency; the code points of Unicode's class Sc that files bring.
CURRENCY: Final = "[$\u00a2-\u00a5\u058f\u060b\u09f2\u09f3\u0e3f\u17db\u20a0-\u20c0\ufe69\uff04\uffe0\uffe1\uffe5\uffe6]"
#: A number whose point stands before a fraction, or between thousands.
TWO_READINGS: Final = r"-?[1-9][0-9]{0,2}\.[0-9]{3}"
#: A number with a comma: before a fraction, or between thousands.
WITH_COMMA: Final = r"[-+]?[0-9.]*[0-9](?:,[0-9]+)+(?:\.[0-9]+)?"
_BLANK: Final = "[ \u00a0\u202f]?"


def plain_whole(notation: Notation) -> str:
    """Return the form of whole numbers that survive as such."""
    return rf"{_NO_MINUS_ZERO}-?(?:0|[1-9][0-9]{{0,{WHOLE_DIGITS - 1}}}{_grouped(notation, plain=True)})"


def plain_number(notation: Notation, *, scale: int | None = None) -> str:
    """Return the form of numbers, whole or with a fraction of at most `scale` digits, that survive as such."""
    whole = rf"(?:0|[1-9][0-9]{{0,{WHOLE_DIGITS - 1}}}{_grouped(notation, plain=True)})"
    fraction = "" if scale == 0 else rf"(?:{_point(notation)}[0-9]{{1,{'' if scale is None else scale}}})?"
    return rf"{_NO_MINUS_ZERO}-?{whole}{fraction}"


def readable(notation: Notation, *, scale: int | None, exponent: bool = False) -> str:
    """Return the form of numbers with at most `scale` digits behind the point, as many as there are where None."""
    fraction = "" if scale == 0 else rf"{_point(notation)}[0-9]{{1,{'' if scale is None else scale}}}"
    bare = rf"|{fraction}" if fraction else ""
    digits = rf"(?:(?:[0-9]+{_grouped(notation, plain=False)}){f'(?:{fraction})?' if fraction else ''}{bare})"
    power = "(?:[eE][-+]?[0-9]+)?" if exponent else ""
    if not notation.accounting:
        return rf"[-+]?{digits}{power}"
    once = rf"(?!(?:[^-+(]*[-+(]){{2}})(?!(?:[^-+]*[-+])[^)]*\))(?!(?:[^$\s]*{CURRENCY}){{2}})"
    left, right = rf"(?:{CURRENCY}{_BLANK})?", rf"(?:{_BLANK}{CURRENCY})?"
    signed = rf"{left}[-+]?{left}{digits}{power}{right}-?{right}"
    return rf"{once}(?:{signed}|{left}\({left}{digits}{right}\){right})"


def negative(notation: Notation) -> str:
    """Return the form of what makes a readable number negative, to be searched in it."""
    return r"-[0-9]*$|^[^0-9]*-|\(" if notation.accounting else "^-"


def ornaments(notation: Notation) -> str:
    """Return what is neither a digit nor the decimal sign nor an exponent, to be taken out of a readable number."""
    return rf"[^0-9{notation.decimal or '.'}]"


def _point(notation: Notation) -> str:
    return rf"[{notation.decimal or '.'}]"


def _grouped(notation: Notation, *, plain: bool) -> str:
    """Return what lets digits be grouped: an alternative to digits in one row."""
    if not notation.thousands:
        return ""
    first = "[1-9]" if plain else "[0-9]"
    most = WHOLE_DIGITS // 3 - 1 if plain else ""
    return rf"|{first}[0-9]{{0,2}}(?:[{THOUSANDS[notation.thousands]}][0-9]{{3}}){{1,{most}}}"
