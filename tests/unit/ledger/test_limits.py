"""Whatever landed, what the ledger writes fits into Table Storage."""

from __future__ import annotations

import pytest

from shared.adapters.memory import MemoryTables
from shared.errors import LedgerChanged, ServiceRefused, ServiceUnavailable
from shared.ledger.records import Batch
from shared.ledger.rows import LONGEST_TEXT, known_as, values_of
from shared.ports import Row, Write
from tests.pipeline import FINANCE, Pipeline


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_a_thousand_files_with_long_names_are_published(pipeline: Pipeline) -> None:
    for number in range(1000):
        pipeline.lake.put(FINANCE, f"{number:04d}{'long' * 28}/2026.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    batches = list(pipeline.context.ledger.batches(state="succeeded"))
    assert sum(batch.parts for batch in batches) == 1000
    assert len({entity for batch in batches for entity in batch.entities}) == 1000
    assert len(batches) == 1


def test_a_thousand_entities_that_fail_are_dissolved_and_parked(pipeline: Pipeline) -> None:
    for number in range(1000):
        pipeline.lake.put(FINANCE, f"{number:04d}{'long' * 28}/2026.csv", b"cid,income\n1,10\n")
    pipeline.tick()
    pipeline.tick(100)
    pipeline.fail_runs("client_error", "RUN_EXECUTION_ERROR")
    pipeline.tick()
    assert len(list(pipeline.context.ledger.batches(state="dissolved"))) == 1
    into = [batch for batch in pipeline.context.ledger.batches() if batch.parent]
    assert len({entity for batch in into for entity in batch.entities}) == 1000


def test_a_header_of_thousands_of_columns_is_recorded_whatever_is_told_of_it(pipeline: Pipeline) -> None:
    wide = ",".join(f"column_with_a_long_name_{number:05d}" for number in range(3000)).encode()
    pipeline.land(FINANCE, "wide/1.csv", b"cid\n1\n")
    pipeline.land(FINANCE, "wide/2.csv", b"cid," + wide + b"\n1\n")
    assert pipeline.context.ledger.file(FINANCE, "wide/2.csv").record.state in {"ingested", "rejected"}


def test_a_long_text_is_cut_and_a_long_list_is_not() -> None:
    names = tuple(f"{number:04d}{'x' * 100}" for number in range(1000))
    batch = Batch(batch_id="b", created_at=Pipeline().clock(), entities=names, cause="y" * 50_000)
    tables = MemoryTables()
    tables.commit("p", [Write(kind="insert", key="r", values=values_of(batch))])
    row = tables.get("p", "r")
    assert row is not None
    read = known_as(Batch, row).record
    assert (read.entities, len(read.cause), read.cause[-1]) == (names, LONGEST_TEXT, "…")


def test_a_refusal_of_the_ledger_in_a_sweep_poisons_nothing_and_is_told(pipeline: Pipeline) -> None:
    pipeline.lake.put(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")

    class Forbidding:
        def __getattr__(self, name: str) -> object:
            return getattr(pipeline.tables, name)

        def commit(self, partition: str, writes: object) -> None:
            raise ServiceRefused("table storage", "AuthorizationPermissionMismatch", "status 403")

    with pytest.raises(ServiceRefused):
        pipeline.fresh_context().replace(tables=Forbidding()).sweep()
    pipeline.settle()
    assert pipeline.context.ledger.file(FINANCE, "customer_finance.csv").record.state == "ingested"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ServiceRefused),
        (403, ServiceRefused),
        (413, ServiceRefused),
        (404, LedgerChanged),
        (409, LedgerChanged),
        (412, LedgerChanged),
        (408, ServiceUnavailable),
        (429, ServiceUnavailable),
        (500, ServiceUnavailable),
        (503, ServiceUnavailable),
    ],
)
def test_a_transaction_that_is_refused_says_what_to_do(status: int, error: type[Exception]) -> None:
    from azure.data.tables import TableServiceClient

    from shared.adapters.table_store import TableStore
    from shared.adapters.table_transaction import TransactionRefusedError

    store = TableStore(TableServiceClient.from_connection_string("UseDevelopmentStorage=true"), "t")

    class Refusing:
        def send(self, *_: object) -> None:
            raise TransactionRefusedError(status, 0)

    vars(store)["_client"] = object()
    vars(store)["_transactions"] = Refusing()
    with pytest.raises(error):
        store.commit("p", [Write(kind="insert", key="a"), Write(kind="insert", key="b")])


def test_a_row_of_before_is_read() -> None:
    row = Row(partition="p", key="r", values={"batch_id": "b", "created_at": Pipeline().clock(), "entities": "a,b"})
    assert known_as(Batch, row).record.entities == ("a", "b")
