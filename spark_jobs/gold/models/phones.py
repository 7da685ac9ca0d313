"""Telephone numbers in E.164, the form in which two writings of one number are the same text.

The library `phonenumbers` tells what a text is, so that Python has to see it. The texts of few rows pass through the driver and
come back within the query: no Python process is started beside Spark. Those of many are read where they are, each distinct one
once, and joined. A text that is no valid number gives null and is counted; none is guessed: what has no country code is read
as of the region that is configured (`[gold] phone_region`), and as nothing where none is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Any, Self

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.errors import ModelError
from spark_jobs.names import quoted, trimmed

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spark_jobs.lake import Lake

_TEXT, _NUMBER = "__text", "__number"
_SCHEMA = f"{_TEXT} string, {_NUMBER} string"


def edition() -> str:
    """Return which numbers the library knows, by its version; empty where it is not installed."""
    try:
        return metadata.version("phonenumbers")
    except metadata.PackageNotFoundError:
        return ""


def check(model: str, region: str | None) -> None:
    """Raise `ModelError` where numbers cannot be read at all."""
    if not edition():
        problem = "telephone numbers need the library phonenumbers, which is not installed where the job runs (docs/deploy.md)"
        raise ModelError(model, problem)
    import phonenumbers

    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        problem = f"the setting `[gold] phone_region` is {region}, which has no telephone numbers: a country by ISO 3166, as GB"
        raise ModelError(model, problem)


def reading(region: str | None) -> Callable[[str], str | None]:
    """Return what reads a text as a number in E.164, or as None; it travels to where the rows are, without this module."""

    def read(text: str) -> str | None:
        import phonenumbers

        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(number):
            return None
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    return read


@dataclass(frozen=True, kw_only=True)
class Phones:
    """The numbers that the texts of a column are."""

    column: str  # of the view, which holds the texts
    named: Mapping[str, str] | None = None  # text -> number, where they are few
    table: DataFrame | None = None  # of texts and numbers, where they are many

    @classmethod
    def of_few(cls, column: str, texts: Iterable[str], region: str | None) -> Self:
        """Read texts in the driver."""
        read = reading(region)
        return cls(column=column, named={text: number for text in texts if (number := read(text)) is not None})

    @classmethod
    def of_many(cls, spark: SparkSession, lake: Lake, place: str, *, column: str, texts: DataFrame, region: str | None) -> Self:
        """Read a DataFrame of one text column where its rows are; kept at `place`, which the caller deletes when done."""
        read = reading(region)

        def numbers(batches: Iterator[Any]) -> Iterator[Any]:
            import pyarrow as pa

            for batch in batches:
                texts = batch.column(0).to_pylist()
                found = pa.array([read(text) for text in texts], pa.string())
                yield pa.RecordBatch.from_arrays([batch.column(0), found], names=[_TEXT, _NUMBER])

        distinct = texts.toDF(_TEXT).where(f"{trimmed(_TEXT)} <> ''").distinct()
        distinct.mapInArrow(numbers, _SCHEMA).write.mode("overwrite").parquet(lake.path(place))
        return cls(column=column, table=spark.read.schema(_SCHEMA).parquet(lake.path(place)))

    def attached(self, rows: DataFrame, name: str) -> DataFrame:
        """Return the rows with their numbers in the column `name`, in its place."""
        text = F.col(quoted(self.column))
        if self.table is None:
            known = F.from_json(F.lit(json.dumps(self.named or {})), "map<string,string>")
            return rows.withColumn(name, F.try_element_at(known, text))
        columns = [F.col(_NUMBER).alias(name) if one == name else F.col(quoted(one)) for one in rows.columns]
        return rows.join(self.table, text == F.col(_TEXT), "left").select(*columns)
