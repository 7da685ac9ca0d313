"""Labels of choices and states on their way from the landed file to the batch manifest (Synapse Link, section 10)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.api.reprocess import read_request
from shared.contracts.places import PIPELINE, batch_manifest
from shared.formats.label_files import LabelFileError, merged, read_label_file
from shared.formats.landed_paths import EntityMetadataFile, LabelFile, classify_dataverse
from tests.pipeline import CONTACT, DATAVERSE, FINANCE, MODEL, Pipeline, contact, model

OPTIONS = "OptionsetMetadata/OptionsetMetadata.csv"
JSON = "Microsoft.Athena.TrickleFeedService/contact-EntityMetadata.json"


def option(value: object, label: str, *, column: str = "gendercode", table: str = "contact", language: int = 1033) -> bytes:
    return f'"{table}","{column}",{value},False,{language},"{label}"\r\n'.encode()


def metadata(**arrays: list[dict[str, Any]]) -> bytes:
    return json.dumps(arrays).encode()


def state(text: str) -> bytes:
    return metadata(StateMetadata=[{"State": 0, "LocalizedLabelLanguageCode": 1033, "LocalizedLabel": text}])


def label(text: str, *, user: bool = False) -> dict[str, Any]:
    return {"label": text, "user": user}


def csv(labels: str, data: bytes) -> Any:
    return read_label_file(LabelFile(path=f"{labels}/1.csv", labels=labels, stem="1", folder=None), data)


# The two forms


def test_csv_labels_are_read_by_position_and_in_the_dialect_of_the_rows() -> None:
    found = csv("OptionsetMetadata", b'Account,industrycode,1,False,1033,"Say ""hi"", all"\naccount,IndustryCode,2,,1033,B')
    assert found.tables == {"account": {"industrycode": {"1": {"1033": label('Say "hi", all')}, "2": {"1033": label("B")}}}}
    found = csv("GlobalOptionsetMetadata", b"color,7,True,1033,Red,globalcolor,account\r\ncolor,8,True,1033,Blue,x,contact,Ext")
    assert found.tables["account"]["color"]["7"]["1033"] == label("Red", user=True)
    assert found.tables["contact"]["color"]["8"]["1033"] == label("Blue", user=True)
    assert csv("StateMetadata", b"account,0,True,1033,Active").tables["account"]["statecode"]["0"]["1033"]["label"] == "Active"
    assert csv("StatusMetadata", b"account,0,1,True,1033,Open").tables["account"]["statuscode"]["1"]["1033"]["label"] == "Open"
    assert csv("TargetMetadata", b"account,ownerid,systemuser,systemuserid").tables == {}


def test_json_labels_are_those_of_the_files_table_where_none_is_named() -> None:
    text = {"IsUserLocalizedLabel": True, "LocalizedLabelLanguageCode": 1033, "LocalizedLabel": "Red"}
    data = metadata(
        AttributeMetadata=[{"EntityName": "contact", "AttributeName": "color"}],
        OptionSetMetadata=[{"EntityName": "contact", "OptionSetName": "vip", "Option": True, **text}],
        GlobalOptionSetMetadata=[{"OptionSetName": "color", "Option": 7, **text}],
        StateMetadata=[{"EntityName": "contact", "State": 0, **text}],
        StatusMetadata=[{"EntityName": "contact", "State": 0, "Status": 1, **text}],
    )
    found = read_label_file(EntityMetadataFile(path=JSON, table="contact", folder=None), data)
    red = {"1033": label("Red", user=True)}
    assert found.tables == {
        "contact": {"vip": {"1": red}, "color": {"7": red}, "statecode": {"0": red}, "statuscode": {"1": red}}
    }


def test_the_label_of_the_exporting_user_is_marked_though_it_comes_twice() -> None:
    found = csv("OptionsetMetadata", b"a,c,1,True,1036,Un\na,c,1,False,1036,Un\na,c,1,False,1033,One")
    assert found.tables["a"]["c"]["1"] == {"1036": label("Un", user=True), "1033": label("One")}


def test_records_that_say_no_label_are_counted_or_passed_over() -> None:
    found = csv(
        "OptionsetMetadata", b'a,c,one,False,1033,X\na,c,1,False,,X\na,c\n,c,1,False,1033,X\na,c,1,False,1033,\na,c,2,F,1033,""'
    )
    assert (found.tables, found.unreadable) == ({}, 4)


@pytest.mark.parametrize("data", [b'a,c,1,False,1033,"cut o', b"a,c,1,False,1033,\xff"])
def test_a_csv_that_is_cut_off_or_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(LabelFileError):
        csv("OptionsetMetadata", data)


@pytest.mark.parametrize("data", [b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}"], ids=["deep", "a long number"])
def test_json_that_python_refuses_is_a_label_file_that_cannot_be_read(data: bytes) -> None:
    file = classify_dataverse("Microsoft.Athena.TrickleFeedService/contact-EntityMetadata.json")
    assert isinstance(file, EntityMetadataFile)
    with pytest.raises(LabelFileError):
        read_label_file(file, data)


def test_what_is_newer_wins_value_by_value_and_nothing_is_dropped() -> None:
    known = {"c": {"1": {"1033": label("old"), "1036": label("vieux")}, "2": {"1033": label("two")}}}
    found = {"c": {"1": {"1033": label("new")}, "3": {"1033": label("three")}}, "d": {"1": {"1033": label("d")}}}
    assert merged(known, found, late=False) == {
        "c": {"1": {"1033": label("new")}, "2": {"1033": label("two")}, "3": {"1033": label("three")}},
        "d": {"1": {"1033": label("d")}},
    }
    assert merged(known, found, late=True)["c"]["1"]["1033"] == label("old")


# From landing to the manifest


@pytest.fixture
def pipeline() -> Pipeline:
    return Pipeline()


def manifest(pipeline: Pipeline) -> dict[str, Any]:
    """The manifest of the newest batch."""
    batch = next(pipeline.context.ledger.batches())
    document: dict[str, Any] = json.loads(pipeline.lake.content(PIPELINE, batch_manifest(batch.batch_id)))
    return document


def labels(pipeline: Pipeline, entity: str = "contact") -> dict[str, Any]:
    """Labels that the newest batch is given for an entity, in the language 1033."""
    shown: dict[str, Any] = {}
    for listed in manifest(pipeline)["labels"]:
        if listed["entity"] == entity:
            container, _, path = listed["path"].partition("/")
            for column, values in json.loads(pipeline.lake.content(container, path))["columns"].items():
                shown[column] = {value: languages["1033"]["label"] for value, languages in values.items()}
    return shown


def run(pipeline: Pipeline, number: int = 1) -> None:
    pipeline.land_contacts(*(contact(one) for one in range(1, number + 1)))
    pipeline.settle()


def test_a_batch_names_the_labels_of_its_own_tables_only(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, OPTIONS, option(1, "Male") + option(1, "Retail", column="industrycode", table="account"))
    pipeline.land(DATAVERSE, JSON, state("Active"))
    run(pipeline)
    (listed,) = manifest(pipeline)["labels"]
    assert (listed["entity"], listed["container"], listed["table"]) == ("contact", DATAVERSE, "contact")
    assert listed["as_of"].endswith("Z")
    assert labels(pipeline) == {"gendercode": {"1": "Male"}, "statecode": {"0": "Active"}}


def test_finance_data_has_no_labels_even_of_a_tables_name(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, OPTIONS, option(1, "Male"))
    pipeline.land(FINANCE, "contact.csv", b"cid,income\n1,10\n")
    pipeline.settle()
    assert manifest(pipeline)["labels"] == []


def test_labels_of_every_environment_come_with_an_entity(pipeline: Pipeline) -> None:
    other = "dataverse-contoso-service"
    pipeline = Pipeline(DATAVERSE_CONTAINERS=f"{DATAVERSE},{other}")
    pipeline.land(DATAVERSE, OPTIONS, option(1, "Male"))
    pipeline.land(other, OPTIONS, option(2, "Female"))
    run(pipeline)
    assert [listed["container"] for listed in manifest(pipeline)["labels"]] == [DATAVERSE, other]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_the_newest_export_folder_wins_in_whatever_order_they_are_read(pipeline: Pipeline, order: tuple[int, ...]) -> None:
    said = [option(1, "first") + option(2, "two"), option(1, "second"), option(1, "first") + option(3, "three")]
    for place in order:
        pipeline.land(DATAVERSE, f"2026-11-2{place}T10.00.00Z/{OPTIONS}", said[place])
    run(pipeline)
    assert labels(pipeline) == {"gendercode": {"1": "first", "2": "two", "3": "three"}}


@pytest.mark.parametrize("newer_first", [False, True])
def test_of_two_folders_read_at_the_same_time_the_newer_one_wins(newer_first: bool) -> None:
    for call in range(1, 40):
        pipeline = Pipeline()
        folders = [f"2026-11-2{day}T10.00.00Z/{OPTIONS}" for day in (1, 2)]
        for folder, text in zip(folders, ("older", "newer"), strict=True):
            pipeline.lake.put(DATAVERSE, folder, option(1, text) + option(1, text, table="account"))
        one, other = reversed(folders) if newer_first else folders
        between = Between(pipeline, call, other)
        context = pipeline.fresh_context().replace(lake=between.before(pipeline.lake), tables=between.before(pipeline.tables))
        context.landing(DATAVERSE, one)
        if between.calls < call:
            assert call > 10
            return
        pipeline.settle()
        run(pipeline)
        assert labels(pipeline) == {"gendercode": {"1": "newer"}}, f"the other was read before call {call}"
    raise AssertionError("reading a label file takes more calls than were tried")


class Between:
    """Has another file ingested, whole, before the n-th call to the outside."""

    def __init__(self, pipeline: Pipeline, at: int, path: str) -> None:
        self.calls = 0
        self._pipeline, self._at, self._path = pipeline, at, path

    def before(self, port: Any) -> Any:
        between = self

        class Port:
            def __getattr__(self, name: str) -> Any:
                target = getattr(port, name)
                if callable(target):
                    between.calls += 1
                    if between.calls == between._at:
                        between._pipeline.fresh_context().landing(DATAVERSE, between._path)
                return target

        return Port()


def test_the_same_labels_in_folder_after_folder_are_written_down_once(pipeline: Pipeline) -> None:
    for hour in range(10, 20):
        pipeline.land(DATAVERSE, f"2026-11-23T{hour}.00.00Z/{OPTIONS}", option(1, "Male"))
    assert len(list(pipeline.lake.list("bronze", "_labels/"))) == 1
    pipeline.land(DATAVERSE, f"2026-11-23T12.30.00Z/{OPTIONS}", option(1, "late"))  # older than what was read
    run(pipeline)
    assert labels(pipeline) == {"gendercode": {"1": "Male"}}


def test_a_change_of_one_tables_labels_leaves_the_documents_of_the_others(pipeline: Pipeline) -> None:
    tables = [f"table{number}" for number in range(120)]  # more than a transaction holds
    data = b"".join(option(1, "One", table=table) for table in tables)
    pipeline.land(DATAVERSE, OPTIONS, data)
    pipeline.land(DATAVERSE, OPTIONS, data + option(1, "Uno", table="table7"))
    assert len(list(pipeline.lake.list("bronze", "_labels/"))) == 121
    found = pipeline.context.labels.of([DATAVERSE], tables)
    assert [known.table for known in found] == sorted(tables)


def test_what_a_batch_costs_does_not_grow_with_history(pipeline: Pipeline) -> None:
    def calls() -> int:
        counted = 0
        tables = pipeline.tables

        class Counting:
            def __getattr__(self, name: str) -> Any:
                nonlocal counted
                counted += 1
                return getattr(tables, name)

        context = pipeline.fresh_context()
        context.replace(tables=Counting())
        assert context.labels.of([DATAVERSE], ["contact"])
        return counted

    pipeline.land(DATAVERSE, f"2026-11-23T00.00.00Z/{OPTIONS}", option(1, "0"))
    first = calls()
    for hour in range(1, 24):
        pipeline.land(DATAVERSE, f"2026-11-23T{hour:02}.00.00Z/{OPTIONS}", option(1, str(hour)))
    assert calls() == first == 1


def test_a_written_manifest_keeps_its_labels_and_the_next_one_has_the_new(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, OPTIONS, option(1, "Male"))
    run(pipeline)
    before = manifest(pipeline)
    pipeline.land(DATAVERSE, OPTIONS, option(1, "M"))
    assert manifest(pipeline) == before
    assert labels(pipeline) == {"gendercode": {"1": "Male"}}
    run(pipeline, 2)
    assert labels(pipeline) == {"gendercode": {"1": "M"}}
    assert manifest(pipeline)["labels"][0]["as_of"] > before["labels"][0]["as_of"]


def test_a_dissolved_batch_hands_each_entity_its_own_labels(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, OPTIONS, option(1, "Male") + option(1, "Retail", column="industrycode", table="account"))
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT))
    pipeline.land(DATAVERSE, MODEL.replace("contact", "account"), model(*CONTACT, table="account"))
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1))
    pipeline.land(DATAVERSE, "account/2024.csv", contact(1))
    pipeline.tick(11)
    assert sorted(listed["entity"] for listed in manifest(pipeline)["labels"]) == ["account", "contact"]
    pipeline.end_runs(broken=["account"])
    pipeline.land(DATAVERSE, OPTIONS, option(1, "changed since"))
    for _ in range(6):
        pipeline.tick(11)
        pipeline.end_runs(broken=["account"])
    given = {}
    for batch in pipeline.context.ledger.batches():
        document = json.loads(pipeline.lake.content(PIPELINE, batch_manifest(batch.batch_id)))
        given[batch.entities] = [(listed["entity"], listed["table"]) for listed in document["labels"]]
    assert given["contact",] == [("contact", "contact")]
    assert given["account",] == [("account", "account")]


def test_silver_again_takes_the_labels_as_they_are_by_then(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, OPTIONS, option(1, "Male"))
    run(pipeline)
    pipeline.land(DATAVERSE, OPTIONS, option(1, "M"))
    pipeline.context.reprocess(read_request({"stage": "silver", "table": "contact"}, (DATAVERSE, FINANCE)))
    pipeline.settle()
    assert manifest(pipeline)["full_rebuild"] == ["contact"]
    assert labels(pipeline) == {"gendercode": {"1": "M"}}


def test_a_label_file_that_is_cut_off_is_rejected_and_its_next_version_read(pipeline: Pipeline) -> None:
    pipeline.land(DATAVERSE, JSON, b'{"StateMetadata": [')
    record = pipeline.context.ledger.file(DATAVERSE, JSON).record
    assert (record.state, record.reason) == ("rejected", "labels_unreadable")
    pipeline.land(DATAVERSE, JSON, state("On"))
    run(pipeline)
    assert labels(pipeline) == {"statecode": {"0": "On"}}


def test_lookup_targets_are_kept_and_give_no_labels(pipeline: Pipeline) -> None:
    path = "TargetMetadata/TargetMetadata.csv"
    assert isinstance(classify_dataverse(path), LabelFile)
    pipeline.land(DATAVERSE, path, b"contact,ownerid,systemuser,systemuserid\r\n")
    assert pipeline.context.ledger.file(DATAVERSE, path).record.state == "ingested"
    run(pipeline)
    assert manifest(pipeline)["labels"] == []
