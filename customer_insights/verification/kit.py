"""The calibration kit: rows that each undocumented behaviour treats one way or the other, in two tables of their own.

A handful of rows decides each switch of the preview (`spark_jobs/insights/rules/switches.py`). The rows of one question share
a value of `probe`, which every rule compares exactly, so that questions do not touch each other; each is asked several times,
with other texts. Nobody is in these rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from customer_insights.verification.membership import Member

FIRST, SECOND, KEY = "calibration_a", "calibration_b", "row"
RULES = "calibration.toml"
_TIMES = 4
_LETTERS = ("abcdefghij", "klmnopqrst", "uvwxyzabcd", "efghijklmn")  # ten, all different within each
_COLUMNS = (KEY, "probe", "measured", "symbols", "twin", "nearly", "one", "other", "street", "city")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an instance shows that behaves as a switch says."""

    value: str  # of the switch
    together: tuple[Member, ...] = ()  # rows of one profile
    apart: tuple[Member, ...] = ()  # of different ones
    winner: Member | None = None  # stands for its table in its profile
    shows: tuple[Member, str, str] | None = None  # a row, a column of its profile, and what is in it


@dataclass(frozen=True, kw_only=True)
class Question:
    """Rows that a switch makes a difference to, by table, and what each of its values would make of them."""

    switch: str
    answers: tuple[Answer, Answer]
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def questions() -> list[Question]:
    """Return all questions, each several times."""
    return [one for place in range(_TIMES) for one in _asked(place)]


def write(folder: Path) -> None:
    """Write both tables as CSV, and the rules that they are unified by."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in (FIRST, SECOND):
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as text:
            writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
            writer.writeheader()
            for question in questions():
                writer.writerows(question.rows.get(table, ()))
    (folder / RULES).write_text(_RULES, encoding="utf-8")


def _asked(place: int) -> Iterator[Question]:
    word = _LETTERS[place]
    start = 100 * (place + 1)

    def row(number: int, probe: str, key: str | None = None, **values: str) -> dict[str, str]:
        return {KEY: key or str(start + number), "probe": f"{probe}{place}", **values}

    def asked(
        switch: str, answers: tuple[Answer, Answer], first: list[dict[str, str]], second: list[dict[str, str]]
    ) -> Question:
        return Question(switch=switch, answers=answers, rows={FIRST: first, SECOND: second})

    # Ten letters and eight of them: the distance is 2, so 80 % of the longer one and 75 % of the shorter one; 78 are wanted.
    rows = [row(1, "base", measured=word), row(2, "base", measured=word[:8])]
    yield asked("score_base", _joined_or_not(rows, "longer", "shorter"), rows, [])
    rows = [row(3, "symbols", symbols=f"{word[:4]}-{word[4:]}"), row(4, "symbols", symbols=f"{word[:4]} {word[4:]}")]
    yield asked("space_is_symbol", _joined_or_not(rows, "True", "False"), rows, [])
    # As texts 9 is greater than 10, as numbers it is not.
    keys = f"{9 + 90 * place}", f"{10 ** (place + 2) + place}"
    rows = [row(5, "twin", keys[0], twin=word), row(6, "twin", keys[1], twin=word)]
    text, number = max(keys), max(keys, key=int)
    winners = Answer(value="as_text", winner=(FIRST, text)), Answer(value="as_number", winner=(FIRST, number))
    yield asked("keys_compare", winners, rows, [])
    # Both rows of the first table are one letter away, and two from each other.
    rows = [row(7, "nearly", nearly=f"1{word[1:]}"), row(8, "nearly", nearly=f"{word[:9]}2")]
    found = [row(7, "nearly", nearly=word)]
    yield asked("several_found", _either(rows, found[0], "smallest_key", "greatest_key"), rows, found)
    # 100 and 70 %, or 80 and 80 %: the lowest is higher in the second, the average in the first.
    rows = [
        row(9, "score", one=word, other=f"123{word[3:]}"),
        row(10, "score", one=f"45{word[2:]}", other=f"{word[:8]}67"),
    ]
    found = [row(9, "score", one=word, other=word)]
    yield asked("rule_score", _either(rows, found[0], "average", "lowest"), rows, found)
    half, whole = row(11, "group", nearly=word, city=f"first {word}"), row(11, "group", nearly=word, city=f"second {word}")
    whole["street"] = word
    shown = (FIRST, half[KEY])
    answers = (
        Answer(value="any", shows=(shown, "city", half["city"])),
        Answer(value="all", shows=(shown, "city", whole["city"])),
    )
    yield asked("group_needs", answers, [half], [whole])


def _joined_or_not(rows: list[dict[str, str]], joined: str, not_joined: str) -> tuple[Answer, Answer]:
    members = tuple((FIRST, row[KEY]) for row in rows)
    return Answer(value=joined, together=members), Answer(value=not_joined, apart=members)


def _either(rows: list[dict[str, str]], found: dict[str, str], first: str, second: str) -> tuple[Answer, Answer]:
    one, other = ((FIRST, row[KEY]) for row in rows)
    own = (SECOND, found[KEY])
    return (
        Answer(value=first, together=(one, own), apart=(one, other)),
        Answer(value=second, together=(other, own), apart=(one, other)),
    )


_RULES = f"""\
# The calibration kit's own rules: click them as `python -m spark_jobs.insights steps --rules {RULES}` lists them.

[[tables]]
name = "{FIRST}"
key = "{KEY}"

[[tables.deduplication.rules]]
name = "Measured"
conditions = [{{ column = "probe" }}, {{ column = "measured", precision = 78 }}]

[[tables.deduplication.rules]]
name = "Symbols"
conditions = [{{ column = "probe" }}, {{ column = "symbols", normalise = ["symbols"] }}]

[[tables.deduplication.rules]]
name = "Twin"
conditions = [{{ column = "probe" }}, {{ column = "twin" }}]

[[tables]]
name = "{SECOND}"
key = "{KEY}"

[[match]]
table = "{SECOND}"
to = "{FIRST}"

[[match.rules]]
name = "Nearly"
conditions = [{{ column = "probe" }}, {{ column = "nearly", precision = 85 }}]

[[match.rules]]
name = "Scored"
conditions = [{{ column = "probe" }}, {{ column = "one", precision = 80 }}, {{ column = "other", precision = 70 }}]

[[groups]]
name = "Place"
fields = ["street", "city"]
sources = ["{FIRST}", "{SECOND}"]
"""
