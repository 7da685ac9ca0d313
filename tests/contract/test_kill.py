"""Real processes, killed without warning while they work on Azurite and the Jobs emulator: nothing is lost or doubled."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import uuid
from collections import Counter
from pathlib import Path

import pytest

from shared.adapters.blob_lake import blob_service
from shared.adapters.table_store import TableStore, table_service
from shared.context import Context
from shared.contracts.places import BRONZE, GOLD, PIPELINE
from tests.pipeline import SETTINGS, Pipeline
from tests.workspace import AzuriteLake, Worker, emulator

pytestmark = pytest.mark.azurite

_ROOT = Path(__file__).parents[2]
_SECONDS = 120
_KILLS = 6
_FILES = 40
_PROCESS = """
import os, sys
from shared.adapters.table_store import TableStore, table_service
from shared.context import Context
from shared.errors import PipelineError
context = Context()
context.replace(tables=TableStore(table_service(os.environ["LakeStorage"]), sys.argv[1]))
while True:
    print("looking", flush=True)
    for look in (context.sweep, context.reconcile):
        try:
            look()
        except PipelineError as error:
            print(error, flush=True)
"""


def test_processes_that_are_killed_at_any_moment_lose_and_double_nothing(azurite: str, tmp_path: Path) -> None:
    service = blob_service(azurite)
    unique = uuid.uuid4().hex[:12]
    landing, table = f"finance-{unique}", f"t{unique}"
    existing = {container.name for container in service.list_containers()}
    for name in {landing, BRONZE, GOLD, PIPELINE} - existing:
        service.create_container(name)
    pipeline = Pipeline()
    pipeline.lake = AzuriteLake(service)  # type: ignore[assignment] # it has what the twin has
    worker = Worker(pipeline)
    settings = SETTINGS | {
        "LakeStorage": azurite,
        "AzureWebJobsStorage": azurite,
        "DATAVERSE_CONTAINERS": f"dataverse-{unique}",
        "FINANCE_CONTAINER": landing,
        "WRITE_QUIET_SECONDS": "0",
        "DISPATCH_QUIET_SECONDS": "0.2",
        "RUN_BACK_OFF_SECONDS": "0.2",
        "HINT_QUEUE": f"q{unique}",
    }
    settings.pop("CUSTOMER_INSIGHTS_REFRESH")
    chance = random.Random(360)
    with emulator(worker, tmp_path) as workspace:
        settings["DATABRICKS_HOST"] = workspace.url

        def start() -> subprocess.Popen[str]:
            environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT)} | settings
            process = subprocess.Popen(
                [sys.executable, "-c", _PROCESS, table], env=environment, stdout=subprocess.PIPE, text=True, cwd=tmp_path
            )
            assert process.stdout is not None
            assert process.stdout.readline() == "looking\n"
            return process

        for kill in range(_KILLS):
            for number in range(kill, _FILES, _KILLS):
                service.get_blob_client(landing, f"a/{number}.csv").upload_blob(
                    f"cid,income\n{number},1\n{number},2\n".encode()
                )
            process = start()
            try:
                time.sleep(chance.uniform(0.1, 1.5))  # any moment will do: that is the point
            finally:
                process.kill()
                process.communicate()
        tables = TableStore(table_service(azurite), table)
        status = Context(settings).replace(tables=tables).status
        process = start()
        try:
            until = time.monotonic() + _SECONDS
            while not status().idle:
                assert time.monotonic() < until, status()
                assert process.poll() is None
                time.sleep(0.3)
        finally:
            process.kill()
            process.communicate()

    ledger = Context(settings).replace(tables=tables).ledger
    parts = [known.record for known in ledger.parts_in(landing)]
    assert len(parts) == _FILES
    assert sum(part.rows for part in parts) == sum(part.records for part in parts) == 2 * _FILES
    assert ledger.tally(landing)["ingested"] == _FILES
    given: Counter[str] = Counter()
    for batch in ledger.batches():
        assert batch.state == "succeeded"
        given.update(part.part_id for part in pipeline.manifest(batch.batch_id).parts)
    assert given == Counter(part.part_id for part in parts)
    assert worker.runs == len(list(ledger.batches()))
