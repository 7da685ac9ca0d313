"""Which model a file is bound to, and what it waits for until there is one (reference: Synapse Link, sections 2 to 5)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model

if TYPE_CHECKING:
    from shared.ledger.records import LandedFile

FOLDER, NEXT = "2026-11-23T10.00.00Z", "2026-11-23T10.15.00Z"
SERVICE = "Microsoft.Athena.TrickleFeedService"
NO_ENTITIES = b'{"name": "cdm", "description": "cdm", "version": "1.0"}'


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def file(pipeline: Pipeline, path: str) -> LandedFile:
    return pipeline.context.ledger.file(DATAVERSE, path).record


def stands(pipeline: Pipeline, path: str) -> tuple[str, str]:
    return file(pipeline, path).state, file(pipeline, path).reason


def names(pipeline: Pipeline, table: str = "contact") -> list[str]:
    return [row["fullname"] for row in pipeline.bronze(table)]


def write_now(pipeline: Pipeline, folder: str) -> None:
    pipeline.land(DATAVERSE, "Changelog/changelog.info", folder.encode())


def with_state(state: str) -> bytes:
    document = json.loads(model(*CONTACT))
    document["entities"][0]["annotations"] = [{"name": "Athena:InitialSyncState", "value": state}]
    return json.dumps(document).encode()


# Append mode


def test_the_tables_own_model_is_preferred_and_the_root_model_serves_where_it_is_absent(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, "model.json", model(*CONTACT))
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1))
    assert names(pipeline) == ["Ada"]
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT, "nickname"))  # the root model is stale: CDM #298
    pipeline.land(DATAVERSE, "contact/2025.csv", contact(2).replace(b"\r\n", b",Gracie\r\n"))
    assert pipeline.bronze("contact")[-1]["nickname"] == "Gracie"


@pytest.mark.parametrize("broken", [b"", model(*CONTACT)[:90], NO_ENTITIES, b"[]"])
def test_a_model_that_is_being_written_keeps_its_table_waiting_and_no_other(pipeline: Pipeline, broken: bytes) -> None:
    pipeline.land(DATAVERSE, MODEL, broken)
    pipeline.land(DATAVERSE, f"{SERVICE}/account-model.json", model(*CONTACT, table="account"))
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1))
    pipeline.land(DATAVERSE, "account/2024.csv", contact(2, "Grace"))
    assert stands(pipeline, "contact/2024.csv") == ("seen", "model_missing")
    assert names(pipeline, "account") == ["Grace"]
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.tick()
    assert names(pipeline) == ["Ada"]


@pytest.mark.parametrize("state", ["NotStarted", "InProgress"])
def test_a_table_in_its_initial_sync_is_taken_when_that_is_complete(pipeline: Pipeline, state: str) -> None:
    """Section 4: other consumers skip a table until then."""
    pipeline.land(DATAVERSE, MODEL, with_state(state))
    pipeline.land(DATAVERSE, f"{SERVICE}/account-model.json", model(*CONTACT, table="account"))
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1))
    pipeline.land(DATAVERSE, "account/2024.csv", contact(2, "Grace"))
    assert stands(pipeline, "contact/2024.csv") == ("seen", "initial_sync")
    assert names(pipeline, "account") == ["Grace"]
    pipeline.settle()  # it waits for its exporter, and for nobody here
    pipeline.lake.append(DATAVERSE, "contact/2024.csv", contact(3, "Joan"))
    pipeline.land(DATAVERSE, MODEL, with_state("Completed"))
    pipeline.tick(11)
    assert names(pipeline) == ["Ada", "Joan"]


def test_a_closed_folder_is_complete_whatever_its_model_says_of_the_initial_sync(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", with_state("InProgress"))
    write_now(pipeline, NEXT)
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    assert names(pipeline) == ["Ada"]


# Incremental folders


@pytest.mark.parametrize("folder", [FOLDER, "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.0000000Z"])
@pytest.mark.parametrize("following", [NEXT, "2026-11-23T10:15:00.1230000Z"])
def test_both_spellings_of_a_folder_are_compared_by_the_time_they_mean(pipeline: Pipeline, folder: str, following: str) -> None:
    pipeline.land(DATAVERSE, f"{folder}/model.json", model(*CONTACT))
    write_now(pipeline, folder)
    pipeline.land(DATAVERSE, f"{folder}/contact/2024.csv", contact(1))
    assert stands(pipeline, f"{folder}/contact/2024.csv") == ("seen", "folder_open")
    write_now(pipeline, following)
    pipeline.tick()
    assert names(pipeline) == ["Ada"]


def test_a_folder_that_no_changelog_closes_stays_open(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    write_now(pipeline, "no folder at all")
    pipeline.tick(86_400)
    assert stands(pipeline, f"{FOLDER}/contact/2024.csv") == ("seen", "folder_open")


def test_a_model_that_comes_late_is_waited_for(pipeline: Pipeline) -> None:
    write_now(pipeline, NEXT)
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    pipeline.tick(3000)
    assert stands(pipeline, f"{FOLDER}/contact/2024.csv") == ("seen", "model_pending")
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    pipeline.tick()
    assert names(pipeline) == ["Ada"]


def test_how_long_it_is_waited_for_is_a_setting(pipeline: Pipeline) -> None:
    pipeline.start(MODEL_WAIT_SECONDS="0")
    write_now(pipeline, NEXT)
    pipeline.clock.advance(1000)
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    pipeline.tick()
    assert stands(pipeline, f"{FOLDER}/contact/2024.csv") == ("ignored", "folder_abandoned")


@pytest.mark.parametrize(
    ("left", "outcome"),
    [
        (None, ("ignored", "folder_abandoned")),  # an aborted export: its rows come in a later folder
        (b"", ("rejected", "model_unusable")),
        (NO_ENTITIES, ("rejected", "model_unusable")),
        (b"[]", ("rejected", "model_unusable")),
        (model(*CONTACT)[:90], ("rejected", "model_missing")),  # truncated, and no model of the table's own
        (model(*CONTACT, table="other"), ("rejected", "model_missing")),
    ],
)
def test_a_folder_without_a_usable_model_does_not_wait_for_ever_while_the_export_goes_on(
    pipeline: Pipeline, left: bytes | None, outcome: tuple[str, str]
) -> None:
    """Section 5: missing is given up, malformed is told of; each after the same wait, however many folders follow."""
    path = f"{FOLDER}/contact/2024.csv"
    if left is not None:
        pipeline.land(DATAVERSE, f"{FOLDER}/model.json", left)
    pipeline.land(DATAVERSE, path, contact(1))
    for minute in range(15, 60, 15):
        write_now(pipeline, f"2026-11-23T10.{minute}.00Z")
        pipeline.tick(900)
        assert stands(pipeline, path) == ("seen", "model_pending")
    for hour in range(11, 13):
        write_now(pipeline, f"2026-11-23T{hour}.00.00Z")
        pipeline.tick(3600)
    assert stands(pipeline, path) == outcome
    assert pipeline.bronze("contact") == []


@pytest.mark.parametrize("broken", [model(*CONTACT)[:90], model(*CONTACT, table="other")], ids=["truncated", "lacks it"])
@pytest.mark.parametrize("place", [f"{FOLDER}/{SERVICE}", SERVICE])
def test_the_tables_own_model_serves_for_one_that_is_truncated_or_lacks_the_table(
    pipeline: Pipeline, broken: bytes, place: str
) -> None:
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", broken)
    pipeline.land(DATAVERSE, f"{place}/contact-model.json", model(*CONTACT))
    write_now(pipeline, NEXT)
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    assert names(pipeline) == ["Ada"]


def test_one_stuck_folder_blocks_neither_other_tables_nor_later_folders(pipeline: Pipeline) -> None:
    """Section 12: in the ADF template one failed folder blocks the later ones."""
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    pipeline.land(DATAVERSE, f"{FOLDER}/{SERVICE}/account-model.json", b"{")
    pipeline.land(DATAVERSE, f"{FOLDER}/account/2024.csv", contact(2))
    pipeline.land(DATAVERSE, f"{NEXT}/model.json", model(*CONTACT))
    pipeline.land(DATAVERSE, f"{NEXT}/contact/2024.csv", contact(3, "Grace"))
    pipeline.land(DATAVERSE, f"{SERVICE}/lead-model.json", model(*CONTACT, table="lead"))
    pipeline.land(DATAVERSE, "lead/2024.csv", contact(4, "Joan"))
    write_now(pipeline, "2026-11-23T10.30.00Z")
    pipeline.tick()
    assert stands(pipeline, f"{FOLDER}/contact/2024.csv") == ("seen", "model_pending")
    assert names(pipeline) == ["Grace"]
    assert names(pipeline, "lead") == ["Joan"]


def test_an_abandoned_folder_can_be_read_after_all(pipeline: Pipeline) -> None:
    from shared.api.reprocess import read_request

    path = f"{FOLDER}/contact/2024.csv"
    write_now(pipeline, NEXT)
    pipeline.land(DATAVERSE, path, contact(1))
    pipeline.tick(9000)
    assert stands(pipeline, path) == ("ignored", "folder_abandoned")
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    pipeline.context.reprocess(read_request({"table": "contact"}, (DATAVERSE,)))
    pipeline.settle()
    assert names(pipeline) == ["Ada"]


def test_each_folder_binds_its_rows_to_its_own_model(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/2024.csv", contact(1))
    pipeline.land(DATAVERSE, f"{NEXT}/model.json", model("Id:guid", "nickname", *CONTACT[1:]))
    pipeline.land(DATAVERSE, f"{NEXT}/contact/2024.csv", contact(2, "Grace").replace(b",", b",Gracie,", 1))
    write_now(pipeline, "2026-11-23T10.30.00Z")
    pipeline.tick()
    assert [(row["fullname"], row.get("nickname")) for row in pipeline.bronze("contact")] == [
        ("Ada", None),
        ("Grace", "Gracie"),
    ]


@pytest.mark.parametrize("name", ["1.csv", "4.csv", "2024.csv", "2018_001.csv"])
def test_deletes_are_told_by_the_flag_of_each_row_under_any_file_name(pipeline: Pipeline, name: str) -> None:
    """Section 8."""
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    write_now(pipeline, NEXT)
    pipeline.land(DATAVERSE, f"{FOLDER}/contact/{name}", b"1,,,9,True\r\n" + contact(2))
    assert [row["IsDelete"] for row in pipeline.bronze("contact")] == ["True", None]


def test_a_file_that_changes_after_its_folder_was_closed_is_read_again(pipeline: Pipeline) -> None:
    """Section 3.3: nothing promises that they do not."""
    path = f"{FOLDER}/contact/2024.csv"
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    write_now(pipeline, NEXT)
    pipeline.land(DATAVERSE, path, contact(1))
    pipeline.land(DATAVERSE, path, contact(1) + contact(2, "Grace"))
    assert (file(pipeline, path).generation, file(pipeline, path).records) == (2, 2)
    assert names(pipeline) == ["Ada", "Ada", "Grace"]


@pytest.mark.parametrize("files", [2, 40])
def test_files_of_the_folder_that_is_being_written_cost_a_look_one_call_in_all(pipeline: Pipeline, files: int) -> None:
    """An incremental export always has such a folder, so this is what an idle look costs (section 3.3)."""

    class Counted:
        calls: ClassVar[list[str]] = []

        def __getattr__(self, name: str) -> Any:
            self.calls.append(name)
            return getattr(pipeline.lake, name)

    write_now(pipeline, FOLDER)
    for number in range(files):
        pipeline.land(DATAVERSE, f"{FOLDER}/contact/{2000 + number}.csv", contact(number))
    Counted.calls.clear()
    pipeline.fresh_context().replace(lake=Counted()).reconcile()
    assert Counted.calls == ["open"]
    Counted.calls.clear()
    pipeline.fresh_context().replace(lake=Counted()).sweep()
    assert sorted(Counted.calls) == ["list", "list", "open"]
    pipeline.land(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    write_now(pipeline, NEXT)
    pipeline.context.reconcile()
    assert len(names(pipeline)) == files


def test_a_finance_folder_that_is_named_like_a_time_is_no_export(pipeline: Pipeline) -> None:
    path = f"{FOLDER}/customer_finance/2024.csv"
    pipeline.lake.put(FINANCE, path, b"cid,income\n1,10\n")
    pipeline.tick()
    assert pipeline.context.ledger.file(FINANCE, path).record.state == "ingested"


# In-place exports


@pytest.mark.parametrize("folder", ["", f"{FOLDER}/"])
def test_an_in_place_export_is_refused_for_its_table_alone_and_says_how_to_switch(pipeline: Pipeline, folder: str) -> None:
    """Section 3.2."""
    document = json.loads(model(*CONTACT))
    document["entities"] += json.loads(model("Id:guid", "fullname", table="account"))["entities"]
    pipeline.land(DATAVERSE, f"{folder}model.json", json.dumps(document).encode())
    write_now(pipeline, NEXT)
    pipeline.land(DATAVERSE, f"{folder}account/2024-05.csv", b'1,"Ada"\r\n')
    pipeline.land(DATAVERSE, f"{folder}contact/2024.csv", contact(1))
    refused = file(pipeline, f"{folder}account/2024-05.csv")
    assert (refused.state, refused.reason, refused.table) == ("rejected", "in_place_export", "account")
    assert "link it again with 'Append only' on" in refused.detail
    assert names(pipeline) == ["Ada"]
    assert pipeline.bronze("account") == []


def test_a_model_that_was_read_a_moment_ago_is_not_asked_for_again(pipeline: Pipeline) -> None:
    asked: list[str] = []

    class Asked:
        def __getattr__(self, name: str) -> Any:
            return getattr(pipeline.lake, name)

        def head(self, container: str, path: str) -> Any:
            asked.append(path)
            return pipeline.lake.head(container, path)

    pipeline.lake.put(DATAVERSE, "Changelog/changelog.info", NEXT.encode())
    pipeline.lake.put(DATAVERSE, f"{FOLDER}/model.json", model(*CONTACT))
    context = pipeline.fresh_context().replace(lake=Asked())
    for number in (1, 2):
        pipeline.lake.put(DATAVERSE, f"{FOLDER}/contact/{number}.csv", contact(number))
        context.landing(DATAVERSE, f"{FOLDER}/contact/{number}.csv")
    assert len(pipeline.bronze("contact")) == 2
    assert asked.count(f"{FOLDER}/model.json") == 1
