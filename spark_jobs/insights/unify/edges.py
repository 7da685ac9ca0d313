"""Edges: pairs of rows that a rule joins, with the rule and its score.

Rules that compare the same columns exactly share one equi-join; what is fuzzy is looked at for the pairs of that join only. A
rule of exact conditions alone joins every row to the smallest of those that agree, not each to each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.insights.unify.conditions import every, holds, score, together

if TYPE_CHECKING:
    from spark_jobs.insights.rules.switches import Switches
    from spark_jobs.insights.rules.vocabulary import Condition, UnificationRule
    from spark_jobs.insights.unify.prepared import Prepared

Exact = tuple[tuple[str, str], ...]
"""Columns that are compared exactly, of the first and of the second table."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rules that compare the same columns exactly: the pairs that these let through are the candidates."""

    rules: tuple[UnificationRule, ...]
    exact: Exact
    places: tuple[int, ...]  # of the rules in their order


@dataclass(frozen=True, kw_only=True)
class BlockCount:
    """How much a block has to compare."""

    rules: tuple[str, ...]
    columns: tuple[str, ...]
    candidates: int  # pairs
    largest: int  # rows that share a value


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """Rows of `first` compared with those of `second`: the same table when it is deduplicated."""

    first: Prepared
    second: Prepared
    switches: Switches
    pairwise: bool = False  # whether each pair counts by itself, so that none may stand for others

    @property
    def within(self) -> bool:
        """Whether a table is compared with itself."""
        return self.first is self.second

    def columns(self, condition: Condition) -> tuple[str, str]:
        """Return what a condition compares, as SQL over a pair of rows (`a`, `b`)."""
        one = self.first.column(condition.other, condition)
        return f"a.{one}", f"b.{self.second.column(condition.column, condition)}"

    def rule_holds(self, rule: UnificationRule, *, but: Exact = ()) -> str:
        """Return the SQL that says whether a rule joins a pair, without the conditions that a join has looked at."""
        left = [one for one in rule.conditions if one.percent < 100 or self.columns(one) not in but]
        told = [holds(one.percent, *self.columns(one), self.switches) for one in left]
        told += [f"not coalesce({holds(one.percent, *self.columns(one), self.switches)}, false)" for one in rule.exceptions]
        return every(told)

    def rule_score(self, rule: UnificationRule) -> str:
        """Return the SQL of the score of a rule."""
        told = [score(one.percent, *self.columns(one), self.switches) for one in rule.conditions if one.percent < 100]
        return together(told or ["100"], self.switches)

    def blocks(self, rules: Sequence[UnificationRule]) -> list[Block]:
        """Return the rules by what they compare exactly."""
        found: dict[Exact, list[int]] = {}
        for place, rule in enumerate(rules):
            exact = tuple(sorted({self.columns(one) for one in rule.conditions if one.percent == 100}))
            found.setdefault(exact, []).append(place)
        return [
            Block(rules=tuple(rules[place] for place in places), exact=exact, places=tuple(places))
            for exact, places in found.items()
        ]

    def count(self, block: Block) -> dict[str, int]:
        """Return how many `candidates` a block has, and how many rows the `largest` of its values."""
        row = self._counted(block).first()
        return {name: int((row[name] if row else None) or 0) for name in ("candidates", "largest")}

    def edges(self, block: Block) -> DataFrame:
        """Return the edges of a block: `a`, `b`, `rule` (its place), `score`; within a table `a` is the smaller id."""
        if self.is_star(block):
            return self._star(block)
        one, other = self.first.rows.alias("a"), self.second.rows.alias("b")
        on = [f"{left} = {right}" for left, right in block.exact]
        on += ["a.id < b.id"] if self.within else []
        told = [self.rule_holds(rule, but=block.exact) for rule in block.rules]
        pairs = one.join(other, F.expr(f"{every(on)} and ({' or '.join(f'({one})' for one in told)})"))
        hits = ", ".join(
            f"named_struct('rule', {place}, 'score', if({condition}, {self.rule_score(rule)}, null))"
            for place, rule, condition in zip(block.places, block.rules, told, strict=True)
        )
        found = pairs.selectExpr(
            "a.id as a", "b.id as b", f"explode(filter(array({hits}), one -> one.score is not null)) as hit"
        )
        return found.selectExpr("a", "b", "hit.rule as rule", "hit.score as score")

    def is_star(self, block: Block) -> bool:
        """Say whether rows may be joined to the smallest of those that agree: nothing is looked at pair by pair."""
        return (
            self.within
            and not self.pairwise
            and all(not rule.exceptions and all(one.percent == 100 for one in rule.conditions) for rule in block.rules)
        )

    def _star(self, block: Block) -> DataFrame:
        columns = [left.removeprefix("a.") for left, _ in block.exact]
        whole = self.first.rows.where(" and ".join(f"{name} is not null" for name in columns))
        smallest = f"min(id) over (partition by {', '.join(columns)})"
        places = ", ".join(str(place) for place in block.places)
        return whole.selectExpr(f"{smallest} as a", "id as b", f"explode(array({places})) as rule", "100 as score").where(
            "a <> b"
        )

    def _counted(self, block: Block) -> DataFrame:
        def sizes(rows: DataFrame, columns: Iterable[str], name: str) -> DataFrame:
            named = [f"{column[2:]} as k{at}" for at, column in enumerate(columns)] or ["1 as k0"]
            keys = [f"k{at}" for at in range(len(named))]
            kept = rows.selectExpr(*named).where(" and ".join(f"{key} is not null" for key in keys))
            return kept.groupBy(*keys).agg(F.count("*").alias(name))

        one = sizes(self.first.rows, (left for left, _ in block.exact), "n")
        if self.within:
            return one.selectExpr("sum(n * (n - 1) div 2) as candidates", "max(n) as largest")
        other = sizes(self.second.rows, (right for _, right in block.exact), "m")
        both = one.join(other, [name for name in one.columns if name != "n"])
        return both.selectExpr("sum(n * m) as candidates", "max(greatest(n, m)) as largest")

    def named(self, block: Block) -> Iterator[str]:
        """Yield the columns that a block compares exactly."""
        names = {name: column for (column, _), name in self.first.names.items()}
        for left, _ in block.exact:
            yield names[left.removeprefix("a.")]
