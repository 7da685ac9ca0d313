"""The number and order of events do not matter: any interleaving keeps the rules and ends where state says (design, section 3).

Hypothesis lands files, delivers events once, twice, late or never, calls back truly and falsely, ticks timers, breaks
services, kills one of two hosts, parks, un-parks, discards, reprocesses, rebuilds, repairs runs in the workspace and erases, in
any order; the invariants hold after each step, and in the end everything that landed is published exactly once, and nothing
of what was erased is left. A slice is a row, so that a snapshot has more parts
than one transaction of the ledger holds.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.api.erasure import read_erasure
from shared.api.reprocess import read_request
from shared.api.runs import NotParked
from shared.context import Context
from shared.contracts.places import GOLD, GOLD_MANIFEST, PIPELINE, batch_manifest, publication_name
from shared.errors import Retry, ServiceUnavailable
from shared.landing.poison import PoisonMessage
from shared.ledger.states import FILE_STATES
from shared.orchestration.publish import publication_of
from shared.orchestration.reprocess import RequestConflicts
from tests.examples import examples
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model

FILES = [(DATAVERSE, "contact/2023.csv"), (DATAVERSE, "contact/2024.csv"), (FINANCE, "customer_finance.csv")]
PORTS = ("lake", "tables", "jobs", "customer_insights", "hints")
TERMINATIONS = ["internal_error", "cloud_failure", "skipped", "client_error", "cancelled"]


class Faulty:
    """A port whose n-th call from now fails, before it or after it took effect."""

    def __init__(self, port: Any) -> None:
        self.port = port
        self.fail_in = -1
        self.after = False

    def __getattr__(self, name: str) -> Any:
        target = getattr(self.port, name)
        if not callable(target):
            return target

        def call(*arguments: Any, **options: Any) -> Any:
            self.fail_in -= 1
            if self.fail_in == 0 and not self.after:
                raise ServiceUnavailable(name, "fault")
            answer = target(*arguments, **options)
            if self.fail_in == 0:
                raise ServiceUnavailable(name, "fault after")
            return answer

        return call


class Interleavings(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.pipeline = Pipeline()
        self.ports = {name: Faulty(getattr(self.pipeline, name)) for name in PORTS}
        self.events: list[tuple[str, str]] = []
        self.landed: dict[tuple[str, str], int] = {}  # records of the newest version
        self.number = 0
        self.erased: set[str] = set()
        self.hosts = [self.host(), self.host()]
        self.context = self.hosts[0]

    @initialize()
    def export_the_model(self) -> None:
        self.pipeline.lake.put(DATAVERSE, MODEL, model(*CONTACT))

    # What happens outside -------------------------------------------------------------------------------------------

    # Few rules with many choices: Hypothesis leaves whole rules out of a run, and without landing there is nothing to see.

    @rule(
        where=st.sampled_from(FILES),
        rows=st.sampled_from([1, 2, 3, 3, 60]),
        event=st.sampled_from(["now", "now", "late", "twice", "lost"]),
    )
    def land(self, where: tuple[str, str], rows: int, event: str) -> None:
        self.number += rows
        if where[0] == DATAVERSE:
            rows = min(rows, 3)
            before = self.pipeline.lake.content(*where) if where in self.landed else b""
            data = before + b"".join(contact(self.number + row) for row in range(rows))
            self.landed[where] = self.landed.get(where, 0) + rows
        else:
            data = b"cid,income\n" + b"".join(f"{self.number + row},{row}\n".encode() for row in range(rows))
            self.landed[where] = rows
        self.pipeline.lake.put(*where, data)
        for _ in range({"now": 1, "twice": 2}.get(event, 0)):
            self.quietly(lambda: self.context.landing(*where))
        if event == "late":
            self.events.append(where)

    @rule(
        seconds=st.sampled_from([0, 11, 11, 45]),
        what=st.sampled_from(["reconcile", "reconcile", "reconcile", "sweep", "late event", "callback", "poison"]),
        run=st.one_of(st.none(), st.integers(1000, 1005), st.text(max_size=3)),
        where=st.sampled_from(FILES),
        port=st.sampled_from(["", "", "", "jobs", *PORTS]),
        calls=st.sampled_from([1, 1, 2, 3, 5, 9, 50]),
        after=st.booleans(),
        host=st.sampled_from([0, 0, 1]),
    )
    def look(
        self, seconds: float, what: str, run: object, where: tuple[str, str], port: str, calls: int, after: bool, host: int
    ) -> None:
        self.context = self.hosts[host]
        self.pipeline.clock.advance(seconds)
        if port:
            self.ports[port].fail_in, self.ports[port].after = calls, after
        if what == "sweep":
            self.quietly(self.context.sweep)
        elif what == "late event" and self.events:
            late = self.events.pop()
            self.quietly(lambda: self.context.landing(*late))
        elif what == "callback":
            event = {"event_type": "jobs.on_success", "run": {"run_id": run}}
            self.quietly(lambda: self.context.callback(event))
        elif what == "poison":
            blob = self.pipeline.lake.head(*where)
            message = PoisonMessage(container=where[0], path=where[1], version=blob.etag if blob else "", function="f")
            self.quietly(lambda: self.context.poison(message))
        self.quietly(self.context.reconcile)

    @rule(end=st.sampled_from(["well", "well", "well", *TERMINATIONS]), refresh=st.booleans())
    def end_a_run(self, end: Any, refresh: bool) -> None:
        if end == "well":
            self.pipeline.end_runs()
        else:
            self.pipeline.fail_runs(end)
        if refresh:
            self.pipeline.end_refreshes()

    @rule(
        what=st.sampled_from(
            [
                *({"table": "contact"}, {"stage": "silver", "source": "finance"}, {"stage": "silver", "table": "contact"}),
                *({"stage": "gold"}, "unpark", "unpark", "discard", "repair", "erase"),
            ]
        )
    )
    def act(self, what: dict[str, str] | str) -> None:
        acts = {"unpark": self.unpark_all, "discard": self.discard_all, "repair": self.repair_all, "erase": self.erase_one}
        if isinstance(what, str):
            self.quietly(acts[what])
            return
        request = read_request({**what, "request_id": str(self.number % 3)}, (DATAVERSE, FINANCE))
        with suppress(Retry, RequestConflicts):  # the id may belong to another request
            self.context.reprocess(request)

    @rule()
    def restart_the_process(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.hosts[0] = self.context = self.host()

    def host(self) -> Context:
        context = self.pipeline.fresh_context().replace(**self.ports)
        return context.replace(settings=replace(context.settings, slice_bytes=1))

    # What always holds ----------------------------------------------------------------------------------------------

    @invariant()
    def at_most_one_run_is_active(self) -> None:
        running = [run for run in self.pipeline.jobs.runs.values() if run.state == "running"]
        assert len(running) <= 1

    @invariant()
    def records_are_rows_and_rejects_once_each(self) -> None:
        ledger = self.pipeline.fresh_context().ledger
        for container, path in self.landed:
            taken: dict[int, int] = {}
            for known in ledger.parts_of(container, path):
                part = known.record
                assert part.records == part.rows + part.rejects + part.erased
                assert part.start >= taken.get(part.generation, 0)
                taken[part.generation] = part.end

    @invariant()
    def each_part_is_in_one_batch_and_each_waiting_part_in_none(self) -> None:
        ledger = self.pipeline.fresh_context().ledger
        takeable = {part.record.part_id for part in ledger.pending_parts(ledger.backlog((DATAVERSE, FINANCE)).parts)}
        parts = [part.record for name in (DATAVERSE, FINANCE) for part in ledger.parts_in(name)]
        for part in parts:
            if part.state == "pending" and part.part_id not in takeable:
                file = ledger.file(part.container, part.source_path).record
                assert part.whole
                assert (file.reading != "", file.generation) == (True, part.generation)
        given: dict[str, str] = {}
        for batch in ledger.batches():
            manifest = self.pipeline.lake.head(PIPELINE, batch_manifest(batch.batch_id, batch.listing))
            if manifest is None or not batch.is_of_new_parts:
                continue
            for listed in self.pipeline.manifest(batch.batch_id).parts:
                assert given.setdefault(listed.part_id, batch.batch_id) == batch.batch_id
        generations: dict[tuple[str, int], set[str]] = {}
        for part in parts:
            if part.whole:
                batch_id = given.get(part.part_id, "")
                generations.setdefault((part.source_file, part.generation), set()).add(batch_id)
        assert all(len(batches) == 1 for batches in generations.values()), "half of a snapshot"

    @invariant()
    def what_is_visible_was_verified(self) -> None:
        shown = self.pipeline.lake.head(GOLD, GOLD_MANIFEST)
        if shown is None:
            return
        publication = publication_of(self.pipeline.lake.content(GOLD, GOLD_MANIFEST)) or ""
        ledger = self.pipeline.fresh_context().ledger
        (batch,) = [batch for batch in ledger.batches() if publication_name(batch.batch_id) == publication]
        assert batch.state in {"succeeded", "submitted", "running"}  # the latter: published, and not yet recorded

    @invariant()
    def the_tally_counts_every_file(self) -> None:
        ledger = self.pipeline.fresh_context().ledger
        for container in (DATAVERSE, FINANCE):
            states = [known.record.state for known in ledger.files(container)]
            counted = {name: n for name, n in ledger.tally(container).items() if n and name in FILE_STATES}
            assert counted == {state: states.count(state) for state in set(states)}

    # And in the end -------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        """Mend everything, un-park, and let it come to rest: all that landed is published."""
        for port in self.ports.values():
            port.fail_in = -1
        self.restart()
        for document in ({"status": "poison", "request_id": "end"},):
            self.context.reprocess(read_request(document, (DATAVERSE, FINANCE)))
        for _ in range(60):
            self.pipeline.clock.advance(700)
            self.unpark_all()
            self.quietly(self.context.sweep)
            self.quietly(self.context.reconcile)
            self.pipeline.end_runs()
            self.pipeline.end_refreshes()
            left = [batch for batch in self.context.ledger.batches() if batch.state in {"parked", "discarded"}]
            if self.pipeline.is_idle and not left:
                break
        else:
            raise AssertionError(f"does not settle: {self.context.status()}")
        self.check_the_end()

    def check_the_end(self) -> None:
        ledger = self.context.ledger
        published: set[str] = set()
        for batch in [one for one in ledger.batches(state="succeeded") if not one.erasure]:
            published |= {part.part_id for part in self.pipeline.manifest(batch.batch_id).parts}
        for (container, path), records in self.landed.items():
            file = ledger.file(container, path).record
            assert (file.state, file.records) == ("ingested", records)
            newest = [p.record for p in ledger.parts_of(container, path) if p.record.generation == file.generation]
            assert sum(part.records for part in newest) == records
        self.check_what_was_erased()
        every = {part.record.part_id for name in (DATAVERSE, FINANCE) for part in ledger.parts_in(name)}
        assert every == published

    def check_what_was_erased(self) -> None:
        """Take away from landing what would bring it back, and let the lake's own retention pass: nothing is left."""
        for key in self.erased:  # whoever got no answer asks again
            self.context.erase(read_erasure({"table": "contact", "key": key, "request_id": key}))
        for container, path in self.landed if self.erased else ():
            self.pipeline.lake.remove(container, path)
        for _ in range(60 if self.erased else 0):
            self.pipeline.clock.advance(8 * 24 * 3600 / 4)
            self.unpark_all()
            self.quietly(self.context.sweep)
            self.quietly(self.context.reconcile)
            self.pipeline.end_runs()
            self.pipeline.end_refreshes()
            if self.pipeline.is_idle and not self.context.ledger.erasures():
                break
        assert self.context.ledger.erasures() == []
        held = {row["Id"] for row in self.pipeline.bronze("contact")}
        assert not held & self.erased

    def repair_all(self) -> None:
        """Have failed runs run again in the workspace: one that is concluded does nothing, and fails for that."""
        for run_id, run in list(self.pipeline.jobs.runs.items()):
            if run.state == "failed" and self.pipeline.is_concluded(run_id):
                self.pipeline.jobs.end(run_id, replace(run, termination="client_error"))
            elif run.state == "failed":
                self.pipeline.jobs.runs[run_id] = replace(run, state="running", termination=None)

    def erase_one(self) -> None:
        key = f"{self.number:08d}"
        if self.context.identities.of("contact") is None:
            return  # no contact landed yet
        self.erased.add(key)
        self.context.erase(read_erasure({"table": "contact", "key": key, "request_id": key}))

    def quietly(self, action: Any) -> None:
        with suppress(Retry):
            action()

    def unpark_all(self) -> None:
        for batch in [batch for batch in self.context.ledger.batches() if batch.state in {"parked", "discarded"}]:
            with suppress(NotParked):
                self.context.runs.unpark(batch.batch_id)

    def discard_all(self) -> None:
        for batch in list(self.context.ledger.batches(state="parked")):
            with suppress(NotParked):
                self.context.runs.discard(batch.batch_id)


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    max_examples=examples(60), stateful_step_count=40, suppress_health_check=list(HealthCheck)
)
