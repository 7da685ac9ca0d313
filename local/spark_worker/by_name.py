"""`python -m local sql`: the lake of the running stack in SQL, by the names that a catalog gives its tables.

A session's catalog ends with the session, so this one names the tables anew, just as the gold task does.
"""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from pyspark.errors import PySparkException

from local.errors import LocalStackError
from local.spark_worker import dbutils
from local.spark_worker.session import warm_session
from local.stack.azurite import LAKE_FOR_SPARK
from local.stack.ports import accepts_connections
from local.stack.settings import Ports
from local.toolchain import JARS
from shared.contracts.places import PIPELINE, batch_manifest, whole
from spark_jobs.catalog.registration import Registration
from spark_jobs.catalog.schemas import SCHEMA, SESSION_CATALOG, Catalog
from spark_jobs.documents import read_batch
from spark_jobs.gold.basis import Base
from spark_jobs.lake import Lake

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession
    from rich.console import Console

    from shared.contracts.outcome import Finding

CATALOG = Catalog(name=SESSION_CATALOG, schema=SCHEMA)
_EVERY_NAME = f"SHOW TABLES IN {CATALOG.silver}", f"SHOW TABLES IN {CATALOG.gold}"


class NothingPublishedError(LocalStackError):
    """The lake has no publication yet."""

    def __init__(self) -> None:
        super().__init__("Nothing is published yet: land something, and wait until `GET /api/status` says that it is idle.")


def give_names(spark: SparkSession, lake: Lake, catalog: Catalog = CATALOG) -> Sequence[Finding]:
    """Name what the lake holds and what is published; returns what has no name. Raises `NothingPublishedError`."""
    record = Base.read(lake).record
    if record is None:
        raise NothingPublishedError
    batch = read_batch(lake, whole(PIPELINE, batch_manifest(record.batch_id)), record.batch_id)
    return Registration(spark=spark, lake=lake, catalog=catalog).run(batch, record.tables)


def run(arguments: Sequence[str], console: Console) -> int:
    """Answer one query; what the user can mend is told in one sentence."""
    parser = argparse.ArgumentParser(prog="python -m local sql", description=__doc__)
    parser.add_argument("query", nargs="?", help="left out: every name that there is; gold's need no schema")
    parser.add_argument("--rows", type=int, default=50, help="how many are shown at most")
    given = parser.parse_args(arguments)
    blob_port, *_ = Ports().azurite
    if not accepts_connections(blob_port):
        console.print("The lake does not answer: is `make up` running?")
        return 1
    dbutils.provide()
    spark = warm_session(jars=JARS, blob_port=blob_port, environment=os.environ)
    try:
        give_names(spark, Lake(spark, LAKE_FOR_SPARK))
        spark.sql(f"USE {CATALOG.gold}")
        for query in (given.query,) if given.query else _EVERY_NAME:
            spark.sql(query).show(given.rows, truncate=False)
    except (NothingPublishedError, PySparkException) as error:
        console.print(str(error).partition("\n")[0], markup=False, highlight=False, soft_wrap=True)
        return 1
    finally:
        spark.stop()
    return 0
