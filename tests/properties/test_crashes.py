"""Design, rule 8: a crash at any instant, then a restart, reaches the same result as no crash.

Every call that the pipeline makes to the outside, from landing to refresh, is a place to die: before the call, and after
it with the answer lost. For each place the process dies there, starts again, and the timers tick. What comes of it depends
on two things only, what was being done and what is stored by then: of the places at which both are the same (one reads, then
reads again), the process dies at the first.
"""

from __future__ import annotations

import hashlib
import pickle
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.api.erasure import read_erasure
from shared.api.reprocess import read_request
from shared.api.runs import NotParked
from shared.contracts.places import BRONZE
from shared.landing.poison import PoisonMessage
from shared.orchestration.reprocess import ReprocessRequest
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from shared.context import Context

PORTS = ("lake", "tables", "jobs", "customer_insights", "hints")
_OF_LAKE = ("head", "read", "open", "create", "replace", "delete", "list")
_CALLS = frozenset((*_OF_LAKE, "get", "range", "commit", "start", "run", "refresh", "job", "send"))


class Died(BaseException):
    """The process is gone: nothing catches this."""


class Place(NamedTuple):
    """A place to die: which call to the outside it is, and whether it takes effect."""

    call: int
    after: bool


class Countdown:
    """Kills the process at the n-th call to the outside, before it or after it; tells each place that is reached."""

    def __init__(self, at: int, *, after: bool, reached: Callable[[Place], None] = lambda _: None) -> None:
        self.calls = 0
        self._at = Place(at, after)
        self._reached = reached

    def around(self, port: Any) -> Any:
        """Wrap a port; once the process died, it can do nothing any more."""
        countdown = self

        class Dying:
            def __getattr__(self, name: str) -> Any:
                target = getattr(port, name)
                if name not in _CALLS:
                    return target

                def call(*arguments: Any, **options: Any) -> Any:
                    countdown.calls += 1
                    countdown._reach(after=False)
                    answer = target(*arguments, **options)
                    if name in {"read", "list", "range"}:
                        answer = iter(list(answer))
                    countdown._reach(after=True)
                    return answer

                return call

        return Dying()

    def _reach(self, *, after: bool) -> None:
        place = Place(self.calls, after)
        self._reached(place)
        if place == self._at:
            raise Died


class World(Pipeline):
    """A pipeline whose process dies at a given call and is started again by the next tick."""

    def __init__(self, at: int = 0, *, after: bool = False) -> None:
        #: The first place of each (action, stored state), where nothing dies.
        self.places: dict[tuple[int, bytes], Place] = {}
        self.countdown = Countdown(at, after=after, reached=(lambda _: None) if at else self._note)
        self.actions = 0
        self.died = False
        self.slice_bytes = 0  # 0: as the settings say
        super().__init__()

    def _note(self, place: Place) -> None:
        self.places.setdefault((self.actions, self._stored()), place)

    def _stored(self) -> bytes:
        """Fingerprint all that outlives the process: what the twins hold, and the time."""
        held = [vars(getattr(self, name)) for name in ("clock", *PORTS)]
        state = [{name: value for name, value in one.items() if name not in {"_lock", "_clock"}} for one in held]
        return hashlib.sha256(pickle.dumps(state)).digest()

    def start(self, **settings: str) -> Any:
        context = super().start(**settings)
        if self.slice_bytes:
            context.replace(settings=replace(context.settings, slice_bytes=self.slice_bytes))
        if not self.died:
            context.replace(**{name: self.countdown.around(getattr(self, name)) for name in PORTS})
        return context

    def survive(self, action: Callable[[Context], Any]) -> None:
        self.actions += 1
        try:
            action(self.context)
        except Died:
            self.died = True
            self.start()

    def deliver(self, container: str, path: str) -> None:
        self.survive(lambda context: context.landing(container, path))

    def tick(self, seconds: float = 0) -> None:
        self.clock.advance(seconds)
        self.survive(lambda context: context.sweep())
        self.survive(lambda context: context.reconcile())

    def settle(self, broken: Collection[str] = ()) -> None:
        for _ in range(80):  # longer than a file waits that was tried three times without an end
            self.tick(11)
            self.end_runs(broken)
            self.end_refreshes()
            if self.is_idle:
                return
        raise AssertionError(f"does not settle: {self.fresh_context().status()}")


def story(world: World) -> None:
    """Two waves through the whole chain, with a restart of a file, a reject, and a finance file in several versions."""
    world.lake.put(DATAVERSE, MODEL, model(*CONTACT))
    world.deliver(DATAVERSE, MODEL)
    world.lake.put(DATAVERSE, "contact/2024.csv", contact(1) + b'2,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n' + contact(3))
    world.deliver(DATAVERSE, "contact/2024.csv")
    world.lake.put(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n3,30\n")
    world.deliver(FINANCE, "customer_finance.csv")
    world.settle()
    world.lake.append(DATAVERSE, "contact/2024.csv", contact(3, "Grace", version=2) + contact(4)[:20])
    world.deliver(DATAVERSE, "contact/2024.csv")
    world.lake.put(FINANCE, "customer_finance.csv", b"cid,income\n1,11\n")
    world.deliver(FINANCE, "customer_finance.csv")
    world.settle()


def story_of_parking(world: World) -> None:
    """A batch of two entities fails for a fault of ours: it is dissolved, one is parked, and un-parked."""
    land_both(world)
    broken = {"contact"}
    world.settle(broken)
    world.survive(unpark_all)
    broken.clear()
    world.settle(broken)
    world.survive(unpark_all)  # the one that died asked in vain, or asked and lost the answer
    world.settle(broken)


def story_of_reprocessing(world: World) -> None:
    """Everything is read again, merged again and published again, each asked for twice by a client that got no answer."""
    land_both(world)
    world.settle()
    for document in ({"source": "dataverse"}, {"stage": "silver", "table": "contact"}, {"stage": "gold"}):
        request = read_request({**document, "request_id": str(document)}, (DATAVERSE, FINANCE))
        for _ in range(2):
            world.survive(partial(_ask, request=request))
        world.settle()


def _ask(context: Context, request: ReprocessRequest) -> None:
    context.reprocess(request)


def story_of_poison(world: World) -> None:
    """The host gives up on a file, which is taken again by reprocessing."""
    land_both(world)
    world.settle()
    blob = world.lake.append(DATAVERSE, "contact/2024.csv", contact(3))
    message = PoisonMessage(container=DATAVERSE, path="contact/2024.csv", version=blob.etag, function="on_dataverse_landed")
    for _ in range(2):  # the queue delivers again what was not seen to its end
        world.survive(lambda context: context.poison(message))
    world.settle()
    for _ in range(2):
        world.survive(lambda context: context.reprocess(read_request({"status": "poison", "request_id": "p"}, (DATAVERSE,))))
    world.settle()


def story_of_a_snapshot(world: World) -> None:
    """A file of more parts than a transaction holds lands; its batch is parked, discarded and taken back."""
    world.slice_bytes = 1
    world.start()
    world.lake.put(FINANCE, "customer_finance.csv", b"cid,income\n" + b"".join(b"%d,10\n" % n for n in range(47)))
    world.deliver(FINANCE, "customer_finance.csv")
    world.settle({"customer_finance"})
    for act in (discard_all, discard_all, unpark_all, unpark_all):
        world.survive(act)
    world.settle()


def story_of_an_erasure(world: World) -> None:
    """A person is forgotten, while landing would bring it back; a client that got no answer asks twice."""
    land_both(world)
    world.settle()
    request = read_erasure({"table": "contact", "key": f"{1:08d}", "request_id": "e"})
    for _ in range(2):
        world.survive(lambda context: context.erase(request))
    world.settle()
    world.lake.remove(DATAVERSE, "contact/2024.csv")
    world.tick(8 * 24 * 3600)
    world.settle()
    assert holding(world, f"{1:08d}") == 0


def story_of_labels(world: World) -> None:
    """The labels of two tables land in three export folders, the last of which is older than the one before it."""
    told = ((1, b"contact,color,1,,1033,Red\n"), (3, b"contact,color,1,,1033,Blue\naccount,color,2,,1033,Pink\n"))
    for hour, data in (*told, (2, b"contact,color,1,,1033,Grey\ncontact,color,3,,1033,Teal\n")):
        path = f"2026-11-23T0{hour}.00.00Z/OptionsetMetadata/OptionsetMetadata.csv"
        world.lake.put(DATAVERSE, path, data)
        world.deliver(DATAVERSE, path)
        world.settle()  # whatever died is done before the next file is there
    land_both(world)
    world.settle()


def story_of_a_tail(world: World) -> None:
    """A tail is held back until it is reported, and then gets complete."""
    land_both(world)
    world.lake.append(DATAVERSE, "contact/2024.csv", contact(3)[:20])
    world.deliver(DATAVERSE, "contact/2024.csv")
    world.settle()
    for _ in range(2):
        world.tick(3600)
    assert world.fresh_context().status().files.held_back == 1
    world.lake.append(DATAVERSE, "contact/2024.csv", contact(3)[20:])
    world.deliver(DATAVERSE, "contact/2024.csv")
    world.settle()


def land_both(world: World) -> None:
    world.lake.put(DATAVERSE, MODEL, model(*CONTACT))
    world.lake.put(DATAVERSE, "contact/2024.csv", contact(1) + b'2,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n')
    world.lake.put(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n3,30\n")
    for container, path in ((DATAVERSE, MODEL), (DATAVERSE, "contact/2024.csv"), (FINANCE, "customer_finance.csv")):
        world.deliver(container, path)


def unpark_all(context: Context) -> None:
    for batch in [batch for batch in context.ledger.batches() if batch.state in {"parked", "discarded"}]:
        with suppress(NotParked):
            context.runs.unpark(batch.batch_id)


def discard_all(context: Context) -> None:
    for batch in list(context.ledger.batches(state="parked")):
        with suppress(NotParked):
            context.runs.discard(batch.batch_id)


def holding(world: World, key: str) -> int:
    """How many blobs of bronze hold a text."""
    blobs = [world.lake.content(BRONZE, blob.path) for blob in world.lake.list(BRONZE) if blob.path.endswith(".parquet")]
    return sum(key in str(pq.read_table(pa.BufferReader(data)).to_pylist()) for data in blobs)


def blob_rows(world: World, path: str) -> int:
    part = world.lake.content(BRONZE, path.removeprefix(f"{BRONZE}/"))
    return int(pq.read_metadata(pa.BufferReader(part)).num_rows)


def result(world: World) -> dict[str, Any]:
    """What must not depend on a crash: rows, rejects, and what the ledger counts."""
    ledger = world.fresh_context().ledger
    files = [known.record for container in (DATAVERSE, FINANCE) for known in ledger.files(container)]
    parts = [part.record for file in files for part in ledger.parts_of(file.container, file.path)]
    succeeded = [batch for batch in ledger.batches() if batch.state == "succeeded"]
    accounted = sum(
        part.rows + part.rejects + part.erased == part.records and blob_rows(world, part.path) == part.rows for part in parts
    )
    assert accounted == len(parts)
    return {
        "contact": [(row["_record_number"], row["fullname"]) for row in world.bronze("contact")],
        "finance": [(row["cid"], row["income"]) for row in world.bronze("customer_finance", FINANCE)],
        "rejected": sorted({(row["_source_file"], row["_record_number"]) for row in world.rejected()}),
        "files": sorted((file.name, file.state, file.generation, file.records, file.rejects) for file in files),
        "parts": sorted((part.part_id, part.records, part.rows, part.rejects, part.state) for part in parts),
        "published rows": sum(batch.rows for batch in succeeded),
        "batches": sorted((batch.stage, batch.state, batch.entities, batch.rows) for batch in ledger.batches()),
        "tally": {
            container: {name: n for name, n in ledger.tally(container).items() if n} for container in (DATAVERSE, FINANCE)
        },
        "labels": [
            (known.table, world.lake.content(BRONZE, known.document))
            for known in world.fresh_context().labels.of([DATAVERSE], ["contact", "account"])
        ],
        "erasures": [
            (known.record.state, known.record.searches, known.record.silver, known.record.parts, known.record.records)
            for known in [ledger.erasure(f"e{hashlib.sha256(b'e').hexdigest()[:16]}")]
            if known
        ],
        "waits": bool(ledger.backlog((DATAVERSE, FINANCE))),
    }


def test_the_story_without_a_crash_accounts_for_every_record() -> None:
    world = World()
    story(world)
    told = result(world)
    assert [name for _, name in told["contact"]] == ["Ada", "Ada", "Grace"]
    assert told["finance"] == [("1", "10"), ("3", "30"), ("1", "11")]
    assert told["published rows"] == 6
    assert len(told["rejected"]) == 1


def test_the_story_of_labels_without_a_crash_has_the_newest() -> None:
    world = World()
    story_of_labels(world)
    (_, account), (_, known) = result(world)["labels"]
    assert b"Pink" in account
    assert b"Blue" in known
    assert b"Teal" in known


@pytest.mark.parametrize(
    "tell",
    [
        *(story, story_of_parking, story_of_reprocessing, story_of_poison, story_of_labels, story_of_a_tail),
        *(story_of_a_snapshot, story_of_an_erasure),
    ],
)
def test_a_crash_at_any_call_changes_nothing(tell: Callable[[World], None]) -> None:
    calm = World()
    tell(calm)
    expected = result(calm)
    assert calm.countdown.calls > 100
    assert len(calm.places) > 40, "each write is a place of its own"
    for at, after in calm.places.values():
        world = World(at, after=after)
        tell(world)
        assert world.died, f"call {at} was never made"
        assert result(world) == expected, f"differs after a crash {'after' if after else 'before'} call {at}"
