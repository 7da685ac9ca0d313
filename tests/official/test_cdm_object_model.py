"""Gold is what Microsoft's object model of the Common Data Model reads it as; and what it passes over our validator finds."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spark_jobs.gold.models.semantic_types import TRAITS
from spark_jobs.gold.readiness import inspect
from tests.gold_folder import gold, write
from tests.official.cdm_model import disagreements, resolved

AT = datetime(2026, 11, 1, tzinfo=UTC)
MANIFEST = "default.manifest.cdm.json"
ENTITY = "customer/p1/customer.cdm.json"
PART = "customer/p1/part-0.parquet"


def columns(count: int = 2, /, **more: Any) -> pa.Table:
    """A part with a column of each format that gold may have."""
    made = {
        "cid": [str(number) for number in range(count)],
        "at": pa.array([AT] * count, pa.timestamp("us", "UTC")),
        "born": pa.array([date(1990, 1, 2)] * count),
        "spend": pa.array([Decimal("1.50")] * count, pa.decimal128(16, 2)),
        "visits": pa.array([1] * count, pa.int64()),
        "rank": pa.array([1] * count, pa.int32()),
        "share": [0.5] * count,
        "active": [True] * count,
    }
    return pa.table(made | more)


@pytest.mark.parametrize("layout", ["publications", "full_data", "incremental"])
def test_resolved_names_formats_keys_and_partitions_are_those_of_the_files(tmp_path: Path, layout: str) -> None:
    folder = gold(tmp_path, columns(), pa.concat_tables([columns(4)]).slice(2), layout=layout)
    assert disagreements(folder) == []
    assert list(inspect(folder)) == []


def test_what_each_semantic_type_says_is_defined_there_and_changes_no_format(tmp_path: Path) -> None:
    names = {word: word.replace(".", "_") for word in TRAITS}
    data = columns(**{name: ["x", "y"] for word, name in names.items() if word != "Calendar.Date"})
    given = {"at" if word == "Calendar.Date" else name: word for word, name in names.items()}
    folder = gold(tmp_path, data, semantic_types=given)
    assert disagreements(folder) == []
    _, entities = resolved(folder)
    assert entities["customer"].means == {column: TRAITS[word] for column, word in given.items()}
    of_attribute("at", appliedTraits=["means.calendar.moment"])(folder)
    assert disagreements(folder), "a trait that nobody defines is reported"


@pytest.mark.parametrize(("name", "schema"), [(MANIFEST, "schema.1.0.0.manifest.cdm.json"), (ENTITY, "schema.1.0.0.cdm.json")])
def test_the_documents_fit_microsofts_schemas(tmp_path: Path, official: Path, name: str, schema: str) -> None:
    document = json.loads((gold(tmp_path, columns()) / name).read_text(encoding="utf-8"))
    rules = json.loads((official / "cdm" / schema).read_text(encoding="utf-8"))
    validator = jsonschema_rs.validator_for(rules, retriever=lambda _uri: {})
    assert list(validator.iter_errors(document)) == []


def edit(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change a document in place."""
    document = json.loads((folder / name).read_text(encoding="utf-8"))
    change(document)
    write(folder / name, document)


def of_manifest(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    return lambda folder: edit(folder, MANIFEST, lambda document: change(document["entities"][0]))


def of_entity(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    return lambda folder: edit(folder, ENTITY, lambda document: change(document["definitions"][0]))


def of_attribute(called: str, **values: Any) -> Callable[[Path], None]:
    def change(definition: Any) -> None:
        attribute = next(one for one in definition["hasAttributes"] if one["name"] == called)
        attribute.update(values)

    return of_entity(change)


def of_part(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], None]:
    return lambda folder: pq.write_table(change(pq.read_table(folder / PART)), folder / PART)


def in_a_folder(**pattern: Any) -> Callable[[Path], None]:
    """Name the files by a pattern."""
    given = {
        "name": "p",
        "rootLocation": "customer/p1/",
        "regularExpression": r".+\.parquet$",
        "parameters": [],
        "exhibitsTraits": ["is.partition.format.parquet"],
    } | pattern

    def change(entity: Any) -> None:
        del entity["dataPartitions"]
        entity["dataPartitionPatterns"] = [given]

    return of_manifest(change)


def no_parquet(folder: Path) -> None:
    """Put CSV where parquet was."""
    (folder / PART).write_bytes(b"cid\n1\n")


def pop(document: Any, *path: Any) -> None:
    *above, last = path
    for step in above:
        document = document[step]
    del document[last]


def put(document: Any, *path: Any) -> None:
    *above, last, value = path
    for step in above:
        document = document[step]
    document[last] = value


#: What is wrong → how it is planted.
FAULTS: dict[str, Callable[[Path], None]] = {
    "an attribute has another name": of_attribute("share", name="portion"),
    "an attribute is missing": of_entity(lambda one: one["hasAttributes"].pop()),
    "an attribute is there twice": of_entity(lambda one: one["hasAttributes"].append(dict(one["hasAttributes"][0]))),
    "attributes are in another order": of_entity(lambda one: one["hasAttributes"].reverse()),
    "a text is called a number": of_attribute("cid", dataFormat="Int64"),
    "a number is called a text": of_attribute("visits", dataFormat="String"),
    "a time is called a date": of_attribute("at", dataFormat="Date"),
    "a date is called a time": of_attribute("born", dataFormat="DateTime"),
    "a format that does not exist": of_attribute("share", dataFormat="Float128"),
    "a format is misspelt as a property": of_entity(
        lambda one: put(one, "hasAttributes", 6, "dataformat", one["hasAttributes"][6].pop("dataFormat"))
    ),
    "a decimal without its shape": of_entity(lambda one: pop(one, "hasAttributes", 3, "appliedTraits")),
    "a decimal of another scale": of_entity(
        lambda one: put(one, "hasAttributes", 3, "appliedTraits", 0, "arguments", 1, "value", "4")
    ),
    "a file holds more digits than its decimal": of_part(
        lambda part: part.set_column(3, "spend", part["spend"].cast(pa.decimal128(20, 2)))
    ),
    "the key is no attribute": of_entity(
        lambda one: put(one, "exhibitsTraits", 0, "arguments", 0, "value", "customer/(resolvedAttributes)/nobody")
    ),
    "no key is named": of_entity(lambda one: pop(one, "exhibitsTraits")),
    "the key's value is there twice": of_part(lambda part: part.set_column(0, "cid", pa.array(["1", "1"]))),
    "the key is null": of_part(lambda part: part.set_column(0, "cid", pa.array(["1", None]))),
    "a partition names no file": of_manifest(lambda one: put(one, "dataPartitions", 0, "location", "customer/p1/gone.parquet")),
    "a partition names a file that is no parquet": no_parquet,
    "a partition does not say that it is parquet": of_manifest(lambda one: pop(one, "dataPartitions", 0, "exhibitsTraits")),
    "a pattern finds nothing": in_a_folder(regularExpression=r".+\.csv$"),
    "a pattern's folder is not there": in_a_folder(rootLocation="customer/p0/"),
    "the entity's document is not there": of_manifest(
        lambda one: put(one, "entityPath", "customer/p0/customer.cdm.json/customer")
    ),
    "the entity has another name in its document": of_entity(lambda one: put(one, "entityName", "client")),
}
#: What nobody sees who does not read the rows; and what the object model makes up for, since `isPrimaryKey` says it too.
PASSED = {"the key's value is there twice", "the key is null", "no key is named"}


def test_there_are_two_dozen() -> None:
    assert len(FAULTS) == 24


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_our_own_validator(tmp_path: Path, fault: str) -> None:
    folder = gold(tmp_path, columns())
    FAULTS[fault](folder)
    assert [finding for finding in inspect(folder) if finding.severity == "error"], "ours does not see it"


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault not in PASSED])
def test_a_planted_fault_of_form_is_seen_in_what_microsofts_model_resolves(tmp_path: Path, fault: str) -> None:
    folder = gold(tmp_path, columns())
    FAULTS[fault](folder)
    assert disagreements(folder), "theirs resolves what the files hold"
