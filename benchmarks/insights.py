"""`python -m benchmarks.insights`: unification on FEBRL (quality, Splink beside it, forecast) and on made profiles (time).

Prints tables in Markdown, all or `--only` some: `quality`, `accidents`, `scale`. DuckDB compares made profiles by SQL of its
own, and is the oracle of what is one.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.febrl.beside import best_of_splink
from benchmarks.febrl.quality import foreseen, qualities, unified
from benchmarks.peers.session import session
from spark_jobs.insights.judge.changes import profile_changes
from spark_jobs.insights.rules.reading import read_rules
from spark_jobs.insights.rules.vocabulary import InsightsRules
from spark_jobs.insights.unify.components import joined

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Made profiles: names, streets and birth dates repeat as those of people do; every fifth is the one before, written otherwise.
MADE = """
select i::varchar as id, first, last, born, street, city, mail, phone
from (
  select
    i,
    'first' || (hash(p * 7 + 1) % 2000) as first,
    'last' || (hash(p * 7 + 2) % 20000) || chr((97 + typo)::int) as last,
    (date '1940-01-01' + (hash(p * 7 + 3) % 20000)::int)::varchar as born,
    (hash(p * 7 + 4) % 900) || ' street ' || (hash(p * 7 + 5) % 5000) as street,
    'city' || (hash(p * 7 + 6) % 3000) as city,
    'm' || p || '@example.com' as mail,
    (hash(i * 7 + 5) % 100000000)::varchar as phone
  from (select i, i - (i % 5 = 4)::int as p, (hash(i) % 3) * (i % 5 = 4)::int as typo from range({rows}) r(i))
)"""
RULES = """
[[tables]]
name = "person"
key = "id"

[[tables.deduplication.rules]]
name = "Mail and birth date"
conditions = [{ column = "mail" }, { column = "born" }, { column = "first", precision = 80 }]

[[tables.deduplication.rules]]
name = "Birth date, names"
conditions = [{ column = "born" }, { column = "first" }, { column = "last", precision = 90 }]

[[tables.deduplication.rules]]
name = "City, names"
conditions = [{ column = "city" }, { column = "last", precision = 85 }, { column = "first", precision = 90 }]

[[tables.deduplication.rules]]
name = "Birth date, street"
conditions = [{ column = "born" }, { column = "street", precision = 85 }]

[[tables.deduplication.rules]]
name = "Phone, first name"
conditions = [{ column = "phone" }, { column = "first" }]

[guards]
candidates = 1_000_000_000
"""


def quality(spark: "SparkSession") -> Iterator[str]:
    """Yield a row for each set: what the rules make of it, and what Splink does."""
    splink = {name: (told, seconds) for name, told, seconds in best_of_splink()}
    for name, told, seconds in qualities(spark):
        other, others = splink[name]
        yield (
            f"| {name} | {told.precision:.4f} | {told.recall:.4f} | {told.f1:.4f} | {told.wrong} | {seconds:.0f} s "
            f"| {other.f1:.4f} | {other.wrong} | {others:.0f} s |"
        )


def accidents(spark: "SparkSession", name: str) -> Iterator[str]:
    """Yield a row for each set of loose rules: accidents forecast and observed, and whether they are near enough."""
    for rules, expected, observed, flagged in foreseen(spark, name):
        near = 0.5 * observed - 5 <= expected <= 2 * observed + 5
        yield f"| {rules} | {expected:.1f} | {observed:,} | {100 * flagged:.0f} % | {'yes' if near else 'no'} |"


def scale(spark: "SparkSession", rows: int) -> Iterator[str]:
    """Yield the rows about time: a unification, DuckDB's, and one with a changed rule on the stages of the first."""
    import duckdb

    rules = read_rules(RULES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        connection = duckdb.connect(config={"threads": 2})
        connection.execute(f"copy ({MADE.format(rows=rows)}) to '{folder}/person.parquet' (format parquet)")
        tables = {"person": spark.read.parquet(f"{folder}/person.parquet")}
        started, burnt = time.perf_counter(), cpu_seconds()
        made = unified(spark, folder, rules, tables, "1")
        ours = made.matched.members.select("profile").distinct().count()
        first, work = time.perf_counter() - started, cpu_seconds() - burnt
        candidates = sum(count.candidates for count in made.matched.counts)
        started = time.perf_counter()
        theirs = oracle(connection, folder / "person.parquet", rules)
        quack = time.perf_counter() - started
        made.matched.members.selectExpr("cast(key as bigint) as id", "profile").write.parquet(f"{folder}/ours")
        assert same(connection, f"{folder}/ours/*.parquet", theirs, rows), "the clusters are not DuckDB's"
        started = time.perf_counter()
        changed = unified(spark, folder, read_rules(changed_rule()), tables, "1")
        profile_changes(made.matched.members, changed.matched.members)
        again = time.perf_counter() - started
    yield (
        f"| {rows:,} profiles, {candidates:,} candidates, s | {first:.0f} | {quack:.0f} (DuckDB) | the same {ours:,} clusters |"
    )
    yield f"| seconds of a core for that | {work:.0f} | | |"
    yield f"| what one changed rule changes, s | {again:.0f} | {first:.0f} (all of it) | {again / first:.2f} x |"


def changed_rule() -> str:
    """Return the rules with another per cent in the second one."""
    return RULES.replace('{ column = "last", precision = 90 }', '{ column = "last", precision = 88 }', 1)


def same(connection: Any, ours: str, theirs: dict[int, int], rows: int) -> bool:
    """Say whether both have the same clusters, whatever they call them."""
    import pyarrow as pa

    table = pa.table({"id": list(theirs), "root": list(theirs.values())})
    connection.register("theirs", table)
    query = f"""
        with paired as (
          select profile, coalesce(root, id) as root from read_parquet('{ours}') left join theirs using (id)
        )
        select count(*), count(distinct profile), count(distinct root), count(distinct (profile, root)) from paired
    """  # noqa: S608 - a folder of our own
    many, mine, others, pairs = connection.execute(query).fetchone()
    return bool(many == rows and mine == others == pairs)


def cpu_seconds() -> int:
    """Return the seconds of a core that the processes of this group have used, Spark's among them."""
    listed = subprocess.run(["ps", "-eo", "pgid=,cputimes="], capture_output=True, text=True, check=True).stdout.splitlines()
    return sum(int(used) for group, used in map(str.split, listed) if int(group) == os.getpgrp())


def oracle(connection: Any, place: Path, rules: InsightsRules) -> dict[int, int]:
    """Return the smallest member of the cluster of each profile that has duplicates, by SQL of DuckDB's own."""
    pairs: list[tuple[int, int]] = []
    for rule in rules.tables[0].deduplication.rules:
        told = []
        for one in rule.conditions:
            base = f"greatest(length(a.{one.column}), length(b.{one.column}))"
            near = f"100 * ({base} - levenshtein(a.{one.column}, b.{one.column})) >= {one.percent} * {base}"
            told.append(f"a.{one.column} = b.{one.column}" if one.percent == 100 else near)
        where = " and ".join(told)
        both = f"'{place}' a join '{place}' b on a.id < b.id"
        query = f"select a.id::bigint, b.id::bigint from {both} and {where}"  # noqa: S608 - names of our own
        pairs += connection.execute(query).fetchall()
    return joined(pairs)


def tables(spark: "SparkSession", rows: int) -> dict[str, tuple[str, Callable[[], Iterator[str]]]]:
    """Return the parts by name: the head of the table, and what yields its rows."""
    heads = {
        "quality": "| set | precision | recall | F1 | wrong clusters | time | Splink: best F1 | wrong clusters | time |",
        "accidents": "| rules on febrl4 | accidents forecast | observed | of flagged rules | within 0.5 to 2 times, ± 5 |",
        "scale": "| measure | ours | the alternative | |",
    }
    makes: dict[str, Callable[[], Iterator[str]]] = {
        "quality": lambda: quality(spark),
        "accidents": lambda: accidents(spark, "febrl4"),
        "scale": lambda: scale(spark, rows),
    }
    return {name: (f"{head}\n|{' --- |' * (head.count('|') - 1)}", makes[name]) for name, head in heads.items()}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="unification: quality on FEBRL, time on made profiles")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", choices=("quality", "accidents", "scale"), help="these tables; left out: all")
    options = parser.parse_args()
    spark = session()
    for name, (head, rows) in tables(spark, options.rows).items():
        if options.only is None or name in options.only:
            print(f"\n{head}")
            for row in rows():
                print(row, flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
