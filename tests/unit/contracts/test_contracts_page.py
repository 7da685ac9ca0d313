"""`docs/contracts.md` names every key of every document, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from shared.contracts.arguments import Arguments
from shared.contracts.codec import fields_of
from shared.contracts.columns import (
    BATCH_ID,
    BYTE_OFFSET,
    CONTRACT_VERSION,
    DETAIL,
    ERRORS,
    KEPT_LINEAGE,
    KEY,
    KEYS,
    LINEAGE,
    RAW,
    REASON,
    ROW,
)
from shared.contracts.erasure.found import Found
from shared.contracts.manifest import Manifest
from shared.contracts.outcome import Conclusion, Outcome
from shared.contracts.publication import Publication, TableFindings
from shared.contracts.report import SilverReport, TableTotals

PAGE = (Path(__file__).parents[3] / "docs" / "contracts.md").read_text(encoding="utf-8")
DOCUMENTS = {
    "Batch manifest": Manifest,
    "Outcome document": Outcome,
    "Conclusion": Conclusion,
    "Findings of a search": Found,
    "Gold publication": Publication,
    "Findings of a gold table": TableFindings,
    "Silver report": SilverReport,
    "Totals of a silver table": TableTotals,
}


def keys(kind: Any, place: str = "") -> Iterator[str]:
    """Yield every key that a document may hold, with its place: `parts[].rows`, `entities.*.keys`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        for _, key, hint in fields_of(kind):
            if key is not None:
                yield f"{place}.{key}".removeprefix(".")
                yield from keys(hint, f"{place}.{key}".removeprefix("."))
    elif origin is tuple:
        yield from keys(arguments[0], f"{place}[]")
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from keys(arguments[1], f"{place}.*")
    else:
        for argument in arguments:
            yield from keys(argument, place)


def told(kind: Any, value: Any, place: str = "") -> Iterator[str]:
    """Yield every key that an example shows, with its place; what `kind` has as a mapping may have any key."""
    origin, arguments = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, dict):
        hints = {key: hint for _, key, hint in fields_of(kind)}
        for key, inner in value.items():
            yield f"{place}.{key}".removeprefix(".")
            yield from told(hints.get(key), inner, f"{place}.{key}".removeprefix("."))
    elif origin is tuple and isinstance(value, list):
        for inner in value:
            yield from told(arguments[0], inner, f"{place}[]")
    elif isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, dict):
        for inner in value.values():
            yield from told(arguments[1], inner, f"{place}.*")
    else:
        for argument in arguments:
            yield from told(argument, value, place)


def section(title: str) -> str:
    """Return the text below a heading of the page."""
    found = re.search(rf"^#+ {re.escape(title)}\b.*?\n(.*?)(?=^#+ |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no section {title}"
    return found[1]


@pytest.mark.parametrize("title", DOCUMENTS)
def test_the_example_of_a_document_shows_every_key_and_no_other(title: str) -> None:
    kind = DOCUMENTS[title]
    example = re.search(r"```json\n(.*?)```", section(title), re.DOTALL)
    assert example, f"{title} has no example"
    assert set(told(kind, json.loads(example[1]))) == set(keys(kind))


@pytest.mark.parametrize(
    ("title", "columns"),
    [
        ("Bronze part", {*LINEAGE, CONTRACT_VERSION}),
        ("Rejected rows", {BATCH_ID, *KEPT_LINEAGE, KEY, KEYS, ERRORS, ROW}),
    ],
)
def test_the_table_of_columns_names_every_column_and_no_other(title: str, columns: set[str]) -> None:
    rows = [line.split("|")[1] for line in section(title).splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == columns


def test_the_columns_of_a_reject_are_named() -> None:
    assert {BYTE_OFFSET, REASON, DETAIL, RAW} <= set(re.findall(r"`(\w+)`", section("Bronze part")))


def test_the_job_parameters_are_named() -> None:
    listed = re.search(r"Job parameters: (.*?)\n\n", section("Batch manifest"), re.DOTALL)
    assert listed
    names = {key for _, key, _ in fields_of(Arguments)}
    described = [clause.split("`")[1] for clause in listed[1].split("; ")]
    assert set(described) == names
