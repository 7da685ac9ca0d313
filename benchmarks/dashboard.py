"""What looking costs: `python -m benchmarks.dashboard [files] [batches]`, with Azurite and Chromium.

Fills a ledger through the app itself, in memory: batches by its use cases, files by the ledger's own writes, a part of them
refused; then copies the rows to Azurite. Measures the overview (reads, milliseconds), and the page in Chromium: until its
numbers can be read and used, and what was transferred, with nothing cached. `--only-reads` stays in memory, for millions.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import threading
import uuid
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from benchmarks.orchestration import Counting, median
from local.stack.azurite import create_containers, start_azurite
from shared.adapters.table_store import TableStore, table_service
from shared.ledger.ledger import Known, Ledger
from shared.ledger.records import LandedFile
from shared.ports import Write
from shared.telemetry.log_events import LOGGER
from tests.browser.watched import CHROMIUM
from tests.pipeline import FINANCE, Pipeline
from tests.web import WEB, over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.ports import Row, Tables

_DAYS = 40  # over which files and batches are spread
_REFUSED = 50  # one file in so many
_SETS = 20  # data sets
_AT_ONCE = 100  # rows of a transaction: the store's limit
_LARGEST_COMMIT = 2 << 20  # bytes; the store takes four million


def filled(files: int, batches: int) -> Pipeline:
    """Return a pipeline with that many landed files and batches behind it."""
    pipeline = Pipeline()
    for number in range(batches):
        pipeline.land(FINANCE, f"set{number % _SETS}/{number:07d}.csv", b"cid,income\n%d,1\n" % number)
        pipeline.clock.advance(_DAYS * 86_400 / batches)
        for end in (pipeline.end_runs, pipeline.end_refreshes, list):
            pipeline.context.reconcile()
            end()
    ledger, now = Ledger(pipeline.tables), pipeline.clock()
    for number in range(batches, files):
        at = now - timedelta(days=_DAYS) * (1 - number / files)
        refused = number % _REFUSED == 0
        file = LandedFile(
            container=FINANCE, path=f"set{number % _SETS}/{number:07d}.csv", version="v", modified_at=at, source="finance",
            table=f"set{number % _SETS}", records=0 if refused else 10, state="rejected" if refused else "ingested",
            reason="no_records" if refused else "", detail="no record below the header" if refused else "",
        )  # fmt: skip
        ledger.record_file(Known(record=LandedFile(container=FINANCE, path=file.path)), file, at=at)
    pipeline.start()
    return pipeline


def copied(pipeline: Pipeline, tables: Tables) -> None:
    """Write every row of a ledger in memory into another store, a transaction at a time."""
    held = pipeline.tables

    def commits() -> Iterator[tuple[str, list[Write]]]:
        for partition in held.partitions:
            some: list[Write] = []
            size = 0
            for row in held.range(partition, "", "\uffff"):
                size += 2 * len(str(row.values))
                if some and (len(some) == _AT_ONCE or size > _LARGEST_COMMIT):
                    yield partition, some
                    some, size = [], 0
                some.append(_insert(row))
            yield partition, some

    for partition, some in commits():  # one at a time: Azurite gives up on several large ones at once
        tables.commit(partition, some)


def _insert(row: Row) -> Write:
    return Write(kind="insert", key=row.key, values=row.values)


def overview(pipeline: Pipeline, tables: Any) -> dict[str, Any]:
    """Ask for the overview, as a process does that did before."""
    counted = Counting(tables)
    context = pipeline.fresh_context().replace(tables=counted)
    found = context.overview()
    before = counted.calls
    context.overview()
    return {
        "overview: calls to storage": counted.calls - before,
        "overview (ms, median of five)": round(1000 * median(context.overview)),
        "overview (bytes)": len(msgspec.json.encode(found)),
        "files told": sum(number for state, number in found.files.items() if state not in {"records", "rejects"}),
    }


def page(pipeline: Pipeline, tables: Any) -> dict[str, Any]:
    """Open the page in a fresh Chromium, three times; the best, since the machine does other things too."""
    pipeline.context = pipeline.fresh_context().replace(tables=tables)
    seconds, transferred = [], 0
    with over(pipeline), sync_playwright() as playwright:
        server = make_server("127.0.0.1", 0, WEB, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for _ in range(3):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            shown = context.new_page()
            network = context.new_cdp_session(shown)
            sizes: list[int] = []
            network.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(int(event["encodedDataLength"])))
            network.send("Network.enable")
            shown.goto(f"http://127.0.0.1:{server.server_port}/api/dashboard", wait_until="commit")
            shown.locator(".chart canvas").nth(4).wait_for()  # the last: nothing was rejected that a sixth would show
            seconds.append(float(shown.evaluate("performance.now()")) / 1000)
            shown.get_by_role("region", name="Recent runs").get_by_role("row").first.wait_for()
            transferred = sum(sizes)
            context.close()
        browser.close()
        server.shutdown()
        server.server_close()
    return {
        "page: numbers and charts shown (s)": round(min(seconds), 2),
        "page: transferred (kB)": round(transferred / 1000, 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="?", type=int, default=20_000)
    parser.add_argument("batches", nargs="?", type=int, default=200)
    parser.add_argument("--only-reads", action="store_true", help="in memory, and no browser")
    given = parser.parse_args()
    for name in ("werkzeug", LOGGER):
        logging.getLogger(name).setLevel(logging.ERROR)
    pipeline = filled(given.files, given.batches)
    measured = {"files": given.files, "batches": given.batches} | overview(pipeline, pipeline.tables)
    print(json.dumps({"in memory": measured}), flush=True)
    if given.only_reads:
        return
    with tempfile.TemporaryDirectory() as folder:
        azurite = start_azurite(Path(folder) / "data", log=Path(folder) / "azurite.log")
        try:
            create_containers(azurite.connection_string)
            tables = TableStore(table_service(azurite.connection_string), f"t{uuid.uuid4().hex[:12]}")
            copied(pipeline, tables)
            measured = overview(pipeline, tables) | page(pipeline, tables)
        finally:
            azurite.stop()
    for name, value in measured.items():
        print(f"{name:40} {value}")


if __name__ == "__main__":
    main()
