"""Random streams of events through silver and gold: what is published is a function of the events alone."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from spark_jobs.gold.readiness import inspect
from tests.spark.cdc_oracle import Event, history
from tests.spark.conftest import CUSTOMER, START, Pipeline, customer
from tests.spark.gold_oracle import Finance, customers, finance_history
from tests.spark.test_history import landed, stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.contracts.outcome import Finding

pytestmark = pytest.mark.spark

_KEYS = 14
#: One stream here, another over Connect (`test_connect.py`), where Spark compiles its expressions.
_IS_CLIENT = bool(os.environ.get("SPARK_REMOTE"))
_SEED = 21 if _IS_CLIENT else 22


#: Name of a customer -> telephone number as it landed; what is in gold of it, where numbers without a country code are Spain's.
_PHONES = {"x": "+1 206-555-0142", "y": "912 34 56 78", "z": "nobody's"}
_NUMBERS: dict[str | None, str | None] = {"x": "+12065550142", "y": "+34912345678"}


@dataclass(kw_only=True)
class Stream:
    """Some random events, dealt out to batches; files of finance data land at times of their own."""

    customers: list[list[Event]]
    finance: list[list[list[Finance]]]  # batch, file, record
    cids: dict[str, str] = field(default_factory=dict)

    @property
    def all_customers(self) -> list[Event]:
        return [event for batch in self.customers for event in batch]

    @property
    def all_finance(self) -> list[Finance]:
        return [record for batch in self.finance for file in batch for record in file]


def stream(seed: int, batches: int) -> Stream:
    """Make customers that share ids or have none, a fifth deletes, duplicates, late events, and finance files in any order."""
    random_ = random.Random(seed)
    cids = {f"k{n}": random_.choice([str(n % 9), str(n % 9), " ", f" {n % 9} "]) for n in range(_KEYS)}
    made: dict[tuple[str, int], Event] = {}
    for _ in range(_KEYS * 7):
        key, version, deleted = f"k{random_.randrange(_KEYS)}", random_.randrange(1, 40), random_.random() < 0.2
        values: dict[str, Any] = {} if deleted else {"value": random_.choice("xyz"), "note": random_.choice("mn")}
        made.setdefault((key, version), Event(key=key, version=version, sink=version, deleted=deleted, **values))
    events = [*made.values(), *random_.sample(list(made.values()), 12)]
    random_.shuffle(events)
    hours = random_.sample(range(2, 60), 2 * batches)
    files = [
        [
            Finance(cid=str(random_.randrange(11)), hours=at, record=n, spend=random_.choice(["1", "2.5", "300"]))
            for n in (1, 2, 3, 4)
        ]
        for at in hours
    ]
    size = len(events) // batches + 1
    return Stream(
        customers=[events[start : start + size] for start in range(0, len(events), size)],
        finance=[files[n::batches] for n in range(batches)],
        cids=cids,
    )


def land(pipeline: Pipeline, made: Stream, batches: Sequence[int]) -> None:
    """Land some batches of a stream, and a record without a key."""
    rows = [
        landed(event) | {"crc33_cid": made.cids[event.key], "crc33_telephone": _PHONES.get(event.value or "")}
        for n in batches
        for event in made.customers[n]
    ]
    pipeline.land([*rows, customer("", 1)], CUSTOMER | {"crc33_telephone": "string"})
    for file in (file for n in batches for file in made.finance[n]):
        text = "\n".join(f"{one.cid},{one.spend}" for one in file)
        pipeline.finance(f"cid,spend\n{text}", hours=file[0].hours, file=f"{file[0].hours}.csv")


def gold(pipeline: Pipeline) -> tuple[dict[str, Any], list[tuple[Any, ...]]]:
    """Return what is published, in the oracle's form; no id stands twice."""
    profiles, states = pipeline.published("customer"), pipeline.published("customer_finance")
    found = (
        {row["cid"]: (row["name"], row["email"], row["phone_e164"], row["spend"]) for row in profiles},
        sorted([(row["cid"], row["spend"], row["recorded_at"], row["replaced_at"]) for row in states], key=str),
    )
    assert len(found[0]) == len(profiles)
    assert len({row["finance_id"] for row in states}) == len(states)
    return found


def judged(pipeline: Pipeline) -> list[Finding]:
    """Return what the readiness check finds in what is published."""
    return list(inspect(Path(pipeline.lake.path("gold"))))


#: Over Connect, one layout is enough of the dear.
_LAYOUTS = ("publications", *(() if _IS_CLIENT else ("incremental",)))


def test_gold_of_any_batches_is_what_plain_python_computes_of_all_events(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in batches of many rows; those of few are those of other tests.
    for module in ("driver", "gold.parquet.touched"):
        monkeypatch.setattr(f"spark_jobs.{module}.MOST_IN_DRIVER", 0)
    pipeline.configure(table={"untracked": ("email",)}, gold={"phone_region": "ES"})
    whole = replace(pipeline, folder=tmp_path / "whole", parts=[], schemas={}, tables={})
    lakes = [pipeline.beside(layout=layout) for layout in _LAYOUTS]
    made = stream(_SEED, batches=2)
    publications = []
    for batch in range(2):
        if batch and _IS_CLIENT:
            # Many numbers are read where they are, in processes of Python: once, as on serverless compute.
            monkeypatch.setattr("spark_jobs.gold.models.inputs.MOST_IN_DRIVER", 0)
        land(pipeline, made, [batch])
        batch_id = pipeline.manifest()
        pipeline.silver(batch_id)
        for lake in lakes:
            lake.take(batch_id, pipeline)
            outcome = lake.show(batch_id)
            publications.append(outcome["publication"])
            counts = outcome["entities"]["customer"]
            assert (counts["rejected"], counts["rules"]["key:Id"]) == (1, 1)
            assert counts["read"] == counts["applied"] + counts["superseded"] + counts["duplicates"] + counts["rejected"]
            assert {one.trap for one in judged(lake)} <= {"rows_merged", "numbers_lost"}
            assert not batch or outcome["base_publication"] == publications[0]
    assert stored(pipeline) == history(made.all_customers)
    expected = (
        customers(made.all_customers, made.all_finance, made.cids, _NUMBERS),
        finance_history(made.all_finance, START),
    )

    monkeypatch.undo()
    land(whole, made, range(2))
    whole.run()
    assert gold(whole) == expected, "one full build publishes the same"
    for lake in lakes:
        assert gold(lake) == expected
        ids = [{row["finance_id"] for row in one.published("customer_finance")} for one in (lake, whole)]
        assert ids[0] == ids[1], "under the same keys"
        assert [one.trap for one in judged(lake)] == ["rows_merged", "numbers_lost"]
        assert judged(lake) == judged(whole), "of all rows, and not only of those that a batch changed"
