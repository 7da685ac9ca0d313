"""Gold models checked before a run, by planning them: nothing is read, no Spark job starts.

`python -m spark_jobs.gold.validation [folder]` does so on a laptop; in a run, a model that fails does so alone. An input
whose silver table exists has the table's columns, any other those that the model declares.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from spark_jobs.errors import ModelError, ModelsError
from spark_jobs.gold.models.definition import Model
from spark_jobs.gold.models.files import model_texts, parse_models
from spark_jobs.gold.models.query import Query
from spark_jobs.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import SparkSession

    from spark_jobs.lake import Lake


def check_models(spark: SparkSession, lake: Lake | None, texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Plan every model and return name -> its columns with their types; raises `ModelsError` with all faults of all models.

    `texts` are the model files by name. Without a lake, every input is taken as declared.
    """
    models, faults = parse_models(texts)
    entities = sorted({one.entity for model in models for one in model.inputs})
    with ThreadPoolExecutor(max_workers=4) as pool:
        tables = [Table(spark, lake, entity) for entity in entities] if lake else []
        stored = {table.name: table for table, found in zip(tables, pool.map(Table.exists, tables), strict=True) if found}

        def plan(model: Model) -> dict[str, str] | ModelError:
            try:
                return Query(spark=spark, model=model, tables=stored).plan()
            except ModelError as error:
                return error

        columns: dict[str, dict[str, str]] = {}
        for model, found in zip(models, pool.map(plan, models), strict=True):
            if isinstance(found, ModelError):
                faults.append(found)
            else:
                columns[model.name] = found
    if faults:
        raise ModelsError(sorted(faults, key=lambda fault: fault.model))
    return columns


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the models in a folder; the command line of this module."""
    from spark_jobs.session import plain_builder, with_meaning

    parser = argparse.ArgumentParser(prog="python -m spark_jobs.gold.validation", description="Can these gold models run?")
    parser.add_argument("folder", type=Path, nargs="?", help="a folder of *.sql files; those of the package unless given")
    texts = model_texts(parser.parse_args(arguments).folder)
    # Spark's log would print each fault's plan; what an author has to read is below.
    spark = plain_builder(cores="1").config("spark.log.structuredLogging.enabled", "false").getOrCreate()
    try:
        found = check_models(with_meaning(spark), None, texts)
    except ModelsError as error:
        sys.stdout.writelines(f"{fault}\n" for fault in error.faults)
        return 1
    finally:
        spark.stop()
    sys.stdout.writelines(f"{name}: {len(columns)} columns\n" for name, columns in found.items())
    return 0


if __name__ == "__main__":
    sys.exit(main())
