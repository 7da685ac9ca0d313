"""What tests land is made from a seed alone, and sets the traps it is there to set."""

from __future__ import annotations

import ast
import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.makers import export, finance

if TYPE_CHECKING:
    from collections.abc import Callable

MAKERS = Path(__file__).parents[2] / "makers"


@pytest.mark.parametrize(
    "make",
    [
        export.incremental_export,
        export.changes,
        export.partitioned_export,
        export.wide_table,
        finance.customer_file,
        finance.spend_file,
    ],
)
def test_the_same_seed_makes_the_same_and_another_seed_something_else(make: Callable[[int], object]) -> None:
    assert make(1) == make(1)
    assert make(1) != make(2)


def test_no_maker_reads_a_file() -> None:
    for path in MAKERS.glob("*.py"):
        names = {node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)}
        assert not names & {"open", "Path"}, path.name


def test_records_of_the_spend_file_end_in_a_bare_cr_and_the_last_in_crlf() -> None:
    data = finance.spend_file(1).data
    assert (data.count(b"\r"), data.count(b"\n"), data[-2:]) == (1401, 1, b"\r\n")


def test_customers_have_empty_values_other_alphabets_and_values_that_need_quotes() -> None:
    made = finance.customer_file(1)
    header, *records = csv.reader(made.data.decode().splitlines(keepends=True))
    assert (len(header), len(records)) == (15, 1400)
    assert b"\r" not in made.data.replace(b"\r\n", b"")
    texts = {text for row in made.rows for text in row.values() if text}
    assert any(not text.isascii() for text in texts)
    assert any(set(text) & set(',"\n') for text in texts)
    assert all(any(row[name] is None for row in made.rows) for name in ("Lastname", "City", "Email"))


def test_a_delete_tells_little_stands_in_a_file_of_any_name_and_may_lack_its_line_break() -> None:
    made = export.changes(1)
    assert not made.delete_file.endswith((b"\r", b"\n"))
    told = {name for name, value in made.gone.items() if value is not None}
    assert told == {"Id", "SinkCreatedOn", "SinkModifiedOn", "versionnumber", "createdon", "IsDelete"}
    (path,) = [path for path, rows in export.incremental_export(1).rows.items() if rows[0]["IsDelete"]]
    assert path.endswith("/1.csv")


def test_the_first_folder_of_the_incremental_export_does_not_know_the_table_of_the_second() -> None:
    files = export.incremental_export(1).files
    first, second = (
        {entity["name"] for entity in json.loads(files[f"{folder}/model.json"])["entities"]}
        for folder in (export.FIRST_FOLDER, export.SECOND_FOLDER)
    )
    assert second - first == {export.MEMBER}


def test_only_the_table_in_place_has_partitions() -> None:
    entities = json.loads(export.partitioned_export(1).files["model.json"])["entities"]
    without_flag = {entity["name"] for entity in entities if entity["attributes"][-1]["name"] != "IsDelete"}
    assert {entity["name"] for entity in entities if entity["partitions"]} == without_flag == {"orderjournal"}
