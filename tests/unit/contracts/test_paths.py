"""Names in the lake: deterministic, distinct, and readable by everyone who has to."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from shared.contracts.places import PartName, batch_id, slug
from shared.ledger.ledger import key


@pytest.mark.parametrize("text", ["2024.csv", "a/b.csv", "_hidden", ".x", "März 1.csv", "{a}[b]*?.csv", "x" * 500, "a:b"])
def test_a_slug_is_one_safe_segment(text: str) -> None:
    # Spark hides `_` and `.` in front and takes `{}[]*?` for patterns; Hadoop refuses `:`.
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", slug(text))


def test_distinct_paths_have_distinct_slugs_and_keys() -> None:
    paths = [
        "a/b.csv",
        "a_b.csv",
        "a-b.csv",
        "a b.csv",
        "A/b.csv",
        "a%2Fb.csv",
        "a=2Fb.csv",
        "ä/b.csv",
        "x" * 500 + "1",
        "x" * 500 + "2",
    ]
    assert len({slug(path) for path in paths}) == len(paths)
    assert len({key(path) for path in paths}) == len(paths)


def test_a_key_has_no_character_that_table_storage_forbids_and_no_separator() -> None:
    assert re.fullmatch(r"[^/\\#?\x00-\x1f\x7f-\x9f~-]*", key("a/b\\c#d?e-f~g\x01\x7fé.csv"))


def test_parts_sort_by_generation_and_place() -> None:
    def name(generation: int, start: int) -> str:
        return PartName(container="c", table="t", source_path="2024.csv", generation=generation, start=start).data

    assert name(1, 0) == "c/t/2024.csv/g000001-000000000000000.parquet"
    assert sorted([name(2, 0), name(1, 10**10), name(1, 99)]) == [name(1, 99), name(1, 10**10), name(2, 0)]


def test_rejects_are_named_by_what_they_hold() -> None:
    part = PartName(container="c", table="t", source_path="2024.csv", generation=1, start=0)
    assert part.rejects(b"one") != part.rejects(b"two")
    assert part.rejects(b"one").startswith("_rejected/c/t/2024.csv/g000001-000000000000000-")


def test_a_batch_id_may_be_a_folder_that_customer_insights_reads() -> None:
    # Customer Insights, section 2: start with a letter; only letters, digits, `_`.
    first = batch_id(datetime(2026, 11, 23, 10, 11, 12, tzinfo=UTC), "a")
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", first)
    assert first < batch_id(datetime(2026, 11, 23, 10, 11, 13, tzinfo=UTC), "a")
