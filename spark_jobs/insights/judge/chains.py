"""Why two rows are one profile: the chain of pairs between them that holds best, and its weakest link."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Node = tuple[str, str]
"""Table and key of a row."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """Two rows that rules joined."""

    one: Node
    other: Node
    rules: tuple[str, ...]
    score: int  # per cent; the best of its rules


@dataclass(frozen=True, kw_only=True)
class Chain:
    """How two rows came together."""

    links: tuple[Link, ...]

    @property
    def weakest(self) -> Link | None:
        """The link with the lowest score; of several the one with fewer rules."""
        return min(self.links, key=lambda link: (link.score, len(link.rules)), default=None)


def links(tables: Mapping[str, DataFrame], customer: str) -> list[Link]:
    """Return the pairs that were joined within one profile."""
    edges, state = tables["Edges"], tables["Identity"].where(f"CustomerId = '{customer}'")
    own = edges.join(state.selectExpr("`Table` as Table1", "Key as Key1"), ["Table1", "Key1"], "left_semi")
    found: dict[tuple[Node, Node], dict[str, int]] = {}
    for row in own.collect():
        pair = ((row["Table1"], row["Key1"]), (row["Table2"], row["Key2"]))
        rules = found.setdefault(pair, {})
        rules[row["Rule"]] = max(rules.get(row["Rule"], 0), int(row["Score"]))
    return [
        Link(one=one, other=other, rules=tuple(sorted(rules)), score=max(rules.values()))
        for (one, other), rules in sorted(found.items())
    ]


def chain(joined: Iterable[Link], start: Node, end: Node) -> Chain | None:
    """Return the chain between two rows whose weakest link is strongest, the shortest of these; None where there is none."""
    around: dict[Node, list[Link]] = {}
    for link in joined:
        around.setdefault(link.one, []).append(link)
        around.setdefault(link.other, []).append(link)
    waiting: list[tuple[int, int, Node]] = [(-100, 0, start)]
    ways: dict[Node, tuple[tuple[int, int], tuple[Link, ...]]] = {start: ((-100, 0), ())}
    seen: set[Node] = set()
    while waiting:
        weakest, length, node = heapq.heappop(waiting)
        if node == end:
            return Chain(links=ways[node][1])
        if node in seen:
            continue
        seen.add(node)
        for link in around.get(node, ()):
            other = link.other if link.one == node else link.one
            cost = (max(weakest, -link.score), length + 1)
            if other not in seen and (other not in ways or cost < ways[other][0]):
                ways[other] = (cost, (*ways[node][1], link))
                heapq.heappush(waiting, (*cost, other))
    return None
