"""A gold model as a query over silver: the views that it reads, its rows, and what is wrong with it before it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it
from pyspark.sql.types import StructField, StructType
from pyspark.sql.window import Window

from shared.contracts.columns import END, KEPT_LINEAGE, LANDED_AT, RECORD_NUMBER, SOURCE_FILE, START
from spark_jobs.driver import again, few
from spark_jobs.errors import ModelError
from spark_jobs.gold.models.definition import Input, Model
from spark_jobs.names import quoted
from spark_jobs.repeated import Repeated, digests
from spark_jobs.tables import IDENTITY, Table, shown

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.gold.models.phones import Phones
    from spark_jobs.gold.parquet.touched import Touched

BY = "__by"
#: A column of each view: no two rows share it (`key_expression`).
KEY = "_key"
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
    _touched: dict[str, tuple[DataFrame, pa.Table | None]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def stored(self) -> Mapping[str, DataFrame]:
        """All rows that silver holds, by entity: read once, however much is asked of them."""
        return {name: self.tables[name].read() for name in {one.entity for one in self.model.inputs} & self.tables.keys()}

    @cached_property
    def columns(self) -> Mapping[str, Mapping[str, str]]:
        """Column -> SQL type of each of these tables, by entity."""
        return {
            name: {field.name: field.dataType.simpleString() for field in rows.schema.fields}
            for name, rows in self.stored.items()
        }

    @cached_property
    def left_out(self) -> Mapping[str, Sequence[str]]:
        """Return by view which further columns do not come along: the query makes columns of these names itself.

        What it makes itself is told by planning it without any; of two inputs that bring the same one, the first does.
        """
        bringing = [one for one in self.model.inputs if one.further_columns and one.entity in self.tables]
        if not bringing:
            return {}
        every = {name.lower() for one in bringing for name in self.columns[one.entity]}
        # Leaving out every one leaves a query of what it makes itself; where that cannot be planned, `plan` says why.
        taken = {name.lower() for name in self._rows(lambda one: self.all_rows(one, every if one in bringing else ())).columns}
        found: dict[str, Sequence[str]] = {}
        for one in bringing:
            further = self.model.further(self.columns[one.entity])
            found[one.view] = [name for name in further if name.lower() in taken]
            taken |= {name.lower() for name in further}
        return found

    def plan(self) -> dict[str, str]:
        """Return column -> SQL type of the model's rows; raises `ModelError` where it cannot run. Starts no Spark job."""
        rows = self._whole
        columns = {field.name: field.dataType.simpleString() for field in rows.schema.fields}
        lower = [name.lower() for name in columns]
        if len(lower) < len(rows.columns) or len(set(lower)) < len(lower):
            twice = sorted({name for name in rows.columns if [one.lower() for one in rows.columns].count(name.lower()) > 1})
            raise ModelError(self.model.name, f"has two columns of the same name: {', '.join(twice)}. Rename one with `as`.")
        for needed in self.model.needed:
            if needed not in columns:
                problem = f"the query has no column {needed}, which the header names. Select it, or name another."
                raise ModelError(self.model.name, problem)
        return columns

    def rows(
        self,
        touched: Touched | None,
        repeated: Mapping[str, Repeated] | None = None,
        phones: Mapping[str, Mapping[str, Phones]] | None = None,
    ) -> DataFrame:
        """Return the model's rows: all, or those of the values of `rebuilt by` that are `touched`.

        `repeated` tells by view which `by` several rows have; without, the newest of each is found by ordering all rows.
        `phones` tells by view and column which telephone numbers there are; without, such a column is null.
        """
        if touched is None and not repeated and not phones:
            return self._whole

        def read(one: Input) -> DataFrame:
            rows = self._input(one, touched, (repeated or {}).get(one.view))
            for name, numbers in (phones or {}).get(one.view, {}).items():
                rows = numbers.attached(rows, name)
            return rows

        return self._rows(read)

    @property
    def _left_out(self) -> Mapping[str, Collection[str]]:
        return {view: [name.lower() for name in names] for view, names in self.left_out.items()}

    @cached_property
    def _whole(self) -> DataFrame:
        return self._rows(lambda one: self._input(one, None, None))

    def _rows(self, read: Callable[[Input], DataFrame]) -> DataFrame:
        """Return the model's rows, made of what is read of each input."""
        views, reading = [], None
        try:
            for one in self.model.inputs:
                reading = one
                view = f"{self.model.name}__{one.view}"
                read(one).createOrReplaceTempView(view)
                views.append(f"{quoted(one.view)} as (table {quoted(view)})")
            reading = None
            query = f"with {', '.join(views)} select * from (\n{self.model.sql}\n)"  # noqa: S608 - a model is code, not input
            return self.spark.sql(query)
        except (AnalysisException, ParseException) as error:
            raise self._fault(reading, error) from error

    def view(self, one: Input, rows: DataFrame, left_out: Collection[str] = ()) -> DataFrame:
        """Return rows of an input's silver table as the model sees them."""
        columns = self.model.columns_of(one, self.columns[one.entity], left_out)
        columns |= {KEY: key_expression(self.stored[one.entity].schema.fields, history=one.history)}
        return rows.selectExpr(*(f"{text} as {quoted(name)}" for name, text in columns.items()))

    def misfits(self, touched: Touched | None) -> list[tuple[str, str, int]]:
        """Return how many values are none of the type that a column is declared with: entity, column, values that are lost.

        Of what is `touched`, or of all; a pass is taken only where the types that are stored leave it open.
        """
        found = []
        for one in self.model.inputs:
            asked = self.model.misfits(one, self.columns.get(one.entity, {}))
            if not asked:
                continue
            rows = self._rows_of(one)
            columns = self.model.columns_of(one, self.columns[one.entity])
            texts = [f"{text} as {quoted(name)}" for name, text in columns.items()]
            marks = [f"{condition} as __misfit{place}" for place, condition in enumerate(asked.values())]
            rows = rows.selectExpr(*texts, *marks)
            if touched is not None and one.by is not None:
                rows = touched.rows_of(rows, f"cast({one.by} as string)")
            counted = rows.agg(*(F.count_if(f"__misfit{place}") for place in range(len(asked)))).first()
            found += [(one.entity, name, int(many)) for name, many in zip(asked, counted or (), strict=True) if many]
        return found

    def digests(self, one: Input) -> DataFrame:
        """Return the digest of the `by` of each row of an input."""
        return digests(self.all_rows(one), [F.expr(f"cast({one.by} as string)")])

    def all_rows(self, one: Input, left_out: Collection[str] = ()) -> DataFrame:
        """Return every row of an input as the model sees it, also those that are not the newest of their `by`."""
        return self.view(one, self._rows_of(one), left_out) if one.entity in self.stored else self._absent(one)

    def touched_rows(self, one: Input, touched: Touched) -> tuple[DataFrame, pa.Table | None]:
        """Return the rows of an input that are touched, with their `by`; and the same in the driver, where they are few.

        They are looked for once, for all that asks.
        """
        if one.view not in self._touched:
            rows = self.all_rows(one, self._left_out.get(one.view, ()))
            rows = touched.rows_of(rows.withColumn(BY, F.expr(f"cast({one.by} as string)")), BY)
            found = few(rows) if touched.are_few else None
            self._touched[one.view] = (rows if found is None else again(found, rows), found)
        return self._touched[one.view]

    def _input(self, one: Input, touched: Touched | None, repeated: Repeated | None) -> DataFrame:
        left_out = self._left_out.get(one.view, ())
        if one.by is None:
            return self.all_rows(one, left_out)
        if touched is not None:
            rows, _ = self.touched_rows(one, touched)
        else:
            rows = self.all_rows(one, left_out).withColumn(BY, F.expr(f"cast({one.by} as string)"))
        if one.newest_by is not None:
            rows = self._newest(rows.where(F.col(BY).isNotNull()), one.newest_by, repeated)
        return rows.drop(BY)

    def _rows_of(self, one: Input) -> DataFrame:
        stored = self.stored[one.entity]
        return shown(stored) if one.history else stored.where(F.col(END).isNull())

    @staticmethod
    def _newest(rows: DataFrame, order: str, repeated: Repeated | None) -> DataFrame:
        def first(rows: DataFrame) -> DataFrame:
            place = F.row_number().over(Window.partitionBy(BY).orderBy(F.expr(f"struct({order})").desc()))
            return rows.withColumn("__place", place).where("__place = 1").drop("__place")

        if repeated is None:
            return first(rows)
        others = repeated.rows_besides(rows, [F.col(BY)])
        return others.unionByName(first(repeated.rows_of(rows, [F.col(BY)]))) if repeated.count else others

    def _absent(self, one: Input) -> DataFrame:
        kinds = self.model.columns_of(one, {}) | {KEY: "cast(null as string)"}
        sequence = "struct<landed_at:timestamp,source_file:string,record_number:bigint>"
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


def key_expression(fields: Sequence[StructField], *, history: bool) -> str:
    """Return the SQL expression of a text that no two rows of a view share, and that stays while a row of history goes on.

    It is a digest of the keys by which silver tells its rows apart, and in history of the time from which the row holds.
    """
    start = next((field.dataType for field in fields if field.name == START), None)
    times = start.fieldNames() if isinstance(start, StructType) else []
    identity = {field.name for field in fields if field.metadata.get(IDENTITY)} or {SOURCE_FILE, RECORD_NUMBER}
    sequence = {name.lower() for name in times} | {LANDED_AT}
    if SOURCE_FILE not in identity:
        sequence.add(RECORD_NUMBER)  # without a key of its own, a record's place is its key
    parts = [quoted(name) for name in sorted(identity) if name.lower() not in sequence]
    parts += [f"{START}.{quoted(name)}" for name in times if history]
    texts = ", ".join(f"cast({part} as string)" for part in parts)
    return f"substring(sha2(to_json(array({texts})), 256), 1, 32)"
