"""One Spark for the processes of a test run: a JVM gets quicker the longer it runs, and what it learns serves every lane.

The first process that needs Spark starts it, and is the last that ends; the others join it by PySpark's own gateway, each with
a session of its own: settings, temporary views and what is observed of a query are apart, and files, as always.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PORT, _SECRET = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"
_ENDS_WITHIN = 60  # seconds that the JVM may take to end


@contextmanager
def shared_session(builder: SparkSession.Builder, meeting: Path) -> Iterator[SparkSession]:
    """Yield a session in the JVM of all processes that meet in the folder; the first of them makes it with its builder."""
    told = meeting / "gateway.json"
    with _locked(meeting / "starting") as starting, (meeting / "guests").open("w") as guests:
        if told.exists():
            fcntl.flock(guests, fcntl.LOCK_SH)
            fcntl.flock(starting, fcntl.LOCK_UN)
            yield _joined(json.loads(told.read_text(encoding="utf-8")))
            return
        session = builder.getOrCreate()
        gateway: Any = session.sparkContext._gateway
        parameters = gateway.gateway_parameters
        told.write_text(json.dumps({_PORT: str(parameters.port), _SECRET: parameters.auth_token}), encoding="utf-8")
        fcntl.flock(starting, fcntl.LOCK_UN)
        yield session
        fcntl.flock(starting, fcntl.LOCK_EX)
        told.unlink()
        fcntl.flock(guests, fcntl.LOCK_EX)  # when the last of them is gone
        session.stop()
        gateway.shutdown()
        gateway.proc.stdin.close()  # at the end of which the JVM ends, unless something in it waits for what is gone
        gateway.proc.wait(_ENDS_WITHIN)


@contextmanager
def _locked(file: Path) -> Iterator[IO[str]]:
    with file.open("w") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield opened


def _joined(variables: dict[str, str]) -> SparkSession:
    os.environ |= variables  # which PySpark looks for before it starts a JVM
    try:
        gateway: Any = launch_gateway()  # type: ignore[no-untyped-call] # PySpark has no types there
    finally:
        for name in variables:  # processes that a test starts have a Spark of their own
            del os.environ[name]
    SparkContext._ensure_initialized(gateway=gateway)
    jvm: Any = gateway.jvm
    context = jvm.org.apache.spark.api.java.JavaSparkContext(jvm.org.apache.spark.SparkContext.getOrCreate())
    settings = SparkConf(_jvm=jvm, _jconf=context.getConf())
    running = jvm.org.apache.spark.sql.classic.SparkSession.builder().getOrCreate()
    return SparkSession(SparkContext(gateway=gateway, jsc=context, conf=settings), running.newSession())
