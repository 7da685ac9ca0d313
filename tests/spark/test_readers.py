"""A reader that polls all the time sees exactly one complete publication, whatever the job and the functions do meanwhile."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.memory import MemoryLake
from shared.contracts.codec import encoded
from shared.contracts.outcome import read_outcome, write_outcome
from shared.contracts.places import GOLD, GOLD_MANIFEST, PIPELINE, PUBLICATION_RECORDS, divided, publication_record, whole
from shared.orchestration.publish import Published, publish
from spark_jobs.gold import task as gold
from spark_jobs.lake import Lake
from tests.spark.conftest import START, Pipeline, customer, rows_of

pytestmark = pytest.mark.spark

LAYOUTS = ("publications", "full_data", "incremental")
#: Batches a day apart, and a grace of one day: the first publication goes while the last one comes.
_BATCHES, _BETWEEN, _GRACE_DAYS = 4, timedelta(days=1), 1


@dataclass(kw_only=True)
class Reader:
    """Reads the manifest, then all files that it lists, over and over, and each time that something was deleted.

    And the files of the manifest before, which has its grace.
    """

    pipeline: Pipeline
    lake: MemoryLake = field(default_factory=MemoryLake)
    published: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    looking: threading.Lock = field(default_factory=threading.Lock)
    before: dict[str, Any] | None = None  # the manifest that it saw before the newest
    seen: list[tuple[str, frozenset[str], int]] = field(default_factory=list)  # publication, batches its rows are of, customers

    def poll(self) -> None:
        while not self.stop.is_set():
            self.look()
            self.stop.wait(0.1)  # the machine is the job's, too

    def look(self) -> None:
        with self.looking:
            if self.lake.head(GOLD, GOLD_MANIFEST) is None:
                return
            manifest = json.loads(b"".join(self.lake.read(GOLD, GOLD_MANIFEST)))
            self.seen.append(self.read(manifest))
            if self.before is not None:
                self.seen.append(self.read(self.before))  # a refresh that began before the swap and takes its time
            if self.before is None or self.before["explanation"] != manifest["explanation"]:
                self.before = manifest

    def read(self, manifest: dict[str, Any]) -> tuple[str, frozenset[str], int]:
        customers = self.rows(manifest, "customer")
        finance = [row for row in self.rows(manifest, "customer_finance") if row["is_current"]]
        assert len({row["cid"] for row in customers}) == len(customers)
        values = {row["name"] for row in customers} | {f"batch {row['visits']}" for row in [*customers, *finance]}
        return manifest["explanation"], frozenset(values), len(customers)

    def rows(self, manifest: dict[str, Any], table: str) -> list[dict[str, Any]]:
        return rows_of(manifest, table, Path(self.pipeline.lake.path("gold")))

    def judge(self) -> None:
        """Hold what was seen to what was published."""
        layout = self.pipeline.configuration.gold.layout
        assert {publication for publication, _, _ in self.seen} >= set(self.published[1:-1]), (
            "it looked often enough to see each"
        )
        for publication, batches, customers in self.seen:
            number = self.published.index(publication) + 1
            assert batches == {f"batch {number}"}, f"rows of one batch only, in every table of {layout}"
            assert customers == number
        records = {file.place for file in self.pipeline.lake.files(whole(PIPELINE, PUBLICATION_RECORDS))}
        assert records == {whole(PIPELINE, publication_record(name)) for name in self.published[1:]}, (
            f"the oldest of {layout} was collected meanwhile"
        )
        if layout == "full_data":  # else a file without rows may be named again
            assert self.pipeline.lake.folders("gold/customer") == self.published[1:]


def test_a_reader_always_sees_one_whole_publication(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design, rule 6. The job writes, stages and collects; the functions publish, twice at once, as webhook and timer do."""
    pipeline.models = [model for model in pipeline.models if model.name.startswith("customer")]
    readers = [Reader(pipeline=pipeline.beside(layout=layout, grace_days=_GRACE_DAYS)) for layout in LAYOUTS]
    real_delete = Lake.delete

    def delete(lake: Lake, place: str) -> None:
        real_delete(lake, place)
        for reader in readers:
            reader.look()

    monkeypatch.setattr(Lake, "delete", delete)
    with ThreadPoolExecutor(max_workers=2 + len(readers)) as pool:
        polling = [pool.submit(reader.poll) for reader in readers]
        try:
            for number in range(1, _BATCHES + 1):
                batch_id = _merged(pipeline, number)
                for reader, polls in zip(readers, polling, strict=True):
                    reader.pipeline.take(batch_id, pipeline)
                    reader.published.append(_published(reader.pipeline, batch_id, number, reader.lake, pool))
                    assert not polls.done(), polls.exception()
        finally:
            for reader in readers:
                reader.stop.set()
        for polls in polling:
            polls.result()
    for reader in readers:
        reader.judge()


def _merged(pipeline: Pipeline, number: int) -> str:
    """Merge the batch that gives every customer this number, and one customer more."""
    pipeline.land([customer(str(n), number, crc33_name=f"batch {number}") for n in range(number)], hours=number)
    lines = "\n".join(f"{n},{number}" for n in range(number))
    pipeline.finance(f"cid,visits\n{lines}", hours=number)
    batch_id = pipeline.manifest()
    pipeline.silver(batch_id)
    return batch_id


def _published(pipeline: Pipeline, batch_id: str, number: int, lake: MemoryLake, pool: ThreadPoolExecutor) -> str:
    """Make gold of a batch, and publish it as the functions do."""
    batch = pipeline.batch(batch_id)
    outcome = gold.run(pipeline.spark, pipeline.lake, batch, pipeline.models, now=lambda: START + _BETWEEN * number)
    assert outcome.staged_manifest is not None
    staged = Path(pipeline.lake.path(outcome.staged_manifest)).read_bytes()
    lake.put(*divided(outcome.staged_manifest), staged)
    for file in pipeline.lake.files("gold/customer") + pipeline.lake.files("gold/customer_finance"):
        lake.put(*divided(file.place), b"as the job wrote it")  # publishing looks whether all that is named is there
    told = read_outcome(write_outcome(outcome), batch_id)
    assert list(pool.map(lambda _: publish(lake, told), range(2))) == [Published.DONE] * 2
    pipeline.publish(encoded(outcome))  # the job's own look at what is published: the reader's is the lake's
    return str(outcome.publication)
