"""One conditional write makes a publication visible, and whoever comes second finds it done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.adapters.memory import MemoryLake
from shared.contracts.errors import ContractError
from shared.contracts.outcome import GoldCounts, Outcome
from shared.contracts.places import GOLD, GOLD_MANIFEST, PIPELINE
from shared.orchestration.publish import Published, publication_of, publish
from tests.contracts import make_outcome


def manifest(publication: str) -> bytes:
    return json.dumps({"explanation": publication, "entities": []}).encode()


PLACE = f"batches/b2/{GOLD_MANIFEST}"
GOLD_COUNTS = {"customer": GoldCounts(rows=2, files=2, rewritten=1)}


def entity(**changes: Any) -> dict[str, Any]:
    """Spell the manifest's entity of a table of two files."""
    files = ("customer/p1/a.parquet", "customer/p2/b.parquet")
    partitions = [{"location": file} for file in files]
    path = "customer/p2/customer.cdm.json/customer"
    return {"entityName": "customer", "entityPath": path, "dataPartitions": partitions} | changes


def stage(lake: MemoryLake, **changes: Any) -> Outcome:
    """Stage a publication of one table, with its files."""
    for path in ("p1/a.parquet", "p2/b.parquet", "p2/customer.cdm.json"):
        lake.put(GOLD, f"customer/{path}", b"x")
    document = {"explanation": "p2", "entities": [entity()]} | changes
    lake.put(PIPELINE, PLACE, json.dumps(document).encode())
    return make_outcome("b2", publication="p2", gold=GOLD_COUNTS)


def outcome(publication: str, *, base: str = "") -> Outcome:
    return make_outcome(publication, publication=publication or None, base_publication=base or None)


@pytest.fixture
def lake() -> MemoryLake:
    lake = MemoryLake()
    for publication in ("p1", "p2"):
        lake.put(PIPELINE, f"batches/{publication}/{GOLD_MANIFEST}", manifest(publication))
    return lake


def visible(lake: MemoryLake) -> str | None:
    return publication_of(lake.content(GOLD, GOLD_MANIFEST))


def test_the_first_publication_needs_an_empty_gold(lake: MemoryLake) -> None:
    assert publish(lake, outcome("p1")) is Published.DONE
    assert visible(lake) == "p1"


def test_publishing_again_changes_nothing(lake: MemoryLake) -> None:
    publish(lake, outcome("p1"))
    before = lake.head(GOLD, GOLD_MANIFEST)
    assert publish(lake, outcome("p1")) is Published.DONE
    assert lake.head(GOLD, GOLD_MANIFEST) == before


def test_a_publication_of_another_base_is_refused(lake: MemoryLake) -> None:
    publish(lake, outcome("p1"))
    assert publish(lake, outcome("p2", base="p0")) is Published.BASE_MOVED
    assert visible(lake) == "p1"


def test_a_manifest_that_was_not_staged_is_told(lake: MemoryLake) -> None:
    assert publish(lake, outcome("p9")) is Published.NOT_STAGED


@pytest.mark.parametrize("base", ["", "p1"])
def test_two_that_publish_the_same_at_the_same_time_both_succeed(lake: MemoryLake, base: str) -> None:
    # The webhook's hint and the timer's tick often come in the same second.
    if base:
        publish(lake, outcome(base))
    real = lake.replace

    def swap_just_before(container: str, path: str, data: bytes, *, if_match: str | None) -> bool:
        real(container, path, data, if_match=if_match)
        return real(container, path, data, if_match=if_match)

    lake.replace = swap_just_before  # type: ignore[method-assign] # a seam for one call
    assert publish(lake, outcome("p2", base=base)) is Published.DONE
    assert visible(lake) == "p2"


def test_no_publication_is_nothing_to_do(lake: MemoryLake) -> None:
    assert publish(lake, outcome("")) is Published.DONE
    assert lake.head(GOLD, GOLD_MANIFEST) is None


def test_what_is_staged_is_published_where_it_is_what_it_claims(lake: MemoryLake) -> None:
    assert publish(lake, stage(lake)) is Published.DONE
    assert visible(lake) == "p2"


def test_a_folder_of_files_may_be_named_by_a_pattern(lake: MemoryLake) -> None:
    folder = {"dataPartitions": None, "dataPartitionPatterns": [{"rootLocation": "customer/p2/"}]}
    assert publish(lake, stage(lake, entities=[entity(**folder)])) is Published.DONE


@pytest.mark.parametrize(
    "changes",
    [
        {"explanation": "p3"},
        {"explanation": None},
        {"explanation": ["p2"]},
        {"entities": None},
        {"entities": {}},
        {"entities": ["customer"]},
        {"entities": []},  # the outcome tells of a table
        {"entities": [entity(), entity()]},
        {"entities": [entity(entityName="customer/../x")]},
        {"entities": [entity(entityName=None)]},
        {"entities": [entity(entityPath=None)]},
        {"entities": [entity(entityPath="customer/p3/customer.cdm.json/customer")]},
        {"entities": [entity(entityPath="../pipeline/x/customer")]},
        {"entities": [entity(dataPartitions=[{"location": "customer/p1/a.parquet"}])]},  # fewer files than the outcome tells
        {"entities": [entity(dataPartitions=[{"location": "customer/p1/a.parquet"}, {"location": "customer/p9/x"}])]},
        {"entities": [entity(dataPartitions=[{"location": "../finance/sales/1.csv"}, {}])]},
        {"entities": [entity(dataPartitions={"location": "customer/p1/a.parquet"})]},
        {"entities": [entity(dataPartitions=[None, 1])]},
        {"entities": [entity(incrementalPartitions=[{"location": "customer/p9/x"}])]},  # is not there
        {"entities": [entity(dataPartitionPatterns=[{"rootLocation": "account/p1/"}])]},
        {"entities": [entity(dataPartitionPatterns=[{"rootLocation": ""}])]},
    ],
)
def test_a_staged_manifest_that_is_not_the_publication_it_claims_is_refused(lake: MemoryLake, changes: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match="staged manifest of batch b2"):
        publish(lake, stage(lake, **changes))
    assert lake.head(GOLD, GOLD_MANIFEST) is None


@pytest.mark.parametrize("staged", [b"", b"[]", b"cid,income\n1,10\n", b"\xff\xfe", b"[" * 100_000])
def test_anything_else_is_no_manifest(lake: MemoryLake, staged: bytes) -> None:
    made = stage(lake)
    lake.put(PIPELINE, PLACE, staged)
    with pytest.raises(ContractError):
        publish(lake, made)
    assert lake.head(GOLD, GOLD_MANIFEST) is None


@pytest.mark.parametrize("shown", [b"", b"{}", b"[]", b"{", b'{"explanation": ""}', b'{"explanation": 1}'])
def test_a_manifest_that_shows_nothing_of_ours_is_never_replaced(lake: MemoryLake, shown: bytes) -> None:
    lake.put(GOLD, GOLD_MANIFEST, shown)
    assert publish(lake, stage(lake)) is Published.BASE_MOVED
    assert lake.content(GOLD, GOLD_MANIFEST) == shown
