"""The rows that a model reads, looked at: which become one, which values are lost, which numbers their telephone texts are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.driver import MOST_IN_DRIVER
from spark_jobs.findings import rows_merged, values_lost
from spark_jobs.gold.models.phones import Phones, check
from spark_jobs.gold.models.query import BY
from spark_jobs.names import quoted

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from shared.contracts.outcome import Finding
    from spark_jobs.gold.models.definition import Input
    from spark_jobs.gold.models.query import Query
    from spark_jobs.gold.parquet.touched import Touched
    from spark_jobs.lake import Lake
    from spark_jobs.repeated import Repeated

_ROWS = "__rows"


@dataclass(frozen=True, kw_only=True)
class _Look:
    """What one pass over the rows of an input tells."""

    shared: int  # values of `by` that several rows have
    rows: int  # those
    texts: Mapping[str, Sequence[str]]  # column -> the texts that are its telephone numbers, where they were asked for

    @classmethod
    def of(cls, found: pa.Table, texts: Sequence[str]) -> Self:
        """Look at rows that the driver holds."""
        several = [many for many in Counter(found.column(BY).to_pylist()).values() if many > 1]
        named = {name.lower(): name for name in found.column_names}
        held = {text: set(found.column(named[text.lower()]).to_pylist()) - {None} for text in texts}
        return cls(shared=len(several), rows=sum(several), texts={text: sorted(one) for text, one in held.items()})


_NOTHING = _Look(shared=0, rows=0, texts={})


@dataclass(frozen=True, kw_only=True)
class InputRows:
    """The rows of a model's inputs, all or those that are touched."""

    query: Query
    touched: Touched | None = None  # None: all
    rows: int | None = None  # about how many these are, None where that is not known
    repeated: Mapping[str, Repeated] = field(default_factory=dict)  # by view: which `by` several rows have, where that is known

    @contextmanager
    def phones(self, lake: Lake, place: str, region: str | None) -> Iterator[dict[str, dict[str, Phones]]]:
        """Give view -> column -> the numbers that it tells; raises `ModelError` where numbers cannot be read at all.

        The texts of few rows are looked at together with what else is asked of them, in one pass. What many need is kept at
        `place` until all is done.
        """
        if self._texts:
            check(self.query.model.name, region)
        if self._is_few:
            yield {view: self._of_few(view, texts, region) for view, texts in self._texts.items()}
            return
        try:
            yield {view: self._of_many(view, texts, lake, place, region) for view, texts in self._texts.items()}
        finally:
            if self._texts:
                lake.delete(place)

    def findings(self) -> tuple[Finding, ...]:
        """Find which values are lost, and which rows of the inputs that a row is made of become one.

        They do because they share what they are known by.
        """
        model = self.query.model
        found = [values_lost(model.name, *lost) for lost in self.query.misfits(self.touched)]
        for view, look in self._looks.items():
            if look.shared and self._is_judged(self._views[view]):
                found.append(rows_merged(model.name, view, look.shared, look.rows))
        return tuple(found)

    @property
    def _is_few(self) -> bool:
        return self.rows is not None and self.rows <= MOST_IN_DRIVER

    @property
    def _views(self) -> dict[str, Input]:
        return {one.view: one for one in self.query.model.inputs}

    @staticmethod
    def _is_judged(one: Input) -> bool:
        return one.newest_by is not None and not one.optional

    @cached_property
    def _texts(self) -> dict[str, dict[str, str]]:
        """By view: column -> that with the texts, of those that silver has."""
        found = {}
        for one in self.query.model.inputs:
            stored = {name.lower() for name in self.query.columns.get(one.entity, {})} if one.phones else set()
            held = {name: text for name, text in one.phones.items() if text.lower() in stored}
            if held:
                found[one.view] = held
        return found

    @cached_property
    def _looks(self) -> dict[str, _Look]:
        texts = self._texts if self._is_few else {}
        wanted = (one for one in self.query.model.inputs if self._is_judged(one) or one.view in texts)
        return {one.view: self._look(one, sorted(set(texts.get(one.view, {}).values()))) for one in wanted}

    def _look(self, one: Input, texts: Sequence[str]) -> _Look:
        known = None if texts else self.repeated.get(one.view)
        if known is not None and not known.count:
            return _NOTHING
        _, found = self._found(one)
        if found is not None:
            return _Look.of(found.filter(found.column(BY).is_valid()) if one.newest_by is not None else found, texts)
        held = [f"__texts{at}" for at in range(len(texts))]
        rows = self._rows(one) if known is None else known.rows_of(self._rows(one), [F.col(BY)])
        every = rows.select(BY, *(F.col(quoted(text)).alias(name) for text, name in zip(texts, held, strict=True)))
        each = every.groupBy(BY).agg(F.count(F.lit(1)).alias(_ROWS), *(F.collect_set(name).alias(name) for name in held))
        several = F.col(_ROWS) > 1
        told = each.agg(
            F.count_if(several),
            F.coalesce(F.sum(F.when(several, F.col(_ROWS))), F.lit(0)),
            *(F.array_distinct(F.flatten(F.collect_list(name))) for name in held),
        ).first()
        if told is None:
            return _NOTHING
        return _Look(shared=int(told[0]), rows=int(told[1]), texts=dict(zip(texts, told[2:], strict=True)))

    def _found(self, one: Input) -> tuple[DataFrame, pa.Table | None]:
        if self.touched is not None and one.by is not None:
            return self.query.touched_rows(one, self.touched)
        return self.query.all_rows(one).withColumn(BY, F.expr(f"cast({one.by} as string)" if one.by else "''")), None

    def _rows(self, one: Input) -> DataFrame:
        rows, _ = self._found(one)
        return rows.where(F.col(BY).isNotNull()) if one.newest_by is not None else rows

    def _of_few(self, view: str, texts: Mapping[str, str], region: str | None) -> dict[str, Phones]:
        look = self._looks[view]
        return {name: Phones.of_few(text, look.texts.get(text, ()), region) for name, text in texts.items()}

    def _of_many(self, view: str, texts: Mapping[str, str], lake: Lake, place: str, region: str | None) -> dict[str, Phones]:
        rows = self._rows(self._views[view])
        found = {}
        for name, text in texts.items():
            column = rows.select(F.col(quoted(text)))
            found[name] = Phones.of_many(
                self.query.spark, lake, f"{place}/{view}/{name}", column=text, texts=column, region=region
            )
        return found
