"""The sample that the demo lands: a Synapse Link export of customers, and finance files, in two waves.

Made from a seed alone, so that what should come out is known without asking the pipeline. The first wave is an initial
load; the second appends to the same year files and brings one new finance file with a record that cannot be used.
"""

from __future__ import annotations

import random
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from local.sample.customers import LAST_NAMES, PERSONAL, PLACES, Customer, invented
from local.sample.duplicates import duplicate
from local.sample.synapse_link import SERVICE, entity_metadata, model, record, sink_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATAVERSE: Final = "dataverse-contoso-sales"
FINANCE: Final = "finance"
TABLE: Final = "crc33_customer"
STATE: Final = "Active"  # the label of every live customer's state
FINANCE_HEADER: Final = ("cid", "income", "spend", "credit_limit", "as_of_date")

_FIRST_DAY: Final = datetime(2019, 1, 1, tzinfo=UTC)
_SYNCED: Final = datetime(2026, 11, 2, 11, 58, tzinfo=UTC)  # so that the Sink times pass noon, where AM and PM go wrong
_SECOND: Final = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)  # likewise midnight


# The order of a customer-engagement table is arbitrary (reference: Synapse Link, section 7.1).
COLUMNS: Final[Mapping[str, str]] = {
    "Id": "guid",
    "SinkCreatedOn": "dateTime",
    "SinkModifiedOn": "dateTime",
    "statecode": "int64",
    "statuscode": "int64",
    **{f"crc33_{name}": "dateTime" if name == "dateofbirth" else "string" for name in PERSONAL},
    "versionnumber": "int64",
    "modifiedon": "dateTime",
    "createdon": "dateTimeOffset",
    "IsDelete": "boolean",
}


@dataclass(frozen=True, kw_only=True)
class Landing:
    """One write into a landing container."""

    container: str
    path: str
    data: bytes = field(repr=False)
    appends: bool = False  # to what the file holds already, as Synapse Link does to its year files

    @property
    def file(self) -> str:
        """The landed file as lineage columns name it."""
        return f"{self.container}/{self.path}"


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A record that cannot be used."""

    file: str
    record: int  # 1 is the first after any header
    reason: str


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What has to be true once everything up to the end of a wave went through."""

    records: Mapping[str, int]  # by landed file, in all
    rejects: tuple[Reject, ...]
    customers: Mapping[str, Customer] = field(repr=False)  # the live ones by cid
    deleted: frozenset[str]  # cids that were there once
    twins: tuple[tuple[str, str], ...] = ()  # pairs of cids that are one person, planted


@dataclass(frozen=True, kw_only=True)
class Wave:
    """What lands together, in this order, and what has to come of it."""

    landings: tuple[Landing, ...]
    expected: Expected


@dataclass
class _World:
    """Dataverse and the finance system while the sample is being made."""

    chance: random.Random
    now: datetime = _SYNCED
    version: int = 2_410_000
    customers: dict[str, Customer] = field(default_factory=dict)
    rows: dict[str, tuple[str, datetime, datetime]] = field(default_factory=dict)  # cid: Id, createdon, SinkCreatedOn
    deleted: set[str] = field(default_factory=set)
    twins: list[tuple[str, str]] = field(default_factory=list)
    records: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)

    def expected(self) -> Expected:
        return Expected(
            records=dict(self.records),
            rejects=tuple(self.rejects),
            customers=dict(self.customers),
            deleted=frozenset(self.deleted),
            twins=tuple(self.twins),
        )

    def create(self, cid: str, createdon: datetime) -> tuple[str, bytes]:
        """Make a new customer, and the row that tells of it with the file that this row belongs to."""
        guid = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        self.customers[cid] = invented(self.chance, int(cid))
        self.rows[cid] = (guid, createdon, self.now)
        return self.tell(cid)

    def repeat(self, of: str, cid: str, createdon: datetime) -> tuple[str, bytes]:
        """Make a duplicate of a customer, and the row that tells of it."""
        self.rows[cid] = (str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), createdon, self.now)
        self.customers[cid] = duplicate(self.chance, self.customers[of], cid)
        self.twins.append((of, cid))
        return self.tell(cid)

    def alone(self) -> list[str]:
        """Return the live customers who are there once: twins stay as they are, so that it is known what is to be found."""
        return sorted(self.customers.keys() - {cid for pair in self.twins for cid in pair})

    def move(self, cid: str) -> tuple[str, bytes]:
        """Have the customer move and change a name."""
        country, state, city, code = self.chance.choice(PLACES)
        lastname = self.chance.choice(LAST_NAMES)
        before = self.customers[cid]
        self.customers[cid] = replace(
            before,
            lastname=lastname,
            name=f"{before.firstname} {lastname}",
            country=country,
            state=state,
            city=city,
            postcode=f"{code}{self.chance.randrange(100):02d}",
        )
        return self.tell(cid)

    def tell(self, cid: str) -> tuple[str, bytes]:
        """Return the row that says how the customer is now."""
        customer = self.customers[cid]
        own = {f"crc33_{name}": getattr(customer, name) for name in PERSONAL}
        own["crc33_dateofbirth"] = f"{customer.dateofbirth.isoformat()}T00:00:00.0000000Z"
        modified = {"modifiedon": f"{self.now:%Y-%m-%dT%H:%M:%SZ}"}
        createdon = f"{self.rows[cid][1]:%Y-%m-%dT%H:%M:%S}.0000000+00:00"
        return self._row(cid, {"statecode": "0", "statuscode": "1", **own, **modified, "createdon": createdon})

    def delete(self, cid: str) -> tuple[str, bytes]:
        """Return the row that says that the customer is gone, with little else in it (reference: Synapse Link, section 8)."""
        del self.customers[cid]
        self.deleted.add(cid)
        return self._row(cid, {"createdon": "0001-01-03T00:00:00.0000000", "IsDelete": "True"})

    def _row(self, cid: str, values: dict[str, str | None]) -> tuple[str, bytes]:
        guid, createdon, sink_created = self.rows[cid]
        self.version += self.chance.randint(1, 7)
        self.now += timedelta(seconds=self.chance.random())
        file = f"{TABLE}/{createdon.year}.csv"  # whatever the change is (reference: Synapse Link, section 3.1)
        self.records[f"{DATAVERSE}/{file}"] += 1
        values |= {"Id": guid, "SinkCreatedOn": sink_time(sink_created), "SinkModifiedOn": sink_time(self.now)}
        return file, record({**values, "versionnumber": str(self.version)}, COLUMNS)

    def finance(self, path: str, as_of: str, cids: Iterable[str], *, unusable: str = "") -> Landing:
        """Make a finance file about these customers; the unusable record has a thousands separator."""
        lines = [",".join(FINANCE_HEADER)]
        file = f"{FINANCE}/{path}"
        for number, cid in enumerate(cids, 1):
            income = Decimal(self.chance.randint(1_500_000, 19_000_000)).scaleb(-2) if self.chance.random() < 0.95 else None
            spend = Decimal(self.chance.randint(0, 500_000)).scaleb(-2)
            credit_limit = Decimal(self.chance.randint(1, 60) * 500)
            if cid == unusable:
                lines.append(f"{cid},{income or 1000:,},{spend},{credit_limit},{as_of}")
                self.rejects.append(Reject(file=file, record=number, reason="too_wide"))
            else:
                lines.append(f"{cid},{'' if income is None else income},{spend},{credit_limit},{as_of}")
                if cid in self.customers:
                    self.customers[cid] = replace(self.customers[cid], income=income, spend=spend, credit_limit=credit_limit)
            self.records[file] = number
        return Landing(container=FINANCE, path=path, data="".join(f"{line}\n" for line in lines).encode())


def make_sample(*, seed: int = 360, customers: int = 1500, duplicates: int = 0) -> tuple[Wave, Wave]:
    """Make the two waves; the same seed makes the same bytes. `duplicates` of the customers are there twice."""
    world = _World(chance=random.Random(seed))  # data, not secrets
    return _first_wave(world, customers, duplicates), _second_wave(world, customers)


def _first_wave(world: _World, customers: int, duplicates: int) -> Wave:
    """Make an initial load of every customer, and some who changed before it was over."""
    days = (_SYNCED - _FIRST_DAY).days
    rows = [
        world.create(str(cid), _FIRST_DAY + timedelta(seconds=world.chance.randrange(days * 86_400)))
        for cid in range(customers)
    ]
    for number, cid in enumerate(world.chance.sample(sorted(world.customers), duplicates)):
        createdon = world.rows[cid][1] + timedelta(days=world.chance.randrange(1, 400))
        rows.append(world.repeat(cid, str(customers * 2 + number), min(createdon, _SYNCED)))
    rows += [world.move(cid) for cid in world.chance.sample(world.alone(), customers // 30)]
    known = sorted(world.chance.sample(range(customers), customers * 4 // 5))
    strangers = [customers * 10 + number for number in range(3)]  # finance knows people who are no customers
    finance = world.finance("customer_finance.csv", "2026-10-31", [str(cid) for cid in (*known, *strangers)])
    years = _year_files(rows, appends=False)
    copy = Landing(container=DATAVERSE, path=_snapshot(years[0].path), data=years[0].data)
    copies = [f"https://contoso.dfs.core.windows.net:443/{DATAVERSE}/{_snapshot(year.path)}" for year in years]
    own, root = model(TABLE, COLUMNS), model(TABLE, COLUMNS, locations=copies)
    labels = entity_metadata(TABLE, {0: STATE, 1: "Inactive"}, {1: (0, STATE), 2: (1, "Inactive")})
    models = ((f"{SERVICE}/{TABLE}-model.json", own), ("model.json", root), (f"{SERVICE}/{TABLE}-EntityMetadata.json", labels))
    described = (Landing(container=DATAVERSE, path=path, data=data) for path, data in models)
    return Wave(landings=(*described, *years, copy, finance), expected=world.expected())


def _second_wave(world: _World, customers: int) -> Wave:
    """Make changes of every kind at the end of the same year files, and a month's finance file with an unusable record."""
    world.now = _SECOND
    touched = world.chance.sample(world.alone(), customers // 8)
    leaving, moving = touched[: customers // 50], touched[customers // 50 :]
    new = [str(cid) for cid in range(customers, customers + customers // 25)]
    changes = [*((world.delete, cid) for cid in leaving), *((world.move, cid) for cid in moving)]
    changes += [(lambda cid: world.create(cid, world.now), cid) for cid in new]
    world.chance.shuffle(changes)
    rows = [change(cid) for change, cid in changes]
    # An unacknowledged commit is sent again, byte for byte (reference: Synapse Link, section 9).
    rows.append(rows[-1])
    world.records[f"{DATAVERSE}/{rows[-1][0]}"] += 1
    told = [*world.chance.sample(sorted(world.customers.keys() - set(new)), customers // 6), *new[::2], *leaving[:2]]
    finance = world.finance("customer_finance/2026-11.csv", "2026-11-30", told, unusable=told[customers // 12])
    return Wave(landings=(*_year_files(rows, appends=True), finance), expected=world.expected())


def _year_files(rows: Iterable[tuple[str, bytes]], *, appends: bool) -> tuple[Landing, ...]:
    files: dict[str, list[bytes]] = {}
    for file, row in rows:
        files.setdefault(file, []).append(row)
    return tuple(Landing(container=DATAVERSE, path=file, data=b"".join(files[file]), appends=appends) for file in sorted(files))


def _snapshot(path: str) -> str:
    table, _, name = path.rpartition("/")
    return f"{table}/Snapshot/{name.removesuffix('.csv')}_{int(_SYNCED.timestamp())}.csv"
