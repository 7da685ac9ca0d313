"""Groups of rows that edges join, directly or through others: each row gets the smallest id of its group.

Few edges are joined on the driver. Many are joined in Spark by large stars and small stars in turn (Kiveris and others,
"Connected Components in MapReduce and Beyond", 2014): each round writes a table, since serverless compute keeps none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

#: Edges that the driver joins: some megabytes, where a round in Spark costs seconds.
FEW = 50_000
Keep = Callable[[str, "DataFrame"], "DataFrame"]
"""Writes a table under a name and returns it as it is read back."""


def components(spark: SparkSession, edges: DataFrame, keep: Keep, *, few: int = FEW) -> DataFrame:
    """Return `id`, `root` of every id that an edge (`a`, `b`) names."""
    pairs = edges.select("a", "b").where("a <> b").limit(few + 1).collect()
    if len(pairs) <= few:
        found = joined((row["a"], row["b"]) for row in pairs)
        return spark.createDataFrame(sorted(found.items()), "id bigint, root bigint")
    return _stars(edges.select("a", "b").where("a <> b").distinct(), keep)


def joined(pairs: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Return the smallest member of the group of each id that a pair names."""
    above: dict[int, int] = {}

    def root(one: int) -> int:
        top = one
        while above.setdefault(top, top) != top:
            top = above[top]
        while above[one] != top:
            above[one], one = top, above[one]
        return top

    for one, other in pairs:
        low, high = sorted((root(one), root(other)))
        above[high] = low
    return {one: root(one) for one in above}


def _stars(edges: DataFrame, keep: Keep) -> DataFrame:
    # Always from a row (`a`) to a smaller one (`b`); at the end, to the smallest of its group.
    edges = keep("edges-0", edges.selectExpr("greatest(a, b) as a", "least(a, b) as b").distinct())
    before, number = _seen(edges), 0
    while True:
        number += 1
        edges = keep(f"edges-{number}", _small_star(_large_star(edges)))
        now = _seen(edges)
        if now == before:
            return edges.selectExpr("a as id", "b as root").unionByName(edges.selectExpr("b as id", "b as root").distinct())
        before = now


def _large_star(edges: DataFrame) -> DataFrame:
    """Join every larger neighbour of a row to the smallest one around it, itself included."""
    both = edges.unionByName(edges.selectExpr("b as a", "a as b"))
    smallest = both.groupBy("a").agg(F.least(F.min("b"), F.first("a")).alias("least"))
    return both.join(smallest, "a").where("b > a").selectExpr("b as a", "least as b").distinct()


def _small_star(edges: DataFrame) -> DataFrame:
    """Join a row and its smaller neighbours to the smallest of them."""
    smallest = edges.groupBy("a").agg(F.min("b").alias("least"))
    others = edges.join(smallest, "a").where("b <> least").selectExpr("b as a", "least as b")
    return others.unionByName(smallest.selectExpr("a", "least as b")).distinct()


def _seen(edges: DataFrame) -> tuple[int, int]:
    row = edges.selectExpr("count(*) as edges", "coalesce(bit_xor(xxhash64(a, b)), 0) as sum").first()
    return (int(row["edges"]), int(row["sum"])) if row else (0, 0)
