"""Each document comes back as it was written, and one that contradicts itself or its batch is refused."""

from __future__ import annotations

import ast
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.arguments import Arguments, read_arguments
from shared.contracts.codec import encoded
from shared.contracts.columns import Column
from shared.contracts.counts import MergeCounts
from shared.contracts.entity import Rule
from shared.contracts.errors import ContractError
from shared.contracts.manifest import (
    PAGE_OF_PARTS,
    GoldSettings,
    LabelDocument,
    paged,
    read_manifest,
    some_parts,
    whole_manifest,
    write_manifest,
)
from shared.contracts.outcome import (
    Conclusion,
    Finding,
    GoldCounts,
    imbalance,
    read_conclusion,
    read_outcome,
    write_conclusion,
    write_outcome,
)
from shared.contracts.publication import GoldFile, GoldTable, Publication, read_publication, write_publication
from shared.contracts.report import SilverReport, TableTotals, read_report, read_totals, write_report, write_totals
from shared.contracts.sql_types import DecimalType, decimal_type, is_sql_type
from tests.contracts import AT, make_counts, make_entity, make_manifest, make_outcome, make_part

FOLDER = Path(__file__).parents[3] / "shared" / "contracts"


def test_contracts_import_the_standard_library_and_each_other_only() -> None:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or "."] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                own = name.startswith("shared.contracts.")
                assert own or name.split(".")[0] in sys.stdlib_module_names, f"{path.name} imports {name}"


def test_a_manifest_comes_back_as_it_was() -> None:
    rules = {"email": Rule(pattern=".+@.+", unique=True), "age": Rule(action="warn", min=0, max=150.5, allowed=("1",))}
    entity = make_entity(names={"crc33_a": "b"}, types={"b": "bigint"}, rules=rules, lenient=("b",))
    columns = (Column(name="Id", type="guid"), Column(name="x", type="decimal", precision=16, scale=2))
    labels = LabelDocument(entity="customer", container="c", table="t", path="bronze/_labels/c/t/1.json", as_of=AT)
    manifest = make_manifest(
        make_part(rejects_path="bronze/_rejected/x.parquet"),
        entities={"customer": entity},
        schemas={"s0": columns},
        labels=(labels,),
        full_rebuild=("customer",),
        gold=GoldSettings(layout="full_data", grace_days=1, phone_region="US"),
    )
    assert read_manifest(write_manifest(manifest), "b0001") == manifest


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"batch_id": "b0002"}, "batch_id"),
        ({"stage": "bronze"}, "stage"),
        ({"gold": {"layout": "x", "grace_days": 7}}, "gold.layout"),
        ({"entities": {}}, "parts[0].entity"),
        ({"schemas": {}}, "parts[0].schema_version"),
        ({"labels": [{"entity": "a", "container": "b", "table": "t", "path": "c"}]}, "labels[0].as_of"),
        ({"parts": [encoded(make_part()) | {"rows": -1}]}, "parts[0].rows"),
        ({"entities": {"customer": {"source": "sap", "table": "t", "keys": []}}}, "entities.customer.source"),
    ],
)
def test_a_manifest_that_is_not_as_agreed_is_refused(change: dict[str, Any], place: str) -> None:
    with pytest.raises(ContractError) as caught:
        read_manifest(json.dumps(encoded(make_manifest(make_part())) | change), "b0001")
    assert (caught.value.document, caught.value.place) == ("manifest of batch b0001", place)


def test_many_parts_are_listed_in_documents_of_their_own_of_which_who_shows_some_reads_one() -> None:
    parts = [make_part("a" if number % 3 else "b", part_id=f"p{number}", rows=2) for number in range(2 * PAGE_OF_PARTS + 1)]
    manifest = make_manifest(*parts)
    head, documents = paged(manifest)
    head = read_manifest(write_manifest(head), "b0001")
    assert (len(write_manifest(head)) < 10_000, len(documents), head.parts) == (True, 3, ())
    assert head.given == manifest.given == {"a": 2 * 2667, "b": 2 * 1334}
    assert whole_manifest(head, documents.__getitem__) == manifest
    read: list[str] = []

    def reading(place: str) -> bytes:
        read.append(place)
        return documents[place]

    assert some_parts(head, PAGE_OF_PARTS - 1, 3, reading) == tuple(parts[PAGE_OF_PARTS - 1 : PAGE_OF_PARTS + 2])
    assert (some_parts(head, 2 * PAGE_OF_PARTS, 10, reading), len(read)) == ((parts[-1],), 3)
    assert some_parts(manifest, 5, 2, reading) == tuple(parts[5:7])
    assert paged(make_manifest(make_part())) == (make_manifest(make_part()), {})


def test_a_list_of_parts_that_is_not_the_one_meant_is_refused() -> None:
    head, documents = paged(make_manifest(*[make_part(part_id=f"p{number}") for number in range(PAGE_OF_PARTS + 1)]))
    first, last = documents.values()
    with pytest.raises(ContractError, match="parts of batch b0001, parts: expected as many of each entity"):
        whole_manifest(head, lambda _: last)
    with pytest.raises(ContractError, match="parts of batch b0001, batch_id"):
        whole_manifest(head, lambda _: first.replace(b"b0001", b"b0002"))


def test_an_outcome_comes_back_as_it_was() -> None:
    outcome = make_outcome(
        publication="p0001",
        base_publication="p0000",
        entities={"customer": make_counts(applied=3, rules={"required:cid": 1})},
        gold={"customer": GoldCounts(rows=3, files=1, rewritten=1)},
        warnings=(Finding(trap="t", table="customer", where="table", detail="d", severity="warning"),),
    )
    assert read_outcome(write_outcome(outcome), "b0001") == outcome


@pytest.mark.parametrize(
    "staged",
    [
        "pipeline/batches/b0002/default.manifest.cdm.json",
        "pipeline/batches/b0001/../b0002/default.manifest.cdm.json",
        "pipeline/batches/b00011/default.manifest.cdm.json",
        "gold/default.manifest.cdm.json",
        "",
        None,
    ],
)
def test_an_outcome_may_stage_in_the_folder_of_its_batch_only(staged: str | None) -> None:
    outcome = replace(make_outcome(publication="p0001"), staged_manifest=staged)
    with pytest.raises(ContractError, match="outcome of batch b0001, staged_manifest: expected"):
        read_outcome(write_outcome(outcome), "b0001")


def test_a_conclusion_comes_back_as_it_was_and_is_of_its_batch_only() -> None:
    conclusion = Conclusion(batch_id="b0001", attempt=2)
    assert read_conclusion(write_conclusion(conclusion), "b0001") == conclusion
    with pytest.raises(ContractError, match="conclusion of batch b0002, batch_id: expected b0002, got b0001"):
        read_conclusion(write_conclusion(conclusion), "b0002")


def test_an_outcome_without_a_publication_stages_nothing() -> None:
    outcome = replace(make_outcome(), staged_manifest="pipeline/batches/b0001/default.manifest.cdm.json")
    with pytest.raises(ContractError, match="staged_manifest: expected null, as `publication` is"):
        read_outcome(write_outcome(outcome), "b0001")


@pytest.mark.parametrize(
    ("given", "counts", "wrong"),
    [
        (4, make_counts(read=4, applied=1, superseded=1, duplicates=1, rejected=1), ""),
        (5, make_counts(applied=4), "customer: 5 rows given, 4 read, 4 accounted for"),
        (4, make_counts(read=4, applied=3), "customer: 4 rows given, 4 read, 3 accounted for"),
        (4, None, "customer: 4 rows given, none accounted for"),
    ],
)
def test_rows_given_are_rows_read_are_what_became_of_them(given: int, counts: Any, wrong: str) -> None:
    outcome = make_outcome(entities={"customer": counts} if counts else {})
    assert imbalance(outcome, {"customer": given}) == wrong


def test_a_report_tells_the_outcome_of_what_is_merged() -> None:
    open_ = MergeCounts(read=1, applied=1, superseded=0, duplicates=0, rejected=0, rules={}, merged=False)
    done = replace(open_, merged=True, current=5, history=6, rules={"required:cid": 1})
    report = SilverReport(batch_id="b0001", entities={"a": open_, "b": done}, seconds=1.5)
    assert read_report(write_report(report), "b0001") == report
    assert report.outcome() == {"b": make_counts(applied=1, current=5, history=6, rules={"required:cid": 1})}


def test_totals_come_back_as_they_were() -> None:
    totals = TableTotals(version=3, current=1, shown=2)
    assert read_totals(write_totals(totals), "customer") == totals


def make_publication() -> Publication:
    files = (GoldFile(place="customer/p1/a.parquet", rows=2, size=10), GoldFile(place="customer/p0/b.parquet", rows=3, size=9))
    table = GoldTable(
        name="customer",
        description="One row for each customer",
        primary_key="cid",
        digest="d",
        document="customer/p1/customer.cdm.json",
        columns={"z": "string", "a": "bigint"},
        files=files,
    )
    return Publication(name="p1", batch_id="b1", base=None, created_at=AT, silver={"customer": 1}, tables={"customer": table})


def test_the_record_of_a_publication_comes_back_as_it_was_with_its_columns_in_order() -> None:
    made = make_publication()
    found = read_publication(write_publication(made), "p1")
    assert found == made
    assert list(found.tables["customer"].columns) == ["z", "a"]
    assert found.tables["customer"].rows == 5


def test_the_record_of_another_publication_is_refused() -> None:
    with pytest.raises(ContractError, match="record of publication p2, publication: expected p2, got p1"):
        read_publication(write_publication(make_publication()), "p2")


def test_arguments_are_those_of_a_wheel_task() -> None:
    told = Arguments(batch_id="b1", attempt=2, manifest="pipeline/m.json", lake="/x/{container}")
    assert read_arguments([f"--{name}={value}" for name, value in told.parameters().items()]) == told
    apart = ["--batch_id", "b1", "--attempt", "2", "--manifest", "pipeline/m.json", "--lake", "/x/{container}"]
    assert read_arguments(apart) == told


def test_a_lake_that_is_not_told_is_left_to_the_jobs_default() -> None:
    told = Arguments(batch_id="b1", attempt=1, manifest="m").parameters()
    assert told == {"batch_id": "b1", "attempt": "1", "manifest": "m"}


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (["--batch_id=b1", "--attempt=1", "--manifest=m", "--lake=l", "--unknown=1"], "unknown"),
        (["--batch_id=b1", "--attempt=1", "--manifest=m"], "lake"),
        (["--batch_id=", "--attempt=1", "--manifest=m", "--lake=l"], "batch_id"),
        (["--attempt=1", "--manifest=m", "--lake=l", "--batch_id"], "batch_id"),
        (["--batch_id=b1", "--attempt=first", "--manifest=m", "--lake=l"], "attempt"),
        (["--batch_id=b1", "--manifest=m", "--lake=l"], "attempt"),
    ],
)
def test_arguments_that_lack_or_are_not_known_are_refused_by_name(given: list[str], place: str) -> None:
    with pytest.raises(ContractError) as caught:
        read_arguments(given)
    assert (caught.value.document, caught.value.place) == ("job parameters", place)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("decimal(16,2)", DecimalType(precision=16, scale=2)),
        ("decimal(38, 38)", DecimalType(precision=38, scale=38)),
        ("decimal(39,2)", None),  # more digits than Spark has
        ("decimal(2,3)", None),
        ("decimal(0,0)", None),
        ("decimal", None),
        ("bigint", None),
    ],
)
def test_decimals_have_one_spelling(text: str, kind: DecimalType | None) -> None:
    assert decimal_type(text) == kind
    assert kind is None or decimal_type(str(kind)) == kind


def test_a_column_can_be_given_the_types_of_sql_only() -> None:
    assert is_sql_type("timestamp")
    assert is_sql_type("decimal(16,2)")
    assert not is_sql_type("money")
