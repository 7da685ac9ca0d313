"""What a preview leaves in the lake: its tables, and a document that says what was found.

`pipeline/insights/previews/<run>/<table>/`, `pipeline/insights/preview.html` for people, and `pipeline/insights/preview.json`,
which names the newest whole preview and is written last; of one whose guards do not hold they are `refused`. Counts, rules,
switches: no values.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import Observation
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.places import INSIGHTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from shared.contracts.outcome import Finding
    from spark_jobs.insights.judge.changes import RulePairs
    from spark_jobs.insights.judge.forecast import RuleForecast
    from spark_jobs.insights.judge.guards import Sizes, Verdict
    from spark_jobs.insights.judge.risks import Enrichment, Risk
    from spark_jobs.insights.preview import Preview
    from spark_jobs.lake import Lake

PLACE = INSIGHTS


@dataclass(frozen=True, kw_only=True)
class Written:
    """A table of a preview as it is read back."""

    rows: DataFrame
    count: int


class Results:
    """The previews that are kept at a place."""

    def __init__(self, spark: SparkSession, lake: Lake, place: str = PLACE) -> None:
        self._spark = spark
        self._lake = lake
        self._place = place

    @property
    def stages(self) -> str:
        """Where intermediate tables lie."""
        return f"{self._place}/stages"

    def newest(self) -> dict[str, Any] | None:
        """Return the document of the newest whole preview."""
        found: dict[str, Any] | None = self._lake.read_json(f"{self._place}/preview.json")
        return found

    def refused(self) -> dict[str, Any] | None:
        """Return the document of the newest preview whose guards did not hold."""
        found: dict[str, Any] | None = self._lake.read_json(f"{self._place}/refused.json")
        return found

    def table(self, name: str, run: str | None = None) -> DataFrame:
        """Return a table of a preview, the newest unless told otherwise."""
        if run is None:
            found = self.newest()
            run = found["run"] if found else ""
        return self._spark.read.parquet(self._lake.path(f"{self._place}/previews/{run}/{name}"))

    def ids(self) -> DataFrame | None:
        """Return the ids of the newest preview, None before the first."""
        return None if self.newest() is None else self.table("Identity")

    def write(self, preview: Preview, run: str, *, small: bool = False) -> dict[str, Written]:
        """Write the tables of a preview, those of `small` ones as one file each, and return them as they are read back."""

        def one(table: tuple[str, DataFrame]) -> tuple[str, Written]:
            name, rows = table[0], table[1].coalesce(1) if small else table[1]
            path = self._lake.path(f"{self._place}/previews/{run}/{name}")
            observed = Observation()
            rows.observe(observed, F.count(F.lit(1)).alias("rows")).write.mode("overwrite").parquet(path)
            read = self._spark.read.schema(rows.schema).parquet(path)  # known, so that no file is opened for it
            told = observed.get  # a plan known to be empty tells nothing
            return name, Written(rows=read, count=int(told["rows"]) if told else read.count())

        with ThreadPoolExecutor(max_workers=4) as pool:
            return dict(pool.map(one, preview.tables.items()))

    def conclude(self, document: dict[str, Any], page: str, *, holds: bool) -> None:
        """Make a preview the newest, and delete those before the one that it replaces.

        One whose guards do not hold is kept as refused: nothing is published of it, so its ids are nobody's.
        """
        before = self.newest()
        name = "preview" if holds else "refused"
        self._lake.write_text(f"{self._place}/{name}.html", page)
        self._lake.write_json(f"{self._place}/{name}.json", document)
        kept = {document["run"], *(one["run"] for one in (before, self.refused()) if one is not None)}
        for run in self._lake.folders(f"{self._place}/previews"):
            if run not in kept:
                self._lake.delete(f"{self._place}/previews/{run}")


def document(
    *,
    run: str,
    made_of: str,
    counts: Sizes,
    guards: Sequence[Verdict],
    forecasts: Sequence[RuleForecast],
    rules: Sequence[RulePairs],
    findings: Sequence[Finding],
    preview: Preview,
    rows: dict[str, int],
    risks: Sequence[Risk],
    enrichment: Enrichment,
) -> dict[str, Any]:
    """Return what is told of a preview, as plain values."""
    return {
        "run": run,
        "made_of": made_of,
        "profiles": asdict(counts) | {"by_size": {str(size): count for size, count in counts.by_size.items()}},
        "guards": [asdict(one) for one in guards],
        "forecast": [asdict(one) for one in forecasts],
        "rules": [asdict(one) for one in rules],
        "findings": [asdict(one) for one in findings],
        "switches": dict(preview.switches),
        "approximate": list(preview.approximate),
        "segments": {name: rows[name] for name in preview.segments if name in rows},
        "tables": rows,
        "risks": [asdict(one) | {"conflicts": list(one.conflicts)} for one in risks],  # as it is read back
        "enrichment": asdict(enrichment),
    }
