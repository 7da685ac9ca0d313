"""Normalisations as SQL expressions: what is taken off two values before they are compared, never in the output.

Reference: Customer Insights, section 8. *Name*, *Address* and *Organization* go by lists of Microsoft's that are not public:
what stands here is a list of our own, an approximation, and a preview whose rules use one says so.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.unify.ascii_table import MANY, ONE
from spark_jobs.names import literal

#: Normalisations whose lists are not public.
APPROXIMATE = frozenset({"name", "address", "organization"})

_SYMBOLS = "!?\"#$%&'()+,.-_/:;<=>@^\\~{}`[]"
_TITLES = ("mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "jr", "sr")
_NAMES = {
    "abigail": "abby abbie gail", "albert": "al bert", "alexander": "alex sandy", "andrew": "andy drew", "anthony": "tony",
    "barbara": "barb babs", "benjamin": "ben benny", "catherine": "cathy kate katie katherine kathy",
    "charles": "charlie chuck", "christopher": "chris", "daniel": "dan danny", "david": "dave davey",
    "deborah": "debby debbie deb debra", "dorothy": "dot dottie", "edward": "ed eddie ted",
    "elizabeth": "liz beth betty eliza lizzie", "eugene": "gene", "frances": "fran", "frederick": "fred freddie",
    "gregory": "greg", "henry": "hank harry", "jacob": "jake", "james": "jim jimmy", "jennifer": "jen jenny",
    "jessica": "jess jessie", "john": "jack johnny jon", "joseph": "joe joey", "joshua": "josh", "judith": "judy",
    "kenneth": "ken kenny", "lawrence": "larry", "leonard": "len lenny", "margaret": "maggie meg peggy", "matthew": "matt",
    "michael": "mike mick mickey", "nicholas": "nick", "pamela": "pam", "patricia": "patty trish", "patrick": "paddy",
    "peter": "pete", "philip": "phil phillip", "rebecca": "becky", "richard": "dick rick ricky",
    "robert": "bob bobby rob robbie", "ronald": "ron ronnie", "samantha": "sam", "stephen": "steve steven",
    "susan": "sue susie", "theresa": "terry tess", "thomas": "tom tommy", "timothy": "tim", "victoria": "vicky",
    "walter": "walt", "william": "bill billy will willie",
}  # fmt: skip
_STREETS = {
    "street": "st", "avenue": "ave", "boulevard": "blvd", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct",
    "place": "pl", "square": "sq", "highway": "hwy", "parkway": "pkwy", "terrace": "ter", "apartment": "apt", "suite": "ste",
    "north": "n", "south": "s", "east": "e", "west": "w",
}  # fmt: skip
_NOISE = (
    *("inc", "incorporated", "ltd", "limited", "llc", "llp", "lp", "plc", "co", "company", "corp", "corporation", "group"),
    *("holdings", "gmbh", "ag", "kg", "sa", "sas", "sarl", "srl", "spa", "bv", "nv", "oy", "ab", "as", "pty", "the"),
)


@dataclass(frozen=True, kw_only=True)
class Normalising:
    """Makes the expressions of one set of rules."""

    alias: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bypass: Mapping[str, Sequence[str]] = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)

    def expression(self, column: str, given: str, normalisations: Iterable[str]) -> str:
        """Return the SQL of a value as it is compared: null where it is empty, which matches nothing.

        `given` is the SQL of the value as it stands in the column.
        """
        wanted = frozenset(normalisations)
        text = f"cast({given} as string)"
        if "bypass" in wanted and self.bypass.get(column):
            dummies = ", ".join(literal(value.strip().lower()) for value in self.bypass[column])
            text = f"if(lower(trim({text})) in ({dummies}), null, {text})"
        if "alias" in wanted and self.alias.get(column):
            text = _mapped(text, self.alias[column])
        if "ascii" in wanted:
            text = _many(f"translate({text}, {literal(ONE[0])}, {literal(ONE[1])})", MANY)
        if "numerals" in wanted:
            one, many = _numerals()
            text = _many(f"translate({text}, {literal(one[0])}, {literal(one[1])})", many)
        if "phone" in wanted:
            digits = f"regexp_replace(regexp_replace({text}, '(?i)(ext|x|#).*$', ''), '[^0-9]', '')"
            text = f"trim(leading '0' from {digits})"
        if wanted & {"lower_case", "name", "address", "organization"}:
            text = f"lower({text})"
        if "name" in wanted:
            text = _mapped(
                f"trim({_without(text, _TITLES)})", {short: name for name, all_ in _NAMES.items() for short in all_.split()}
            )
        if "address" in wanted:
            for name, short in _STREETS.items():
                text = f"regexp_replace({text}, '\\\\b{name}\\\\b', '{short}')"
        if "organization" in wanted:
            text = f"trim({_without(text, _NOISE)})"
        if "symbols" in wanted:
            text = f"translate({text}, {literal(_SYMBOLS + ' ' * self.switches.space_is_symbol)}, '')"
        if "whitespace" in wanted:
            text = f"regexp_replace({text}, '\\\\s+', '')"
        return f"nullif({text}, '')"


def _without(text: str, words: Iterable[str]) -> str:
    return f"regexp_replace({text}, '\\\\b({'|'.join(words)})\\\\b\\\\.?', '')"


def _mapped(text: str, values: Mapping[str, str]) -> str:
    cases = " ".join(f"when {literal(written)} then {literal(meant)}" for written, meant in sorted(values.items()))
    return f"case {text} {cases} else {text} end"


def _many(text: str, values: Mapping[str, str]) -> str:
    for written, meant in values.items():
        text = f"replace({text}, {literal(written)}, {literal(meant)})"
    return text


@cache
def _numerals() -> tuple[tuple[str, str], dict[str, str]]:
    """Return what Unicode counts as a whole number: characters of one digit, and those of several."""
    one: dict[str, str] = {}
    many: dict[str, str] = {}
    for code in range(0x80, 0x10000):
        sign = chr(code)
        if unicodedata.category(sign) in {"Nd", "Nl", "No"} and (number := unicodedata.numeric(sign)).is_integer():
            digits = str(int(number))
            (one if len(digits) == 1 else many)[sign] = digits
    return ("".join(one), "".join(one.values())), {
        sign: digits for sign, digits in many.items() if 0x2150 <= ord(sign) < 0x2500
    }
