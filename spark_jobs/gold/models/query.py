"""A gold model as a query over silver: the views that it reads, its rows, and what is wrong with it before it runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.window import Window

from shared.contracts.columns import END, KEPT_LINEAGE
from spark_jobs.errors import ModelError
from spark_jobs.gold.models.definition import Input, Model
from spark_jobs.names import quoted
from spark_jobs.repeated import Repeated, digests
from spark_jobs.tables import Table, shown

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_BY = "__by"
#: What to change, by the beginning of Spark's name for the fault.
_ADVICE = {
    "UNRESOLVED_COLUMN": "Correct the name, or declare it in the `columns` of its input.",
    "TABLE_OR_VIEW_NOT_FOUND": "Declare it as a table `[inputs.<entity>]` of the header.",
    "UNSUPPORTED_DATATYPE": "Declare columns with types such as bigint, double, date, timestamp or decimal(16,2).",
}


@dataclass(frozen=True, kw_only=True)
class Query:
    """A model over the silver tables that exist; an input without one is empty, with the columns that it declares."""

    spark: SparkSession
    model: Model
    tables: Mapping[str, Table]

    def plan(self) -> dict[str, str]:
        """Return column -> SQL type of the model's rows; raises `ModelError` where it cannot run. Starts no Spark job."""
        rows = self.rows(None)
        columns = {field.name: field.dataType.simpleString() for field in rows.schema.fields}
        lower = [name.lower() for name in columns]
        if len(lower) < len(rows.columns) or len(set(lower)) < len(lower):
            twice = sorted({name for name in rows.columns if [one.lower() for one in rows.columns].count(name.lower()) > 1})
            raise ModelError(self.model.name, f"has two columns of the same name: {', '.join(twice)}. Rename one with `as`.")
        for needed in (self.model.primary_key, self.model.rebuilt_by):
            if needed not in columns:
                problem = f"the query has no column {needed}, which the header names. Select it, or name another."
                raise ModelError(self.model.name, problem)
        return columns

    def rows(self, values: DataFrame | None, repeated: Mapping[str, Repeated] | None = None) -> DataFrame:
        """Return the model's rows: all, or those of the values of `rebuilt by` that are given (a column `__touched`).

        `repeated` tells by view which `by` several rows have; without, the newest of each is found by ordering all rows.
        """
        views, read = [], None
        try:
            for one in self.model.inputs:
                read = one
                view = f"{self.model.name}__{one.view}"
                self._input(one, values, (repeated or {}).get(one.view)).createOrReplaceTempView(view)
                views.append(f"{quoted(one.view)} as (table {quoted(view)})")
            read = None
            query = f"with {', '.join(views)} select * from (\n{self.model.sql}\n)"  # noqa: S608 - a model is code, not input
            return self.spark.sql(query)
        except (AnalysisException, ParseException) as error:
            raise self._fault(read, error) from error

    def view(self, one: Input, rows: DataFrame) -> DataFrame:
        """Return rows of an input's silver table as the model sees them."""
        columns = self.model.columns_of(one, {field.name: field.dataType.simpleString() for field in rows.schema.fields})
        return rows.selectExpr(*(f"{text} as {quoted(name)}" for name, text in columns.items()))

    def digests(self, one: Input) -> DataFrame:
        """Return the digest of the `by` of each row of an input."""
        return digests(self._all(one), [F.expr(f"cast({one.by} as string)")])

    def _all(self, one: Input) -> DataFrame:
        table = self.tables.get(one.entity)
        if table is None:
            return self._absent(one)
        stored = table.read()
        return self.view(one, shown(stored) if one.history else stored.where(F.col(END).isNull()))

    def _input(self, one: Input, values: DataFrame | None, repeated: Repeated | None) -> DataFrame:
        rows = self._all(one)
        if one.by is None:
            return rows
        rows = rows.withColumn(_BY, F.expr(f"cast({one.by} as string)"))
        if values is not None:
            rows = rows.join(values, F.col(_BY) == F.col("__touched"), "left_semi")
        if one.newest_by is not None:
            rows = self._newest(rows.where(F.col(_BY).isNotNull()), one.newest_by, repeated)
        return rows.drop(_BY)

    @staticmethod
    def _newest(rows: DataFrame, order: str, repeated: Repeated | None) -> DataFrame:
        def first(rows: DataFrame) -> DataFrame:
            place = F.row_number().over(Window.partitionBy(_BY).orderBy(F.expr(f"struct({order})").desc()))
            return rows.withColumn("__place", place).where("__place = 1").drop("__place")

        if repeated is None:
            return first(rows)
        others = repeated.rows_besides(rows, [F.col(_BY)])
        return others.unionByName(first(repeated.rows_of(rows, [F.col(_BY)]))) if repeated.count else others

    def _absent(self, one: Input) -> DataFrame:
        kinds = self.model.columns_of(one, {})
        sequence = "struct<landed_at:timestamp,record_number:bigint>"
        texts = {
            name: f"cast(null as {KEPT_LINEAGE.get(name, sequence)})" if name == text else text for name, text in kinds.items()
        }
        return self.spark.range(0).selectExpr(*(f"{text} as {quoted(name)}" for name, text in texts.items()))

    def _fault(self, read: Input | None, error: AnalysisException | ParseException) -> ModelError:
        # Spark adds its own marks around the sentence that an author can use, and the plan or the whole text behind it.
        said = re.sub(r"^\[[A-Z_.]+\] | SQLSTATE: .*", "", str(error.getMessage()).strip().partition("\n")[0])
        advice = next((text for start, text in _ADVICE.items() if (error.getCondition() or "").startswith(start)), "")
        if read is not None:
            problem = f"the input cannot be read: {said} {advice}".rstrip()
            return ModelError(self.model.name, problem, line=read.line, key=f"inputs.{read.view}")
        # Spark counts from the line that stands before the query.
        place = re.search(r"\bline (\d+),? pos \d+", str(error))
        line = self.model.sql_line + int(place[1]) - 2 if place else None
        return ModelError(self.model.name, f"the query cannot be run: {said} {advice}".rstrip(), line=line)
