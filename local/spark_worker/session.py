"""The worker's Spark session: the one of the job on a laptop, led to the lake in Azurite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.stack.azurite import ACCOUNT, DFS_HOST, KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pyspark.sql import SparkSession


def azurite_settings(blob_port: int) -> dict[str, str]:
    """Configure Hadoop's ABFS driver talking to Azurite's blob service.

    Azurite has no dfs endpoint, but the driver can do with the blob API alone, as for accounts without a hierarchical
    namespace (docs/adr/0004).
    """
    azure = {
        f"account.key.{DFS_HOST}": KEY,
        f"account.key.{ACCOUNT}.blob.core.windows.net": KEY,
        "account.hns.enabled": "false",
        "fns.account.service.type": "BLOB",
        "ingress.service.type": "BLOB",
        "abfs.endpoint": f"127.0.0.1:{blob_port}",
        "always.use.https": "false",
        "ssl.channel.mode": "Default_JSSE",  # the other mode wants a native OpenSSL, for connections that use none
        "networking.library": "JDK_HTTP_URL_CONNECTION",
        # The driver would tell the account how it was used when the JVM ends, and wait for one that is gone by then.
        "metrics.collection.enabled": "false",
    }
    # What a task wrote is in its place when the task ends: by the first version, the driver then moves all of it once more,
    # and here each move is a dozen requests. Nobody reads a folder before the job says that it is whole.
    written = {"algorithm.version": "2", "marksuccessfuljobs": "false"}
    return {
        **{f"spark.hadoop.fs.azure.{key}": value for key, value in azure.items()},
        **{f"spark.hadoop.mapreduce.fileoutputcommitter.{key}": value for key, value in written.items()},
    }


def warm_session(*, jars: Path, blob_port: int, environment: Mapping[str, str]) -> SparkSession:
    """Start the session that every task then gets from `getOrCreate()`; `jars` is the folder that set-up filled.

    Sizes are a laptop's: two cores beside the rest of the stack, and a gigabyte unless `SPARK_DRIVER_MEMORY` says another size.
    """
    # Whatever the job needs of its session is the job's to say; only where the lake is differs here.
    from spark_jobs.session import local_builder

    builder = local_builder(cores="2", memory=environment.get("SPARK_DRIVER_MEMORY", "1g"), jars=jars)
    return builder.config(map={**azurite_settings(blob_port)}).getOrCreate()
