"""`python -m benchmarks.febrl`: choose the rules of `rules.toml` on febrl1 and febrl2, and on nothing else.

The two sets that the rules are judged by, febrl3 and febrl4, share no person with these and are never read here. Of all rules
of two to four conditions, twelve are taken that together find most pairs of one person, as long as each is expected to join
next to no pair by accident. How many accidents that is, begins at one tenth among 10,000 rows for all rules together, and is
doubled until 98.5 of 100 pairs are found.
"""

import argparse
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import duckdb
import numpy as np

from benchmarks.febrl.sets import COLUMNS, TOGETHER, read

#: The least per cents of alikeness, of level 1 on: of a date of eight digits, 85 is one slip and 75 are two digits swapped.
LEVELS = (40, 60, 75, 85, 100)
RULES = 12
#: The share of the pairs of one person that the rules have to find.
WANTED = 0.985
#: Pairs that all rules together may be expected to join by accident among `ROWS` rows, to begin with.
ACCIDENTS = 0.1
ROWS = 10_000
Rule = tuple[int, ...]
"""The level of each column, 0 where it is not compared."""


def compared(name: str) -> tuple[Any, Any]:
    """Return how alike all pairs of a set are, as one number of base 4 each: of pairs of one person, and of all others."""
    base = len(LEVELS) + 1
    levels = []
    for place, column in enumerate(COLUMNS):
        longer = f"greatest(length(a.{column}), length(b.{column}))"
        cases = " + ".join(
            f"(100 * ({longer} - levenshtein(a.{column}, b.{column})) >= {level} * {longer})::bigint" for level in LEVELS
        )
        levels.append(f"coalesce({cases}, 0) * {base**place}")
    query = f"""
        with people as ({read(name)})
        select a.person = b.person as same, {" + ".join(levels)} as code
        from people a join people b on a.rec_id < b.rec_id
    """  # noqa: S608 - names of our own
    told = duckdb.connect(config={"threads": 2}).execute(query).fetchnumpy()
    return told["code"][told["same"]], told["code"][~told["same"]]


def at_least(codes: Any) -> Any:
    """Count codes by their level of each column, and then those that reach it: an axis for each column."""
    base = len(LEVELS) + 1
    counts = np.bincount(codes, minlength=base ** len(COLUMNS)).reshape((base,) * len(COLUMNS)).transpose()
    for axis in range(counts.ndim):
        counts = np.flip(np.flip(counts, axis).cumsum(axis), axis)
    return counts


def possible() -> Iterator[Rule]:
    """Yield all rules of two to four conditions, one of which at least is exact, as Customer Insights wants it."""
    for size in (2, 3, 4):
        for places in combinations(range(len(COLUMNS)), size):
            for levels in product(range(1, len(LEVELS) + 1), repeat=size):
                if len(LEVELS) in levels:
                    rule = [0] * len(COLUMNS)
                    for place, level in zip(places, levels, strict=True):
                        rule[place] = level
                    yield tuple(rule)


def accidents(rule: Rule, counts: Any, pairs: int) -> float:
    """Return the pairs of different people that a rule is expected to join: what depends on each other, measured together.

    What was never seen counts as seen once.
    """
    share, place = 1.0, 0
    for columns in TOGETHER:
        own = rule[place : place + len(columns)]
        if any(own):
            index = [0] * len(COLUMNS)
            index[place : place + len(columns)] = own
            share *= (int(counts[tuple(index)]) + 1) / pairs
        place += len(columns)
    return share * ROWS * (ROWS - 1) / 2


def choose() -> tuple[list[tuple[Rule, float]], float]:
    """Return the rules with the accidents expected of each, and the share of the pairs of one person that they find."""
    told = [compared(name) for name in ("febrl1", "febrl2")]
    same, other = (np.concatenate(codes) for codes in zip(*told, strict=True))
    counts = at_least(other)
    base = len(LEVELS) + 1
    levels = np.stack([same // base**place % base for place in range(len(COLUMNS))]).astype(np.int8)
    priced = [(rule, accidents(rule, counts, len(other))) for rule in possible()]
    most = ACCIDENTS
    while True:
        few = [(rule, amount) for rule, amount in priced if amount <= most / RULES]
        finds = np.array([(levels >= np.array(rule)[:, None]).all(axis=0) for rule, _ in few]).astype(np.float32)
        taken = best(finds, np.array([amount for _, amount in few]))
        found = float(finds[taken].max(axis=0).mean())
        if found >= WANTED:
            return [few[one] for one in taken], found
        most *= 2


def best(finds: Any, amounts: Any) -> list[int]:
    """Return the rules that together find most: each in turn what finds most beside the others, until none can be bettered."""

    def beside(taken: list[int]) -> int:
        left = 1 - finds[taken].max(axis=0, initial=0)
        gains = finds @ left
        most = np.flatnonzero(gains == gains.max())
        return int(most[np.argmin(amounts[most])])

    taken: list[int] = []
    for _ in range(RULES):
        taken.append(beside(taken))
    before = -1.0
    while (now := float(finds[taken].max(axis=0).sum())) > before:
        before = now
        for place in range(RULES):
            taken[place] = beside(taken[:place] + taken[place + 1 :])
    return taken


def spelled(rule: Rule) -> str:
    """Write a rule as `insights.toml` has it."""
    told = [(column, LEVELS[level - 1]) for column, level in zip(COLUMNS, rule, strict=True) if level]
    name = ", ".join(column.replace("_", " ") + ("" if level == 100 else f" {level}") for column, level in told)
    precision = {level: "" if level == 100 else f", precision = {level}" for level in LEVELS}
    conditions = [f'  {{ column = "{column}"{precision[level]} }},' for column, level in told]
    return "\n".join(["[[tables.deduplication.rules]]", f'name = "{name}"', "conditions = [", *conditions, "]", ""])


def main() -> None:
    """Run the command line."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    rules, found = choose()
    expected = sum(amount for _, amount in rules)
    print(f"# {100 * found:.1f} of 100 pairs are found, {expected:.2f} accidents expected among {ROWS:,} rows\n")
    print("\n".join(spelled(rule) for rule, _ in rules), end="")


if __name__ == "__main__":
    main()
