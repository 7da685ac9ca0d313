"""The process in which the job's entry points run: Spark with Delta Lake, kept warm, on the lake in Azurite.

Stands for the driver of a Databricks cluster: the session is there before the job, `sys.argv` is set as for a wheel
task (reference: Databricks, section 1.7), `dbutils` exists, and every task starts with freshly imported modules. One
order per line on standard input, one answer file per order. Ends when its standard input does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from importlib.metadata import EntryPoint, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local import dbutils
from local.azurite import ACCOUNT, KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

# The ABFS driver only accepts names of this form; where the account really is, the endpoint setting says.
ACCOUNT_HOST = f"{ACCOUNT}.dfs.core.windows.net"
LAKE = f"abfs://{{container}}@{ACCOUNT_HOST}"


class EntryPointMissingError(Exception):
    """The wheel is not installed, or does not have the entry point that the job names."""

    def __init__(self, *, package: str, entry_point: str) -> None:
        super().__init__(f"{package} has no entry point {entry_point}: run `make setup`, or correct databricks.yml.")
        self.package, self.entry_point = package, entry_point


def settings(*, jars: Path, blob_port: int) -> dict[str, str | int | float | bool | None]:
    """Spark's settings: Delta Lake, and Hadoop's ABFS driver talking to Azurite's blob service.

    Azurite has no dfs endpoint, but the driver can do with the blob API alone, as for accounts without a hierarchical
    namespace (docs/adr: Spark's way to Azurite).
    """
    azure = {
        f"account.key.{ACCOUNT_HOST}": KEY,
        f"account.key.{ACCOUNT_HOST.replace('.dfs.', '.blob.')}": KEY,
        "account.hns.enabled": "false",
        "fns.account.service.type": "BLOB",
        "ingress.service.type": "BLOB",
        "abfs.endpoint": f"127.0.0.1:{blob_port}",
        "always.use.https": "false",
        "ssl.channel.mode": "Default_JSSE",  # the other mode wants a native OpenSSL, for connections that use none
        "networking.library": "JDK_HTTP_URL_CONNECTION",
    }
    return {
        "spark.master": "local[2]",
        "spark.app.name": "customer360-local",
        "spark.jars": ",".join(str(jar) for jar in sorted(jars.glob("*.jar"))),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "Etc/UTC",
        # Laptop sizes: most of a small run is the JVM compiling, so the quick compiler only (half the CPU time of a run),
        # no generated code, no plans remade on the way, and not the default 200 and 50 parts of everything.
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.databricks.delta.snapshotPartitions": "2",
        "spark.driver.memory": "1g",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **{f"spark.hadoop.fs.azure.{key}": value for key, value in azure.items()},
    }


def spark_session(given: dict[str, str | int | float | bool | None]) -> SparkSession:
    """Start the session that every task then gets from `getOrCreate()`."""
    from pyspark.sql import SparkSession

    return SparkSession.builder.config(map=given).getOrCreate()


def find(package: str, entry_point: str) -> EntryPoint:
    """Find the console script of the installed wheel."""
    try:
        scripts = distribution(package).entry_points.select(group="console_scripts", name=entry_point)
    except PackageNotFoundError as error:
        raise EntryPointMissingError(package=package, entry_point=entry_point) from error
    for script in scripts:
        return script
    raise EntryPointMissingError(package=package, entry_point=entry_point)


def execute(order: dict[str, Any]) -> dict[str, Any]:
    """Run one entry point; what it prints goes to the order's log, how it ended is returned."""
    log = Path(order["log"])
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("a", encoding="utf-8", buffering=1) as sink,
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
    ):
        try:
            script = find(order["package"], order["entry_point"])
            _forget(script.module.split(".")[0])
            sys.argv = order["argv"]
            _checked_exit(script.load())
        except BaseException as error:  # whatever a job raises is its own failure, not the worker's
            trace = traceback.format_exc()
            sink.write(trace)
            last = traceback.format_exception_only(error)[-1].strip()
            return {"succeeded": False, "error": last, "error_trace": trace}
    return {"succeeded": True}


def _checked_exit(main: Callable[[], object]) -> None:
    try:
        main()
    except SystemExit as ending:
        if ending.code not in {None, 0}:
            raise


def _forget(package: str) -> None:
    """So that the next import reads the files as they are now: a cluster starts every run with a new process."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def orders() -> queue.SimpleQueue[bytes]:
    """Orders as they come; standard input is the tether, too (child.py): at its end the whole group ends."""
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin.buffer:
            waiting.put(line)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=read, name="orders", daemon=True).start()
    return waiting


def main() -> None:
    """Warm up, then take orders."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jars", type=Path)
    parser.add_argument("--blob-port", type=int)
    parser.add_argument("--without-spark", action="store_true", help="for tests of the worker itself")
    given = parser.parse_args()
    todo = orders()
    if not given.without_spark:
        dbutils.provide()
        spark = spark_session(settings(jars=given.jars, blob_port=given.blob_port))
        spark.range(1).count()
        print("Spark is warm", flush=True)
    while True:
        order = json.loads(todo.get())
        answer = Path(order["answer"])
        draft = answer.with_suffix(".draft")
        draft.write_text(json.dumps(execute(order)), encoding="utf-8")
        draft.rename(answer)


if __name__ == "__main__":
    main()
