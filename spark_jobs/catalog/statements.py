"""The SQL that registers, describes and protects a table; pure, and every name in it is quoted.

Constraints and tags are Unity Catalog's; the rest is any Spark's with Delta Lake.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Literal

from shared.contracts.columns import DELETED, END, START, VERSION
from spark_jobs.catalog.personal import personal
from spark_jobs.names import literal, quoted

#: What the current view leaves out: it has one row for each key, so there is no interval to tell.
HISTORY = (START, END, DELETED, VERSION)
PERSONAL_TAG = "personal_data"

Kind = Literal["TABLE", "VIEW"]


def schema(name: str, comment: str) -> str:
    """Make a schema, where there is none."""
    return f"CREATE SCHEMA IF NOT EXISTS {name} COMMENT {literal(comment)}"


def external_table(name: str, path: str) -> str:
    """Register the Delta table of a folder; what the folder holds stays as it is."""
    return f"CREATE TABLE IF NOT EXISTS {name} USING DELTA LOCATION {literal(path)}"


def comment_on_table(name: str, text: str) -> str:
    """Say what a table is."""
    return f"COMMENT ON TABLE {name} IS {literal(text)}"


def current_view(name: str, table: str, columns: Sequence[str], comment: str) -> str:
    """Make, or make anew, the view of the rows that count now."""
    shown = ", ".join(quoted(column) for column in columns)
    return view(name, f"SELECT {shown} FROM {table} WHERE {quoted(END)} IS NULL", comment)  # noqa: S608 - names are quoted


def view(name: str, query: str, comment: str) -> str:
    """Make, or make anew, the view of a query."""
    return f"CREATE OR REPLACE VIEW {name} COMMENT {literal(comment)} AS {query}"


def dropped(kind: Kind, name: str) -> str:
    """Forget a name; the files of an external table stay."""
    return f"DROP {kind} IF EXISTS {name}"


def columns_of_view(columns: Collection[str]) -> list[str]:
    """Return which columns of a history its current view has."""
    return [column for column in columns if column not in HISTORY]


def primary_key(name: str, table: str, column: str) -> Iterator[str]:
    """Declare what gold's build has proven: no null, no value twice. Nothing enforces it; planners and people read it."""
    yield f"ALTER TABLE {name} ALTER COLUMN {quoted(column)} SET NOT NULL"
    yield f"ALTER TABLE {name} ADD CONSTRAINT {quoted(f'{table}_key')} PRIMARY KEY ({quoted(column)}) NOT ENFORCED"


def tag_of_view(name: str, columns: Collection[str]) -> Iterator[str]:
    """Tag a view that shows personal data, as a whole: its columns' tags cannot be set twice (reference: Deploy, section 4)."""
    if any(personal(column) for column in columns):
        yield f"ALTER VIEW {name} SET TAGS ({literal(PERSONAL_TAG)} = 'yes')"


def tags(name: str, columns: Collection[str]) -> Iterator[str]:
    """Tag the columns that hold personal data with its kind, and the table with that it has such columns."""
    kinds: Mapping[str, str] = {column: kind for column in columns if (kind := personal(column)) is not None}
    for column, kind in kinds.items():
        yield f"ALTER TABLE {name} ALTER COLUMN {quoted(column)} SET TAGS ({literal(PERSONAL_TAG)} = {literal(kind)})"
    if kinds:
        yield f"ALTER TABLE {name} SET TAGS ({literal(PERSONAL_TAG)} = 'yes')"
