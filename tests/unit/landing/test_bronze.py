"""The columns that parts are bound to, as several processes see them."""

from __future__ import annotations

import pytest

from shared.contracts.places import BRONZE
from tests.pipeline import CONTACT, DATAVERSE, MODEL, Pipeline, contact, model

WIDER = (*CONTACT, "city")


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def test_a_process_finds_columns_that_another_one_kept_and_so_dispatches_its_parts(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    first, second = pipeline.fresh_context(), pipeline.fresh_context()
    assert len(first.bronze.schemas(DATAVERSE, "contact")) == 1
    pipeline.lake.put(DATAVERSE, MODEL, model(*WIDER))
    pipeline.clock.advance(20)
    pipeline.lake.put(DATAVERSE, "contact/2025.csv", contact(2))
    second.ingest(DATAVERSE, "contact/2025.csv")
    pipeline.clock.advance(100)
    first.reconcile()
    (run,) = pipeline.jobs.runs.values()
    assert len(pipeline.manifest(run.batch_id).schemas) == 2


def test_a_process_that_does_not_know_the_columns_of_a_file_still_sees_that_they_moved(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    first, second = pipeline.fresh_context(), pipeline.fresh_context()
    first.bronze.schemas(DATAVERSE, "contact")
    pipeline.lake.put(DATAVERSE, MODEL, model(*WIDER))
    pipeline.clock.advance(20)
    pipeline.lake.put(DATAVERSE, "contact/2025.csv", contact(2)[:-2] + b",Graz\r\n")
    second.ingest(DATAVERSE, "contact/2025.csv")
    moved = (CONTACT[0], "city", *CONTACT[1:])
    pipeline.lake.put(DATAVERSE, MODEL, model(*moved))
    pipeline.clock.advance(20)
    pipeline.lake.append(DATAVERSE, "contact/2025.csv", contact(3)[:-2] + b",Wien\r\n")
    record = first.ingest(DATAVERSE, "contact/2025.csv")
    assert (record.state, record.reason) == ("rejected", "columns_moved")


def test_a_process_takes_a_row_that_is_as_narrow_as_columns_that_another_one_met(pipeline: Pipeline) -> None:
    # Dataverse order: the flag does not end the row, so what the table had before says which widths are legal.
    columns = ("Id:guid", "SinkModifiedOn:dateTime", "IsDelete:boolean", "fullname", "versionnumber:int64")
    pipeline.lake.put(DATAVERSE, MODEL, model(*columns, "city"))
    pipeline.land(DATAVERSE, "contact/2023.csv", b'1,"6/28/2021 4:34:35 PM",,"Ada",1,"Graz"\r\n')
    first, second = pipeline.fresh_context(), pipeline.fresh_context()
    first.ingest(DATAVERSE, "contact/2023.csv")
    first.bronze.schemas(DATAVERSE, "contact")
    pipeline.lake.put(DATAVERSE, MODEL, model(*columns))  # as a second host still has it
    pipeline.lake.put(DATAVERSE, "contact/2024.csv", b'2,"6/28/2021 4:34:35 PM",,"Eve",1\r\n')
    second.ingest(DATAVERSE, "contact/2024.csv")
    pipeline.lake.put(DATAVERSE, MODEL, model(*columns, "city"))
    pipeline.clock.advance(20)
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", b'3,"6/28/2021 4:34:35 PM",,"Bob",1\r\n')
    record = first.ingest(DATAVERSE, "contact/2024.csv")
    assert (record.state, record.records, record.rejects) == ("ingested", 2, 0)


def test_columns_that_are_gone_from_bronze_park_the_batch_with_the_cause_and_no_other(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    for blob in list(pipeline.lake.list(BRONZE, "_schemas/")):
        pipeline.lake.remove(BRONZE, blob.path)
    pipeline.start()
    pipeline.tick(100)
    (batch,) = pipeline.context.ledger.batches()
    assert (batch.state, batch.holds) == ("parked", True)
    assert "bronze does not hold the columns" in batch.cause
    pipeline.land("finance", "customer_finance.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    assert [batch.state for batch in pipeline.context.ledger.batches(state="succeeded")] == ["succeeded"]
