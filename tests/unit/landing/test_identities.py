"""Entities are claimed on first sight, for ever; whoever comes second is told who was first."""

from __future__ import annotations

import pytest

from shared.ledger.identities import Identities
from tests.pipeline import DATAVERSE, FINANCE, Pipeline


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def entities(pipeline: Pipeline) -> dict[str, str]:
    """Return the landed files with their entity, or why they are refused."""
    found = (pipeline.context.ledger.file(FINANCE, path).record for path in paths(pipeline))
    return {one.path: one.entity if one.state == "ingested" else f"{one.reason}: {one.detail}" for one in found}


def paths(pipeline: Pipeline) -> list[str]:
    return [blob.path for blob in pipeline.lake.list(FINANCE)]


def test_case_19_the_second_data_set_of_one_name_is_refused_and_told_the_first(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "AR-2026/a.csv", b"n,amount\n1,100\n")
    pipeline.land(FINANCE, "ar 2026/a.csv", b"n,name\n1,ada\n")
    pipeline.land(FINANCE, "\u58f2\u4e0a/a.csv", b"m,total\n1,100\n")
    pipeline.land(FINANCE, "\u9867\u5ba2/a.csv", b"m,city\n1,ada\n")
    found = entities(pipeline)
    assert found["AR-2026/a.csv"] == "ar_2026"
    assert found["ar 2026/a.csv"].startswith("name_taken: ar_2026 is the finance table AR-2026 already; give it another name")
    assert (found["\u58f2\u4e0a/a.csv"], found["\u9867\u5ba2/a.csv"]) == ("maishang", "guke")


def test_a_claim_outlives_the_process(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "AR-2026/a.csv", b"n,amount\n1,100\n")
    pipeline.start()
    pipeline.land(FINANCE, "ar 2026/a.csv", b"n,name\n1,ada\n")
    assert entities(pipeline)["ar 2026/a.csv"].startswith("name_taken")


def test_a_data_set_named_like_rejected_rows_is_refused(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "contact_rejected/a.csv", b"n\n1\n")
    assert entities(pipeline)["contact_rejected/a.csv"].startswith("name_taken: contact_rejected is a name of our own")


def test_a_finance_file_in_the_root_cannot_stop_a_table_of_dataverse(pipeline: Pipeline) -> None:
    pipeline.land(FINANCE, "contact.csv", b"n\n1\n")
    pipeline.land_contacts(b'00000001,"6/28/2021 4:34:35 PM","Ada",1,\r\n')
    assert pipeline.context.ledger.file(DATAVERSE, "contact/2024.csv").record.state == "ingested"
    pipeline.tick(11)
    (run,) = pipeline.jobs.parameters.values()
    manifest = pipeline.manifest(run["batch_id"])
    assert {part.entity: part.source for part in manifest.parts} == {"contact": "dataverse", "finance_contact": "finance"}
    assert {name: one.source for name, one in manifest.entities.items() if name in {"contact", "finance_contact"}} == {
        "contact": "dataverse",
        "finance_contact": "finance",
    }
    pipeline.land(FINANCE, "contact/b.csv", b"n\n1\n")
    assert "contact is the dataverse table contact already" in entities(pipeline)["contact/b.csv"]


def test_names_of_columns_are_kept_from_batch_to_batch_and_agreed_on_by_hosts(pipeline: Pipeline) -> None:
    hosts = [Identities(lake=pipeline.lake, configuration=pipeline.context.configuration) for _ in range(2)]
    first = hosts[0].resolved("finance", "disc", ["cid", "Discount %", "Discount $"])
    other = hosts[1].resolved("finance", "disc", ["cid", "Discount $", "Discount %", "more"])
    assert dict(first.names) == {"cid": "cid", "discount %": "Discount", "discount $": "Discount_2"}
    assert dict(other.names) == {**first.names, "more": "more"}
    assert dict(hosts[0].resolved("finance", "disc", ["Discount $"]).names) == dict(other.names)
