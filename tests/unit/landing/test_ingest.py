"""Landed files become bronze parts: each byte once, whatever the events say."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from shared.errors import LandedFileChanged
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model

if TYPE_CHECKING:
    pass


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def names(pipeline: Pipeline) -> list[str]:
    return [row["fullname"] for row in pipeline.bronze("contact")]


def file(pipeline: Pipeline, path: str = "contact/2024.csv", container: str = DATAVERSE) -> object:
    return pipeline.context.ledger.file(container, path).record


def test_rows_carry_their_lineage(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), contact(2, "Grace"))
    blob = pipeline.lake.head(DATAVERSE, "contact/2024.csv")
    assert blob is not None
    first, second = pipeline.bronze("contact")
    assert (first["fullname"], first["IsDelete"]) == ("Ada", None)
    assert (second["_source_file"], second["_record_number"]) == (f"{DATAVERSE}/contact/2024.csv", 2)
    assert (second["_source_version"], second["_landed_at"]) == (blob.etag, blob.modified_at)


def test_the_same_event_twice_is_one_part(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.context.landing(DATAVERSE, "contact/2024.csv")
    assert names(pipeline) == ["Ada"]


def test_only_the_new_bytes_of_a_growing_file_are_taken(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(2, "Grace"))
    pipeline.context.landing(DATAVERSE, "contact/2024.csv")
    assert names(pipeline) == ["Ada", "Grace"]
    assert [row["_record_number"] for row in pipeline.bronze("contact")] == [1, 2]
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.generation, record.records, record.offset) == (1, 2, len(contact(1) + contact(2, "Grace")))


def test_a_record_that_is_not_complete_waits_for_its_rest(pipeline: Pipeline) -> None:
    # Synapse Link, section 11: interrupted exports can cut the final row.
    whole = contact(2, "Grace\r\nHopper")
    pipeline.land_contacts(contact(1), whole[:25])
    assert names(pipeline) == ["Ada"]
    assert pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record.held_back == 25
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", whole[25:])
    pipeline.context.landing(DATAVERSE, "contact/2024.csv")
    assert names(pipeline) == ["Ada", "Grace\r\nHopper"]


def test_a_quote_that_never_closes_holds_the_tail_back_and_says_so(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), b'2,"6/28/2021 4:34:35 PM","never closed,1,\r\n3,a,b,1,\r\n')
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.state, record.reason, record.records) == ("ingested", "open_quote", 1)
    assert record.held_back == record.size - record.offset
    assert pipeline.rejected() == []


def test_a_file_that_shrank_is_read_as_a_new_generation(pipeline: Pipeline) -> None:
    # Synapse Link, section 5: size below offset means that the file restarted.
    pipeline.land_contacts(contact(1), contact(2), contact(3))
    pipeline.land_contacts(contact(9, "New"))
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.generation, record.records) == (2, 1)
    assert names(pipeline) == ["Ada", "Ada", "Ada", "New"]


def test_a_file_that_was_written_anew_and_is_longer_is_not_taken_for_one_that_grew(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.land_contacts(contact(7, "Other"), contact(8, "Another"))
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.generation, record.records) == (2, 2)
    assert names(pipeline) == ["Ada", "Other", "Another"]


def test_a_file_that_is_uploaded_again_longer_and_with_another_beginning_starts_anew(pipeline: Pipeline) -> None:
    rows = [contact(number) for number in range(1, 121)]  # more than the last bytes that are compared in any case
    pipeline.land_contacts(*rows)
    assert len(b"".join(rows)) > 4096 + len(rows[0])
    pipeline.land_contacts(contact(1, "Eve"), *rows[1:], contact(121))
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.generation, record.records) == (2, 121)
    assert names(pipeline)[120] == "Eve"
    pipeline.land_contacts(contact(1, "Eve"), *rows[1:], contact(121), contact(122))
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.generation, record.records) == (2, 122)


def test_a_file_that_grew_by_being_uploaded_again_is_not_read_again(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    pipeline.lake.remove(DATAVERSE, "contact/2024.csv")
    pipeline.clock.advance(60)
    pipeline.land_contacts(contact(1), contact(2, "Grace"))
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.generation, record.records) == (1, 2)
    assert names(pipeline) == ["Ada", "Grace"]


def test_a_large_file_becomes_several_parts(pipeline: Pipeline) -> None:
    pipeline.context.settings  # noqa: B018 - read before the slice size is replaced
    pipeline.start(SLICE_MEGABYTES="1")
    rows = [contact(number, "x" * 1000) for number in range(3000)]
    pipeline.land_contacts(*rows)
    parts = list(pipeline.context.ledger.parts_of(DATAVERSE, "contact/2024.csv"))
    assert len(parts) == 3
    assert [row["_record_number"] for row in pipeline.bronze("contact")] == list(range(1, 3001))
    assert parts[0].record.end == parts[1].record.start


def test_rows_wider_than_the_model_are_rejected_with_their_place(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1), b'2,"6/28/2021 4:34:35 PM","Too","many",1,,\r\n', contact(3, "Grace"))
    assert names(pipeline) == ["Ada", "Grace"]
    (reject,) = pipeline.rejected()
    assert (reject["_record_number"], reject["_byte_offset"]) == (2, len(contact(1)))
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.records, record.rejects, record.state) == (3, 1, "ingested")


def test_a_row_wider_than_a_stale_model_is_bound_to_the_new_one(pipeline: Pipeline) -> None:
    # Synapse Link, section 7.2: a row wider than the model means a stale model, so re-read it first.
    pipeline.land_contacts(contact(1))
    pipeline.lake.put(DATAVERSE, MODEL, model(*CONTACT, "nickname"))
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(2).replace(b"\r\n", b',"Gracie"\r\n'))
    pipeline.context.landing(DATAVERSE, "contact/2024.csv")
    assert [row.get("nickname") for row in pipeline.bronze("contact")] == [None, "Gracie"]
    assert pipeline.rejected() == []


def test_a_data_file_waits_for_its_model_and_the_sweep_takes_it(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1))
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.state, record.reason) == ("seen", "model_missing")
    assert not pipeline.context.status().idle
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.context.sweep()
    assert names(pipeline) == ["Ada"]


def test_waiting_again_does_not_fill_the_log(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1))
    for _ in range(5):
        pipeline.tick(60)
    assert len(list(pipeline.context.ledger.log_of_file(DATAVERSE, "contact/2024.csv"))) == 1


def test_an_in_place_export_is_refused_with_the_way_out(pipeline: Pipeline) -> None:
    # Synapse Link, section 3.2: no history, so unfit for append-only bronze; its model has no IsDelete.
    pipeline.land(DATAVERSE, MODEL, model("Id:guid", "fullname"))
    pipeline.land(DATAVERSE, "contact/2024.csv", b'1,"Ada"\r\n')
    record = pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record
    assert (record.state, record.reason) == ("rejected", "in_place_export")
    assert "Append only" in record.detail
    assert pipeline.bronze("contact") == []


@pytest.mark.parametrize("path", ["contact/Snapshot/2024_1.csv", "EntitySyncFailure/x.csv", "readme.txt"])
def test_what_is_no_table_file_is_ignored_and_told(pipeline: Pipeline, path: str) -> None:
    pipeline.land(DATAVERSE, path, b"anything")
    record = pipeline.context.ledger.file(DATAVERSE, path).record
    assert record.state == "ignored"
    assert record.reason


def test_an_event_from_a_foreign_container_does_nothing(pipeline: Pipeline) -> None:
    # Azure Functions, section 2: other containers' blobs still run the function.
    pipeline.lake.put("elsewhere", "contact/2024.csv", contact(1))
    assert pipeline.context.landing("elsewhere", "contact/2024.csv") is None


def test_an_event_for_a_file_that_is_gone_does_nothing(pipeline: Pipeline) -> None:
    pipeline.context.landing(DATAVERSE, "contact/2024.csv")
    assert list(pipeline.context.ledger.files(DATAVERSE)) == []


def test_a_file_that_keeps_changing_is_left_for_later(pipeline: Pipeline) -> None:
    class Restless:
        def __getattr__(self, name: str) -> object:
            return getattr(pipeline.lake, name)

        def open(self, container: str, path: str, **options: object) -> object:
            opened = pipeline.lake.open(container, path, **options)  # type: ignore[arg-type] # passes on what it got
            if path == "contact/2024.csv":
                pipeline.lake.append(container, path, contact(2))
            return opened

    pipeline.lake.put(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.lake.put(DATAVERSE, "contact/2024.csv", contact(1))
    restless = pipeline.start().replace(lake=Restless())
    with pytest.raises(LandedFileChanged):
        restless.landing(DATAVERSE, "contact/2024.csv")
    assert pipeline.bronze("contact") == []
    pipeline.start().landing(DATAVERSE, "contact/2024.csv")
    assert names(pipeline)[0] == "Ada"


@pytest.mark.parametrize(
    "path",
    [
        "OptionsetMetadata/OptionsetMetadata.csv",
        "2026-11-23T10.00.00Z/OptionsetMetadata/StateMetadata.csv",
        "Microsoft.Athena.TrickleFeedService/contact-EntityMetadata.json",
    ],
)
def test_choices_and_states_are_kept_as_they_landed_once_per_content(pipeline: Pipeline, path: str) -> None:
    # Synapse Link, section 10.
    for data in (b"{}", b"{}", b"{ }"):
        pipeline.land(DATAVERSE, path, data)
    kept = [pipeline.lake.content("bronze", blob.path) for blob in pipeline.lake.list("bronze", f"_metadata/{DATAVERSE}/")]
    assert sorted(kept) == [b"{ }", b"{}"]
    record = pipeline.context.ledger.file(DATAVERSE, path).record
    assert (record.state, record.reason) == ("ingested", "labels")


# Incremental folders (Synapse Link, sections 3.3 and 5)

FOLDER = "2026-11-23T10.00.00Z"


def open_folder(pipeline: Pipeline, name: str) -> None:
    pipeline.land(DATAVERSE, "Changelog/changelog.info", name.encode())


def test_a_folder_is_taken_once_it_is_closed_and_its_model_is_there(pipeline: Pipeline) -> None:
    open_folder(pipeline, FOLDER)
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", b"")
    assert pipeline.context.ledger.file(DATAVERSE, f"{FOLDER}/contact/2024.csv").record.reason == "folder_open"
    assert pipeline.context.status().idle  # its exporter is still writing: it waits for nobody here
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1) + contact(2, "Grace").rstrip())
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    open_folder(pipeline, "2026-11-23T10.15.00Z")
    pipeline.tick(20)
    assert names(pipeline) == ["Ada", "Grace"]


def test_a_delete_file_needs_no_special_name(pipeline: Pipeline) -> None:
    # Synapse Link, section 8: 1.csv usually, 4.csv was seen too.
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    open_folder(pipeline, "2026-11-23T10:15:00.0000000Z")
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/4.csv", b"1,,,9,True\r\n")
    assert [row["IsDelete"] for row in pipeline.bronze("contact")] == ["True"]


def test_a_model_that_lags_is_waited_for_and_then_the_folder_is_given_up(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    open_folder(pipeline, "2026-11-23T10.15.00Z")
    pipeline.tick(60)
    assert pipeline.context.ledger.file(DATAVERSE, f"{FOLDER}/contact/2024.csv").record.reason == "model_pending"
    pipeline.tick(4500)  # an hour after the successor's timestamp
    record = pipeline.context.ledger.file(DATAVERSE, f"{FOLDER}/contact/2024.csv").record
    assert (record.state, record.reason) == ("ignored", "folder_abandoned")


def test_a_truncated_model_is_replaced_by_the_tables_own_and_blocks_nobody(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT)[:100])
    pipeline.land(DATAVERSE, f"{FOLDER}/Microsoft.Athena.TrickleFeedService/contact-model.json", model(*CONTACT))
    open_folder(pipeline, "2026-11-23T10.15.00Z")
    pipeline.land(DATAVERSE, f"{FOLDER}/account/2024.csv", contact(7))
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    assert names(pipeline) == ["Ada"]
    assert pipeline.context.ledger.file(DATAVERSE, f"{FOLDER}/account/2024.csv").record.reason == "model_pending"
    pipeline.tick(5400)
    assert pipeline.context.ledger.file(DATAVERSE, f"{FOLDER}/account/2024.csv").record.reason == "model_missing"


# Finance


def test_finance_records_end_in_any_way_and_keep_null_apart_from_empty(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "customer_finance/lf.csv", b"cid,income\n1,\n")
    pipeline.land(FINANCE, "customer_finance/cr.csv", b'cid,income\r2,""\r3,5')
    rows = pipeline.bronze("customer_finance", FINANCE)
    assert sorted((row["cid"], row["income"]) for row in rows if row["cid"] != "1") == [("2", ""), ("3", "5")]
    assert [row["income"] for row in rows if row["cid"] == "1"] == [None]


def test_a_finance_file_overwritten_is_a_new_generation_and_the_same_again_is_nothing(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,10\n")
    assert len(pipeline.bronze("customer_finance", FINANCE)) == 1
    pipeline.land(FINANCE, "customer_finance.csv", b"cid,income\n1,11\n")
    rows = pipeline.bronze("customer_finance", FINANCE)
    assert [row["income"] for row in rows] == ["10", "11"]
    assert pipeline.context.ledger.file(FINANCE, "customer_finance.csv").record.generation == 2


def test_a_compressed_finance_file_is_read(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "customer_finance/2026.csv.gz", gzip.compress(b"cid,income\n1,10\n", mtime=0))
    assert [row["income"] for row in pipeline.bronze("customer_finance", FINANCE)] == ["10"]


def test_a_whole_file_is_read_anew_where_the_slice_size_changed_before_it_was_counted(pipeline: Pipeline) -> None:
    pipeline.start(SLICE_MEGABYTES="1")
    rows = [b"%d,%s\n" % (number, b"x" * 1000) for number in range(3000)]
    pipeline.lake.put(FINANCE, "customer_finance.csv", b"cid,income\n" + b"".join(rows))
    ledger = {name: dict(found) for name, found in pipeline.tables._rows.items()}
    pipeline.context.landing(FINANCE, "customer_finance.csv")
    pipeline.tables._rows = ledger  # the process died when all parts were written, and the new one has another setting
    pipeline.start(SLICE_MEGABYTES="2")
    pipeline.context.landing(FINANCE, "customer_finance.csv")
    record = pipeline.context.ledger.file(FINANCE, "customer_finance.csv").record
    assert (record.state, record.records) == ("ingested", 3000)
    parts = [part.record for part in pipeline.context.ledger.parts_of(FINANCE, "customer_finance.csv")]
    assert sum(part.rows for part in parts) == 3000


def test_a_finance_file_without_its_key_is_rejected_and_the_rest_goes_on(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "customer_finance/bad.csv", b"id,income\n1,10\n")
    pipeline.land(FINANCE, "customer_finance/good.csv", b"cid,income\n1,10\n")
    record = pipeline.context.ledger.file(FINANCE, "customer_finance/bad.csv").record
    assert record.state == "rejected"
    assert "cid" in record.detail
    assert len(pipeline.bronze("customer_finance", FINANCE)) == 1


def test_an_unknown_data_set_needs_no_configuration(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "invoices/2026-11.csv", b"number,amount\nA1,10\n")
    assert [row["amount"] for row in pipeline.bronze("invoices", FINANCE)] == ["10"]
    assert pipeline.context.ledger.file(FINANCE, "invoices/2026-11.csv").record.entity == "invoices"


def test_the_columns_are_kept_beside_the_parts(pipeline: Pipeline) -> None:
    pipeline.land_contacts(contact(1))
    (part,) = pipeline.context.ledger.parts_of(DATAVERSE, "contact/2024.csv")
    kept = pipeline.lake.content("bronze", f"_schemas/{DATAVERSE}/contact/{part.record.schema_version}.json")
    assert [column["name"] for column in json.loads(kept)] == [column.partition(":")[0] for column in CONTACT]
