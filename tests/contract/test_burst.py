"""Many files at once, two workers, events in any order and some twice: few runs, nothing lost, nothing doubled."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from shared.adapters.blob_lake import blob_service
from shared.adapters.table_store import TableStore, table_service
from shared.contracts.manifest import read_manifest
from shared.contracts.places import BRONZE, GOLD, PIPELINE, batch_manifest
from shared.errors import Retry
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model
from tests.workspace import AzuriteLake

if TYPE_CHECKING:
    from shared.context import Context

_SECONDS = 120


class Burst(Pipeline):
    """A pipeline in real time; the job and Customer Insights stay memory twins."""

    def __init__(self, storage: str = "") -> None:
        super().__init__()
        self.clock = lambda: datetime.now(UTC)  # type: ignore[assignment] # nobody sets this one
        if storage:
            service = blob_service(storage)
            for name in (DATAVERSE, FINANCE, BRONZE, GOLD, PIPELINE):
                with suppress(Exception):  # another test made it
                    service.create_container(name)
            self.lake = AzuriteLake(service)  # type: ignore[assignment] # what the twin has beside the port
            self.tables = TableStore(table_service(storage), f"t{uuid.uuid4().hex[:12]}")  # type: ignore[assignment] # likewise

    def worker(self) -> Context:
        return self.fresh_context(DISPATCH_QUIET_SECONDS="3", DISPATCH_MAX_WAIT_SECONDS="120")


@pytest.mark.parametrize(
    ("files", "real"), [(2000, False), pytest.param(200, True, marks=pytest.mark.azurite)], ids=["memory", "azurite"]
)
def test_a_burst_becomes_few_runs(files: int, real: bool, request: pytest.FixtureRequest) -> None:
    world = Burst(request.getfixturevalue("azurite") if real else "")
    folder = uuid.uuid4().hex[:8]
    paths = [f"contact/{number + 1}.csv" for number in range(files // 2)]
    finance = [f"burst_{folder}/{number}.csv" for number in range(files // 2)]
    world.lake.put(DATAVERSE, MODEL, model(*CONTACT))
    for number, path in enumerate(paths):
        world.lake.put(DATAVERSE, path, contact(number))
    for number, path in enumerate(finance):
        world.lake.put(FINANCE, path, f"cid,income\n{number},1\n".encode())
    events = [(DATAVERSE, MODEL)] + [(DATAVERSE, path) for path in paths] + [(FINANCE, path) for path in finance]
    events += random.Random(360).sample(events, files // 10)
    random.Random(7).shuffle(events)
    ended = threading.Event()

    def look() -> None:
        context = world.worker()
        while not ended.is_set():
            with suppress(Retry):
                context.reconcile()
            world.end_runs()
            world.end_refreshes()
            ended.wait(0.2)

    def take(some: list[tuple[str, str]]) -> None:
        context = world.worker()
        for container, path in some:
            while True:
                with suppress(Retry):  # the queue delivers again what another worker was quicker with
                    context.landing(container, path)
                    break

    status = world.worker().status
    with ThreadPoolExecutor() as pool:
        looking = pool.submit(look)
        try:
            for taking in [pool.submit(take, events[0::2]), pool.submit(take, events[1::2])]:
                taking.result()
            until = time.monotonic() + _SECONDS
            while not status().idle and not looking.done() and time.monotonic() < until:
                ended.wait(0.5)
        finally:
            ended.set()
        looking.result()
    assert status().idle
    assert 1 <= len(world.jobs.runs) <= 4

    ledger = world.worker().ledger
    parts = [known.record for name in (DATAVERSE, FINANCE) for known in ledger.parts_in(name)]
    assert len(parts) == sum(part.records for part in parts) == files
    given: Counter[str] = Counter()
    for batch in ledger.batches():
        assert batch.state == "succeeded"
        manifest = world.lake.content(PIPELINE, batch_manifest(batch.batch_id))
        given.update(part.part_id for part in read_manifest(manifest, batch.batch_id).parts)
    assert set(given) == {part.part_id for part in parts}
    assert set(given.values()) == {1}
