"""Seeded makers of the files that the benchmarks read: same seed, same bytes, no data from anywhere else.

The shapes follow what Synapse Link exports (reference: Synapse Link, sections 6 and 7.1): headerless CSV, strings and
dates quoted, guids, numbers and booleans bare, nothing between commas for null, most columns of a wide table empty.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Final

from shared.contracts.columns import Column
from shared.formats.table_schema import TableSchema

POOL: Final = 20_000  # distinct record bodies; Id and versionnumber differ in every record
WORDS: Final = [
    "Contoso",
    "Fabrikam",
    "Northwind",
    "Adventure",
    "Works",
    "Tailspin",
    "Toys",
    "Litware",
    "Proseware",
    "Wingtip",
    "Relecloud",
    "Trey",
    "Research",
    "Coho",
    "Vineyard",
    "Lucerne",
    "Publishing",
    "Margie",
    "Travel",
    "Blue",
    "Yonder",
    "Café",
    "Zürich",
    "Ørsted",
    "Łódź",
    "Škoda",
    "東京",
    "Αθήνα",
]

SYSTEM: Final = (("Id", "guid"), ("SinkCreatedOn", "dateTime"), ("SinkModifiedOn", "dateTime"))
TAIL: Final = (
    ("versionnumber", "int64"),
    ("createdon", "dateTimeOffset"),
    ("modifiedon", "dateTime"),
    ("IsDelete", "boolean"),
)


def wide_schema(extra: int = 0) -> TableSchema:
    """Return a customer-engagement-like table of 192 columns, and as many more as were added to it later."""
    kinds = ["int64"] * 24 + ["boolean"] * 13 + ["guid", "string"] * 18 + ["decimal"] * 17 + ["dateTime"] * 5 + ["string"] * 90
    return _schema("account", kinds, extra)


def narrow_schema(extra: int = 0) -> TableSchema:
    """Return a finance-and-operations-like table of 26 columns, and as many more as were added to it later."""
    return _schema("currency", ["int64"] * 8 + ["string"] * 7 + ["decimal"] * 2 + ["dateTime"] * 2, extra)


def _schema(table: str, kinds: list[str], extra: int) -> TableSchema:
    own = [(f"{kind}{number}", kind) for number, kind in enumerate(kinds)]
    added = [(f"added{number}", "string") for number in range(extra)]
    columns = (*SYSTEM, *own, *TAIL, *added)
    return TableSchema(table=table, columns=tuple(Column(name=name, type=kind) for name, kind in columns))


def write_table(
    path: Path, schema: TableSchema, size: int, *, seed: int = 1, widths: Callable[[float, Random], int] | None = None
) -> int:
    """Write at least `size` bytes of records; answers how many records.

    `widths` says how many columns the record at that fraction of the file has (default: all).
    """
    records = 0
    with path.open("wb", buffering=1 << 22) as file:
        for record in _records(schema, size, Random(seed), widths):
            file.write(record)
            records += 1
    return records


def _records(schema: TableSchema, size: int, random: Random, widths: Callable[[float, Random], int] | None) -> Iterator[bytes]:
    version_at = schema.names.index("versionnumber")
    fill = 0.45 if schema.width > 100 else 0.9
    pool = [[_value(column, random, fill) for column in schema.columns] for _ in range(POOL)]
    joined = [(b",".join(row[1:version_at]), b",".join(row[version_at + 1 :])) for row in pool]
    written, version = 0, 5_000_000
    while written < size:
        pick = random.randrange(POOL)
        version += random.randrange(1, 9)
        head = b"%s,%s,%d" % (_guid(random), joined[pick][0], version)
        if widths is None:
            record = b"%s,%s\r\n" % (head, joined[pick][1])
        else:
            width = widths(written / size, random)
            record = b"%s,%s\r\n" % (head, b",".join(pool[pick][version_at + 1 : width]))
        written += len(record)
        yield record


def _value(column: Column, random: Random, fill: float) -> bytes:
    if column.name in {"SinkCreatedOn", "SinkModifiedOn"}:
        return b'"%d/%d/2026 %d:%02d:%02d PM"' % tuple(random.randrange(1, top) for top in (13, 29, 13, 60, 60))
    if column.name == "IsDelete":
        return b"True" if random.random() < 0.01 else b""
    if column.name not in {"createdon", "modifiedon"} and random.random() > fill:
        return b""
    match column.type:
        case "guid":
            return _guid(random)
        case "int64":
            return b"%d" % random.choice((0, 1, 2, 100000000 + random.randrange(9), random.randrange(10**9)))
        case "decimal":
            return b"%d.%04d" % (random.randrange(10**6), random.randrange(10**4))
        case "boolean":
            return random.choice((b"True", b"False"))
        case "string":
            return _text(random)
        case _:
            day = tuple(random.randrange(1, top) for top in (13, 29, 24, 60, 60))
            return b'"2026-%02d-%02dT%02d:%02d:%02d.0000000Z"' % day


def _text(random: Random) -> bytes:
    """Return words; now and then an embedded quote, comma, line break, or the empty string."""
    text = " ".join(random.choices(WORDS, k=random.randrange(1, 6)))
    dice = random.random()
    if dice < 0.01:
        text = f"{text}\r\nsecond line\n, third"
    elif dice < 0.03:
        text = f'the "{text}", Ltd.'
    elif dice < 0.04:
        text = ""
    return b'"%s"' % text.replace('"', '""').encode()


def _guid(random: Random) -> bytes:
    digits = b"%032x" % random.getrandbits(128)
    return b"-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
