"""One conditional write makes a publication visible, and whoever comes second finds it done."""

from __future__ import annotations

import json

import pytest

from shared.adapters.memory import MemoryLake
from shared.contracts.outcome import Outcome
from shared.contracts.places import GOLD, GOLD_MANIFEST, PIPELINE
from shared.orchestration.publish import Published, publication_of, publish
from tests.contracts import make_outcome


def manifest(publication: str) -> bytes:
    return json.dumps({"explanation": publication, "entities": []}).encode()


def outcome(publication: str, *, base: str = "") -> Outcome:
    return make_outcome(publication, publication=publication or None, base_publication=base or None)


@pytest.fixture
def lake() -> MemoryLake:
    lake = MemoryLake()
    for publication in ("p1", "p2"):
        lake.put(PIPELINE, f"batches/{publication}/{GOLD_MANIFEST}", manifest(publication))
    return lake


def visible(lake: MemoryLake) -> str:
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
