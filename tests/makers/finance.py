"""Finance files, and the rows that have to come out of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Final

from local.sample.customers import PERSONAL, invented

if TYPE_CHECKING:
    from tests.makers.rows import Row

CUSTOMERS: Final = 1400  # as many as the published sample has: enough for cids of one to four digits
KEY: Final = "cid"


@dataclass(frozen=True, kw_only=True)
class MadeFile:
    """A finance file and its rows, as text by column, in order."""

    data: bytes = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)


def customer_file(seed: int) -> MadeFile:
    """Make customers in UTF-8 with records that end in LF: names in many alphabets, values that are empty or need quotes."""
    chance = Random(seed)
    rows = tuple(_customer(chance, cid) for cid in range(CUSTOMERS))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return MadeFile(data=out.getvalue().encode(), rows=rows)


def spend_file(seed: int) -> MadeFile:
    """Make what each customer spent; records end in a bare CR and the last in CRLF, their order is nearly that of the cids.

    Reference: Synapse Link, section 14.
    """
    chance = Random(seed)
    cids = sorted(range(CUSTOMERS), key=lambda cid: cid + chance.randrange(-2, 3))
    rows: tuple[Row, ...] = tuple({KEY: str(cid), "spend": str(chance.randrange(1000, 5000))} for cid in cids)
    lines = [f"{KEY},spend", *(f"{row[KEY]},{row['spend']}" for row in rows)]
    return MadeFile(data=("\r".join(lines) + "\r\n").encode(), rows=rows)


def _customer(chance: Random, cid: int) -> Row:
    customer = invented(chance, cid)
    row: Row = {}
    for name in PERSONAL:
        value = getattr(customer, name)
        # The writer quotes where it must, so it spells the empty text as nothing.
        row[name if name == KEY else name.title()] = str(value) if value else None
    return {**row, "Created_date": (date(2012, 1, 1) + timedelta(days=chance.randrange(3000))).isoformat()}
