"""The rule `unique`: no two keys share a value in their current rows, whatever is run again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from shared.config.tables import read_configuration
from shared.contracts.entity import Rule
from tests.spark.conftest import Pipeline, customer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

pytestmark = pytest.mark.spark


@pytest.fixture
def strict(pipeline: Pipeline) -> Pipeline:
    """A pipeline where emails are unique, and shared names are counted."""
    rules = {"email": Rule(unique=True), "name": Rule(unique=True, action="warn")}
    pipeline.configure(table={"rules": rules})
    return pipeline


def row(key: str, version: int, email: str | None, **more: Any) -> dict[str, Any]:
    """Make an upsert with an email."""
    return customer(key, version, **more) | {"crc33_email": email}


def emails(pipeline: Pipeline) -> dict[str, str | None]:
    return {one["Id"]: one["email"] for one in pipeline.current("customer")}


def rejected(pipeline: Pipeline, batch_id: str) -> list[int]:
    """Return the record numbers that a batch rejected for a shared email."""
    rows = pipeline.table("customer_rejected").where(f"_batch_id = '{batch_id}'").collect()
    assert all(one["_errors"] == ["unique:email"] and one["_row"] for one in rows)
    return sorted(one["_record_number"] for one in rows)


def run(pipeline: Pipeline, rows: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    pipeline.land(rows)
    batch_id = pipeline.manifest()
    return batch_id, pipeline.silver(batch_id)["entities"]["customer"]


_SECOND = [
    row("late", 1, "taken@x"),  # 1: rejected, though its version is lower: another key has it already
    row("free", 2, "free@x", crc33_name="Ann"),  # 2: gives `old@x` up,
    row("heir", 2, "old@x", crc33_name="Ann"),  # 3: which another one takes
    row("first", 1, "both@x"),  # 4
    row("second", 2, "both@x"),  # 5: rejected, comes later in sequence
    customer("gone", 9, deleted=True),  # 6: gives `gone@x` up,
    row("next", 1, "gone@x"),  # 7: which another one takes
    row("swap1", 2, "two@x"),  # 8: rejected, as is
    row("swap2", 2, "one@x"),  # 9: this: each waits for the other
    row("keeper", 2, "taken@x", crc33_name="renamed"),  # 10: the one that has it keeps it
    row("c", 3, "  "),  # 11: no value collides with nothing
    row("d", 3, "d@x"),  # 12: what was rejected is corrected
]


def test_a_value_belongs_to_the_key_that_has_it_or_brings_it_first_and_a_second_run_decides_the_same(strict: Pipeline) -> None:
    first = [row("keeper", 5, "taken@x"), row("free", 1, "old@x"), row("gone", 1, "gone@x")]
    first += [row("swap1", 1, "one@x"), row("swap2", 1, "two@x"), row("c", 1, "")]
    first += [row("a", 1, None, crc33_name="Ann"), row("b", 1, "", crc33_name="Ann")]
    first += [row("d", 7, "taken@x"), row("e", 6, "taken@x")]
    batch_id, counts = run(strict, first)
    assert (counts["applied"], counts["rejected"]) == (8, 2)
    assert counts["rules"] == {"unique:email": 2, "unique:name": 1}
    assert rejected(strict, batch_id) == [9, 10]

    batch_id, counts = run(strict, _SECOND)
    found = emails(strict)
    assert (counts["applied"], counts["rejected"]) == (8, 4)
    assert counts["rules"] == {"unique:email": 4, "unique:name": 2}
    assert rejected(strict, batch_id) == [1, 5, 8, 9]
    assert (found["keeper"], found["d"]) == ("taken@x", "d@x")
    assert (found["free"], found["heir"], found["next"]) == ("free@x", "old@x", "gone@x")
    assert (found["swap1"], found["swap2"], found["first"]) == ("one@x", "two@x", "both@x")
    assert not {"late", "second", "gone"} & set(found)
    assert set(Counter(email for email in found.values() if email and email.strip()).values()) == {1}

    # Cut off after the merge and before its note: the second attempt finds its own rows stored, and decides the same.
    place = f"pipeline/batches/{batch_id}/silver.json"
    strict.lake.write_json(place, {"batch_id": batch_id, "entities": {}, "seconds": 0.0})
    again = strict.silver(batch_id)["entities"]["customer"]
    assert (again["duplicates"], again["rejected"], again["rules"]) == (8, 4, counts["rules"])
    assert rejected(strict, batch_id) == [1, 5, 8, 9]
    assert emails(strict) == found
    assert not strict.lake.exists(f"pipeline/batches/{batch_id}/shared")


def test_in_a_snapshot_only_its_own_keys_collide_and_a_key_that_was_rejected_stays_open(pipeline: Pipeline) -> None:
    rules = "rules = { email = { unique = true } }"
    configured = f'[finance.customer_finance]\nkeys = ["cid"]\nmode = "snapshot"\n{rules}'
    pipeline.configuration = read_configuration(configured)
    pipeline.finance("cid,email\n1,a@x\n2,b@x")
    pipeline.silver(pipeline.manifest())
    pipeline.finance("cid,email\n1,a@x\n2,a@x\n3,c@x", hours=1)
    counts = pipeline.silver(pipeline.manifest())["entities"]["customer_finance"]
    assert (counts["rejected"], counts["rules"]) == (1, {"unique:email": 1})
    found = {one["cid"]: one["email"] for one in pipeline.current("customer_finance")}
    assert found == {"1": "a@x", "2": "b@x", "3": "c@x"}
