"""The rules on each set: precision, recall and wrong clusters after closure; accidents as forecast and as observed."""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.febrl.sets import MADE, SETS, TOGETHER, files, person
from spark_jobs.insights.intermediate import Intermediate
from spark_jobs.insights.judge.forecast import RuleForecast, forecast
from spark_jobs.insights.preview import Given, PreviewBuild, Unification
from spark_jobs.insights.rules.reading import open_rules, read_rules
from spark_jobs.insights.rules.switches import Switches
from spark_jobs.insights.rules.vocabulary import InsightsRules
from spark_jobs.lake import Lake

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RULES = Path(__file__).with_name("rules.toml")
#: Pairs that a forecast looks at; the largest set has 50 million.
PAIRS = 12_500_000
#: Rules of which nobody would take all: the looser, the more accidents there are to be foreseen. Each line is one set of rules.
LOOSE = (
    ("date_of_birth surname:60",),
    ("date_of_birth given_name:60",),
    ("date_of_birth suburb:60",),
    ("date_of_birth postcode:60",),
    ("surname suburb:80",),
    ("surname postcode:80",),
    ("given_name postcode:80",),
    ("date_of_birth surname:60", "surname address_1:80", "postcode date_of_birth:75"),
    ("street_number surname:80 given_name:80", "suburb surname:80", "postcode surname given_name:60"),
    ("surname date_of_birth:60", "given_name suburb:80"),
)


@dataclass(frozen=True, kw_only=True)
class Score:
    """How well a set is unified; pairs are those of records of one profile, joined directly or through others."""

    precision: float
    recall: float
    wrong: int  # clusters that hold records of several people

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.precision * self.recall / (self.precision + self.recall)


def score(profiles: Mapping[str, Any]) -> Score:
    """Score the profile that each record is in."""
    people = {key: person(key) for key in profiles}
    both = _pairs_within([(profiles[key], people[key]) for key in profiles])
    within: dict[Any, set[str]] = {}
    for key, profile in profiles.items():
        within.setdefault(profile, set()).add(people[key])
    return Score(
        precision=both / max(1, _pairs_within(list(profiles.values()))),
        recall=both / _pairs_within(list(people.values())),
        wrong=sum(len(found) > 1 for found in within.values()),
    )


def unified(spark: "SparkSession", folder: Path, rules: InsightsRules, tables: dict[str, Any], version: str) -> Unification:
    """Unify tables, with stages in a folder."""
    stages = Intermediate(spark, Lake(spark, f"{folder}/{{container}}"), "stages")
    return PreviewBuild(spark=spark, stages=stages, rules=rules).unify(Given(tables=tables, version=version))


def qualities(spark: "SparkSession") -> Iterator[tuple[str, Score, float]]:
    """Yield each set, how well it is unified, and the seconds that it took."""
    rules = open_rules(RULES)
    for name in SETS:
        with tempfile.TemporaryDirectory() as folder:
            started = time.perf_counter()
            made = unified(spark, Path(folder), rules, {"febrl": _rows(spark, name)}, name)
            told = {row["key"]: row["profile"] for row in made.matched.members.select("key", "profile").collect()}
            yield name, score(told), time.perf_counter() - started


def foreseen(spark: "SparkSession", name: str) -> Iterator[tuple[str, float, int, float]]:
    """Yield loose rules, the accidents forecast for them, those observed, and the share of these that is of flagged rules."""
    # What tells who is who better than anything that is compared is left out.
    rows = _rows(spark, name).drop("soc_sec_id", *MADE).cache()
    with tempfile.TemporaryDirectory() as folder:
        for listed in LOOSE:
            rules = _loose(listed)
            made = unified(spark, Path(folder), rules, {"febrl": rows}, name)
            told = forecast(rules, made.grouped, made.matched.members, Switches(), pairs=PAIRS)
            observed, flagged = _observed(made, told)
            share = flagged / observed if observed else 1.0
            yield "; ".join(listed), sum(one.accidents or 0 for one in told), observed, share


def _observed(made: Unification, told: Sequence[RuleForecast]) -> tuple[int, int]:
    """Return how many pairs of different people the rules joined, and how many of these are of rules that were flagged."""
    keys = made.matched.members.select("id", "key")
    edges = made.grouped[0].joined.edges
    pairs = edges.join(keys.selectExpr("id as a", "key as one"), "a").join(keys.selectExpr("id as b", "key as other"), "b")
    wrong: dict[tuple[str, str], set[int]] = {}
    for row in pairs.select("one", "other", "rule").collect():
        if person(row["one"]) != person(row["other"]):
            wrong.setdefault((row["one"], row["other"]), set()).add(row["rule"])
    flagged = {place for place, one in enumerate(told) if one.flagged}
    return len(wrong), sum(bool(places & flagged) for places in wrong.values())


def _rows(spark: "SparkSession", name: str) -> Any:
    options = {"header": True, "ignoreLeadingWhiteSpace": True, "ignoreTrailingWhiteSpace": True}
    rows = spark.read.csv(files(name), **options)  # type: ignore[arg-type] # what these are to Spark
    return rows.selectExpr("*", *(f"{text} as {made}" for made, text in MADE.items()))


def _loose(listed: Sequence[str]) -> InsightsRules:
    """Return rules of lines such as `surname suburb:80`."""
    made = ['[[tables]]\nname = "febrl"\nkey = "rec_id"\n']
    for line in listed:
        conditions = []
        for one in line.split():
            column, _, precision = one.partition(":")
            conditions.append(f'{{ column = "{column}", precision = {precision or 100} }}')
        made.append(f'[[tables.deduplication.rules]]\nname = "{line}"\nconditions = [{", ".join(conditions)}]\n')
    together = [list(columns) for columns in TOGETHER]
    made.append(f"[guards]\ncandidates = 1_000_000_000\n[forecast]\ndependent = {json.dumps(together)}\n")
    return read_rules("\n".join(made))


def _pairs_within(groups: Sequence[Any]) -> int:
    return sum(size * (size - 1) // 2 for size in Counter(groups).values())
