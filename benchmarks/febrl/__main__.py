"""`python -m benchmarks.febrl > benchmarks/febrl/rules.toml`: choose the rules on febrl1 and febrl2, and on nothing else.

The two sets that the rules are judged by, febrl3 and febrl4, share no person with these and are never read here. A rule
compares one column exactly, the whole record, and up to two columns more. It may be chosen where no two of 20,000 people made
up (`alike`) would be joined by it even if the record had to be one level less alike; of these rules, twelve are taken that
together find most duplicates, and most of them more than once.
"""

import argparse
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.febrl.alike import LEVELS, Levels, accidents, found, names_of

RULES = 12
PEOPLE = 20_000
#: What the second finding of a pair counts beside the first one.
_AGAIN = np.float32(0.1)
#: Of all columns besides the record.
_COLUMNS = tuple(column for column in LEVELS if column != "record")
Rule = tuple[tuple[str, int], ...]
"""Columns, each with the level that it has to reach."""
_HEAD = """#:schema ../../insights.schema.json

# Rules for the FEBRL sets, as `python -m benchmarks.febrl` chose them on febrl1 and febrl2; the social-security number is left
# out. The columns names, addresses and record are made of the others (`sets.py`), as a model of gold would make them.

[[tables]]
name = "febrl"
key = "rec_id"
"""
_TAIL = """
[guards]
candidates = 1_000_000_000
"""


class Reached:
    """Which pairs reach a level of a column, packed."""

    def __init__(self, levels: Levels) -> None:
        self._packed = {
            (column, level): np.packbits(levels[column] >= level)
            for column in LEVELS
            for level in range(1, len(LEVELS[column]) + 1)
        }

    def __call__(self, rule: Rule) -> Any:
        """Return the pairs that a rule joins."""
        return np.bitwise_and.reduce([self._packed[one] for one in rule])


def count(pairs: Any) -> int:
    """Count pairs."""
    return int(np.bitwise_count(pairs).sum())


def harmless(joined: Reached) -> Iterator[Rule]:
    """Yield the rules that join no pair of `joined`, a level of the record less included: the loosest, none within another."""
    for exact in _COLUMNS:
        loosest: list[dict[str, int]] = []
        for rule in _harmless(joined, exact):
            levels = dict(rule)
            if not any(all(levels.get(column, 0) >= level for column, level in other.items()) for other in loosest):
                loosest.append(levels)
                yield rule


def _harmless(joined: Reached, exact: str) -> Iterator[Rule]:
    top = {column: len(LEVELS[column]) for column in _COLUMNS}
    others = [column for column in _COLUMNS if column != exact]

    def least(rule: Rule, column: str, below: int) -> int | None:
        """Return the lowest level of one more column with which a rule joins nothing."""
        return next((level for level in range(1, below) if not count(joined((*rule, (column, level))))), None)

    for record in range(2, len(LEVELS["record"]) + 1):
        base: Rule = ((exact, top[exact]), ("record", record))
        less: Rule = ((exact, top[exact]), ("record", record - 1))
        if not count(joined(less)):
            yield base
            return  # alike more is only less
        alone = {column: least(less, column, top[column] + 1) for column in others}
        yield from ((*base, (column, level)) for column, level in alone.items() if level is not None)
        for one, other in combinations(others, 2):
            for level in range(1, alone[one] or top[one] + 1):
                found_at = least((*less, (one, level)), other, alone[other] or top[other] + 1)
                if found_at is not None:
                    yield (*base, (one, level), (other, found_at))


def best(rules: list[Rule], joined: Reached, pairs: int) -> list[Rule]:
    """Return the rules that together find most: each in turn what finds most beside the others, until none can be bettered.

    What is found again counts again, but a tenth each time: other duplicates have a slip more, and one rule then still holds.
    """
    finds = np.array([np.unpackbits(joined(rule))[:pairs] for rule in rules]).astype(np.float32)
    # Of equal ones that with fewer conditions, and then that which finds most by itself.
    ties = finds.mean(axis=1) / 100 - np.array([len(rule) for rule in rules]) / 100

    def beside(taken: list[int]) -> int:
        worth = finds @ _AGAIN ** finds[taken].sum(axis=0) + ties
        worth[taken] = -1
        return int(np.argmax(worth))

    taken: list[int] = []
    for _ in range(RULES):
        taken.append(beside(taken))
    before = -1.0
    while (now := float((1 - _AGAIN ** finds[taken].sum(axis=0)).sum())) > before + 1e-6:
        before = now
        for place in range(RULES):
            taken[place] = beside(taken[:place] + taken[place + 1 :])
    return [rules[place] for place in taken]


def spelled(rule: Rule) -> str:
    """Write a rule as `insights.toml` has it."""
    told = [(column, LEVELS[column][level - 1]) for column, level in rule]
    conditions = [f'  {{ column = "{column}"{"" if least == 100 else f", precision = {least}"} }},' for column, least in told]
    name = ", ".join(names_of(rule))
    return "\n".join(["", "[[tables.deduplication.rules]]", f'name = "{name}"', "conditions = [", *conditions, "]", ""])


def main() -> None:
    """Run the command line."""
    argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0]).parse_args()
    pairs = found()
    rules = best(list(harmless(Reached(accidents(PEOPLE)))), Reached(pairs), len(pairs["record"]))
    print(_HEAD + "".join(spelled(rule) for rule in rules) + _TAIL, end="")


if __name__ == "__main__":
    main()
