"""The customers and their finance data that the Spark benchmark is about: seeded, so that the same call makes the same bytes.

Shapes as landed: headerless year files of a Dataverse table with duplicates, updates and deletes behind the first rows
(reference: Synapse Link, sections 6 to 9), and one finance file with a header.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.generate import WORDS
from shared.contracts.columns import Column
from shared.formats.table_schema import TableSchema

YEARS: Final = tuple(range(2019, 2025))
TABLE: Final = "crc33_customer"
TEXTS: Final = (
    *("firstname", "lastname", "name", "gender", "email", "telephone", "country"),
    *("city", "state", "postcode", "streetaddress", "dateofbirth"),
)
CUSTOMER: Final = TableSchema(
    table=TABLE,
    columns=(
        Column(name="Id", type="guid"),
        Column(name="SinkCreatedOn", type="dateTime"),
        Column(name="SinkModifiedOn", type="dateTime"),
        Column(name="crc33_cid", type="string"),
        *(Column(name=f"crc33_{name}", type="string") for name in TEXTS),
        Column(name="statecode", type="int64"),
        Column(name="versionnumber", type="int64"),
        Column(name="createdon", type="dateTimeOffset"),
        Column(name="modifiedon", type="dateTime"),
        Column(name="IsDelete", type="boolean"),
    ),
)
FINANCE: Final = TableSchema(
    table="customer_finance",
    columns=tuple(Column(name=name, type="string") for name in ("cid", "income", "spend", "segment", "as_of")),
)
_TEXTS: Final = 20_000  # distinct sets of a customer's texts
_DELETED: Final = 1_000_900  # the version of deletes: above those of the first files, below those of changes
_SEED: Final = 1


def write_customers(folder: Path, count: int) -> list[Path]:
    """Write `count` customers into year files: each once, then for 2 % an update, for 1 % a delete, 1 % repeated exactly."""
    folder.mkdir(parents=True, exist_ok=True)
    bodies = _bodies(1)
    files = []
    for first, year in enumerate(YEARS):
        own = range(first, count, len(YEARS))
        files.append(folder / f"{year}.csv")
        with files[-1].open("wb", buffering=1 << 22) as file:
            file.writelines(_upsert(customer, 1, bodies, year) for customer in own)
            file.writelines(_upsert(customer, 2, bodies, year) for customer in _updated(own))
            file.writelines(_delete(customer) for customer in _deleted(own))
            file.writelines(_upsert(customer, 1, bodies, year) for customer in own[3::100])
    return files


def write_changes(path: Path, customers: Iterable[int], *, version: int) -> None:
    """Write one more version of some customers, from 200 on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    bodies = _bodies(version)
    with path.open("wb") as file:
        file.writelines(_upsert(customer, version, bodies, YEARS[customer % len(YEARS)]) for customer in customers)


def write_finance(path: Path, count: int) -> None:
    """Write the finance file: each customer once, 1 % a second time with other figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb", buffering=1 << 22) as file:
        file.write(b",".join(name.encode() for name in FINANCE.names) + b"\n")
        file.writelines(b"%d,%b,2026-10-31\n" % (customer, ",".join(row).encode()) for customer, row in finance(count))


def finance(count: int) -> Iterator[tuple[int, tuple[str, str, str]]]:
    """Yield customers with income, spend and segment, as they stand in the finance file: of two rows the later one counts."""
    yield from _figures(range(count), Random(_SEED))
    yield from _figures(range(0, count, 100), Random(_SEED + 1))


def versions(count: int) -> list[int]:
    """Return which version of each customer is current in the year files, 0 for those that were deleted."""
    found = [1] * count
    for first in range(len(YEARS)):
        own = range(first, count, len(YEARS))
        for customers, version in ((_updated(own), 2), (_deleted(own), 0)):
            for customer in customers:
                found[customer] = version
    return found


def number(version: int) -> int:
    """Return the `versionnumber` of a version."""
    return 1_000_000 + version * 10


def texts(version: int) -> list[tuple[str, ...]]:
    """Return the sets of texts that the customers of a version have one of (`place`)."""
    random = Random(_SEED if version < 200 else _SEED + version)
    return [_texts(random) for _ in range(_TEXTS)]


def place(customer: int, version: int) -> int:
    """Return which of them a customer has."""
    return (customer * 7919 + version * 104_729) % _TEXTS


def _updated(own: range) -> range:
    return own[::50]


def _deleted(own: range) -> range:
    return own[7::100]


def _figures(customers: Iterable[int], random: Random) -> Iterator[tuple[int, tuple[str, str, str]]]:
    for customer in customers:
        dice = random.getrandbits(40)
        income, spend = dice % 15_000_000, (dice >> 8) % 900_000
        yield customer, (f"{income // 100}.{income % 100:02}", f"{spend // 100}.{spend % 100:02}", "ABCD"[dice % 4])


def _upsert(customer: int, version: int, bodies: list[bytes], year: int) -> bytes:
    body = bodies[place(customer, version)]
    minute, hour = customer % 60, 1 + customer // 60 % 11
    sink = b'"4/%d/2026 %d:%02d:%02d PM"' % (min(30, version), hour, minute, version % 60)
    return b'%s,%s,%s,"%d",%s,0,%d,"%d-03-%02dT10:%02d:00.0000000+00:00","2026-04-%02dT%02d:%02d:00Z",\r\n' % (
        *(_guid(customer), sink, sink, customer, body, number(version), year),
        *(1 + customer % 28, minute, min(30, version), hour, minute),
    )


def _delete(customer: int) -> bytes:
    empty = b"," * (len(TEXTS) + 1)
    sink = b'"4/20/2026 11:%02d:59 PM"' % (customer % 60)
    return b'%s,%s,%s%s,,%d,"0001-01-03T00:00:00.0000000",,True\r\n' % (_guid(customer), sink, sink, empty, _DELETED)


def _guid(customer: int) -> bytes:
    digits = blake2b(b"%d" % customer, digest_size=16).hexdigest().encode()
    return b"-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _bodies(version: int) -> list[bytes]:
    return [b",".join(b'"%s"' % text.replace('"', '""').encode() for text in one) for one in texts(version)]


def _texts(random: Random) -> tuple[str, ...]:
    first, last, city = (random.choice(WORDS) for _ in range(3))
    street = f"{random.randrange(1, 999)} {random.choice(WORDS)} Street"
    if random.random() < 0.02:
        street += '\r\nc/o "Reception", 2nd floor'
    digits = random.randrange(10**7)
    return (
        *(first, last, f"{first} {last}", random.choice(("Female", "Male", "Gender neutral"))),
        *(f"{first.lower()}.{last.lower()}{digits}@example.com", f"+1 425 {digits:07}", "US"),
        *(city, random.choice(("WA", "CT", "NY")), f"{random.randrange(99999):05}", street),
        f"{random.randrange(1940, 2008)}-0{random.randrange(1, 10)}-1{random.randrange(10)}",
    )
