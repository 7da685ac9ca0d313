"""`python -m local.spark_worker`: the process in which the job's entry points run, kept warm.

One order per line on standard input, one answer file per order. Ends when its standard input does.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path

from local.spark_worker.entry_points import execute


def orders() -> queue.SimpleQueue[bytes]:
    """Return orders as they come; standard input is the tether, too (local/stack/child.py): at its end the whole group ends."""
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
        from local.spark_worker import dbutils
        from local.spark_worker.session import warm_session

        dbutils.provide()
        spark = warm_session(jars=given.jars, blob_port=given.blob_port, environment=os.environ)
        spark.range(1).count()
        print("Spark is warm", flush=True)
    while True:
        order = json.loads(todo.get())
        answer = Path(order["answer"])
        draft = answer.with_suffix(".draft")
        draft.write_text(json.dumps(execute(order)), encoding="utf-8")
        draft.rename(answer)


main()
