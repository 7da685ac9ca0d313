"""The model of `customer360.toml`: what may stand in the file, of which type, and what it stands for if it is left out.

Reading, its errors and `customer360.schema.json`, by which editors complete and check the file, all come from these types.
A description here is what an editor shows beside the key.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.contracts.entity import Entity, Mode, Rule, SnapshotOf
from shared.contracts.manifest import GoldSettings, SilverSettings
from shared.contracts.publication import Layout
from shared.contracts.sql_types import DECIMAL, PLAIN, is_sql_type
from shared.contracts.values.notation import Notation
from shared.formats.finance.options import FinanceConfig

_NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
_TYPE = rf"^({'|'.join(PLAIN)}|{DECIMAL})$"
#: Behind a type: digits behind the scale are rounded instead of rejected.
ROUND = " round"
_EVERY = r"^[1-9][0-9]{0,3}[mhd]$"
_REGION = r"^[A-Z]{2}$"
_DATE_PATTERN = r"^(?=.*y)(?=.*[MDL])([GyMLdDQEaHhKkmsSVzOXxZ]|'[^']*'|[^A-Za-z'])+$"


def _is_text_encoding(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, ValueError):  # unknown, or a codec of something else than text
        return False
    return True


# `pattern` is for editors, `fits` is what counts: no pattern compares a decimal's digits, and its `$` lets a line break by.
Name = Annotated[
    str, Meta(pattern=_NAME, extra={"expected": "a letter, then letters, digits and `_`", "fits": re.compile(_NAME).fullmatch})
]
SqlType = Annotated[str, Meta(pattern=_TYPE, extra={"expected": "a type such as bigint or decimal(16,2)", "fits": is_sql_type})]
FinanceType = Annotated[
    str,
    Meta(
        pattern=_TYPE.replace(")$", ")( round)?$"),
        extra={
            "expected": "a type such as bigint or decimal(16,2)",
            "fits": lambda text: is_sql_type(text.removesuffix(ROUND)),
        },
    ),
]
# Letters that Spark 3 and later read in a pattern; it refuses those of weeks.
DatePattern = Annotated[
    str,
    Meta(
        pattern=_DATE_PATTERN,
        extra={"expected": "one of Spark's patterns, as dd.MM.yyyy", "fits": re.compile(_DATE_PATTERN).fullmatch},
    ),
]
Every = Annotated[
    str,
    Meta(
        pattern=_EVERY,
        extra={"expected": "a number of minutes, hours or days, as 30m, 6h or 1d", "fits": re.compile(_EVERY).fullmatch},
    ),
]
Region = Annotated[
    str,
    Meta(
        pattern=_REGION,
        extra={"expected": "a country as two capital letters of ISO 3166, as US", "fits": re.compile(_REGION).fullmatch},
    ),
]
Encoding = Annotated[
    str, Meta(extra={"expected": "an encoding by name, as utf-8, utf-16 or windows-1252", "fits": _is_text_encoding})
]
Character = Annotated[str, Meta(min_length=1, max_length=1, extra={"expected": "one character"})]
Positive = Annotated[int, Meta(ge=1, extra={"expected": "a whole number from 1"})]
Share = Annotated[float, Meta(ge=0, le=1, extra={"expected": "a number from 0 to 1"})]
Whole = Annotated[int, Meta(ge=0, extra={"expected": "a whole number that is not negative"})]


_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def interval(text: str) -> timedelta:
    """Read what `expect_every` says."""
    return int(text[:-1]) * _UNITS[text[-1]]


class TableSection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from the rule for one table of Dataverse."""

    entity: Annotated[Name | None, Meta(description="its name in silver; left out: the table's own, without prefix")] = None
    renames: Annotated[dict[str, Name], Meta(description="landed column = silver column")] = {}
    types: Annotated[dict[str, SqlType], Meta(description="silver column = SQL type")] = {}
    untracked: Annotated[
        tuple[str, ...], Meta(description="silver columns of which a change alone updates the row in place, without history")
    ] = ()
    lenient: Annotated[
        tuple[str, ...], Meta(description="silver columns whose value becomes null, with a warning, where it does not cast")
    ] = ()
    rules: Annotated[dict[str, Rule], Meta(description="silver column = what its values have to satisfy")] = {}
    expect_every: Annotated[
        Every | None, Meta(description="as 1d: where nothing landed for longer, the overview says that it is late")
    ] = None


class Deletes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records say that their key is gone."""

    column: Annotated[str, Meta(description="landed or silver column")]
    values: Annotated[tuple[str, ...], Meta(description="its values in such records; `` stands for none")]


class DataSet(TableSection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from the rule for one finance data set."""

    keys: Annotated[tuple[str, ...], Meta(description="landed columns that tell rows apart; none: each record is a row")] = ()
    types: Annotated[
        dict[str, FinanceType], Meta(description="landed or silver column = SQL type, with ` round` where digits may go")
    ] = {}
    mode: Annotated[Mode, Meta(description="snapshot: a key that a file leaves out is gone")] = Entity.mode
    snapshot_of: Annotated[
        SnapshotOf, Meta(description="folder: the files of a folder are one snapshot, as far as they land one after the other")
    ] = Entity.snapshot_of
    sequence: Annotated[
        tuple[str, ...],
        Meta(description="landed columns that tell newer from older; left out: when a file landed, then its name"),
    ] = ()
    deleted_when: Annotated[Deletes | None, Meta(description="which records say that their key is gone")] = None
    duplicates: Annotated[
        Literal["tell", "take"], Meta(description="what becomes of a file with the content of another one of its data set")
    ] = "tell"
    decimal: Annotated[
        Literal[".", ","] | None,
        Meta(description="before a fraction; left out: a point, where nothing else can be"),
    ] = None
    thousands: Annotated[
        Literal[".", ",", " ", "'", "_"] | None, Meta(description="between groups of three digits; left out: nothing")
    ] = None
    accounting: Annotated[
        bool,
        Meta(description="read `5-`, `(5)` and the one currency symbol of a column as numbers"),
    ] = False
    date_formats: Annotated[
        tuple[DatePattern, ...], Meta(description="Spark's patterns of dates and times, in the order tried; left out: ISO 8601")
    ] = ()
    nulls: Annotated[tuple[str, ...], Meta(description="texts that stand for no value, as NULL")] = ()
    encoding: Annotated[Encoding | None, Meta(description="as windows-1252; left out: found from the bytes")] = None
    delimiter: Annotated[str | None, Meta(description="left out: it is sniffed")] = None
    quote: Annotated[Character | None, Meta(description="around values; left out: found, `\"` or `'`")] = None
    escape: Annotated[
        Literal["", "\\"] | None, Meta(description="before a quote that is data; `` for none; left out: found")
    ] = None
    columns: Annotated[
        tuple[str, ...], Meta(description="names, for files without a header, or with one whose names are no good")
    ] = ()
    header_row: Annotated[Positive | None, Meta(description="record number of the header, from 1; left out: found")] = None
    skip_footer: Annotated[
        Whole | None, Meta(description="records at the end that are none; left out: a total at the end is rejected and told")
    ] = None
    sheet: Annotated[str | None, Meta(description="of a workbook; left out: the one that holds the data")] = None
    max_rejected: Annotated[
        Share, Meta(description="share of the records; where more are rejected, the file is refused whole")
    ] = FinanceConfig.max_rejected

    def reading(self) -> FinanceConfig:
        """Return how its files are read, as far as that is said."""
        return FinanceConfig(
            keys=self.keys,
            encoding=self.encoding,
            delimiter=self.delimiter,
            quote=self.quote,
            escape=self.escape,
            columns=self.columns,
            header_row=self.header_row,
            skip_footer=self.skip_footer,
            sheet=self.sheet,
            nulls=self.nulls,
            renames=self.renames,
            mode=self.mode,
            duplicates=self.duplicates,
            max_rejected=self.max_rejected,
        )

    def notation(self) -> Notation:
        """Return how its files write values."""
        return Notation(
            decimal=self.decimal,
            thousands=self.thousands,
            accounting=self.accounting,
            date_formats=self.date_formats,
            nulls=self.nulls,
        )


class Dataverse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs from the rule for the tables of Dataverse."""

    publisher_prefixes: Annotated[
        tuple[str, ...], Meta(description="stripped from the names of tables and columns, as crc33_")
    ] = ()
    label_language: Annotated[Whole, Meta(description="of the `<column>_label` columns: 1033 is English")] = (
        Entity.label_language
    )
    untracked: Annotated[
        tuple[str, ...], Meta(description="as in a table, for all; besides SinkCreatedOn, SinkModifiedOn and versionnumber")
    ] = ()
    tables: Annotated[dict[str, TableSection], Meta(description="by landed name, as crc33_customer")] = {}


class Silver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How silver is kept."""

    retention_days: Annotated[
        int,
        Meta(
            ge=7,
            le=3650,
            extra={"expected": "a whole number from 7 to 3650"},
            description="how long files stay that hold rows which an erasure took out (docs/adr/0015)",
        ),
    ] = SilverSettings.retention_days

    def settings(self) -> SilverSettings:
        """Return what a batch manifest says of silver."""
        return SilverSettings(retention_days=self.retention_days)


class Gold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How gold is published."""

    compaction_share: Annotated[
        Share, Meta(description="layout `incremental`: as many rows in increments, of those of FullData, have it written anew")
    ] = GoldSettings.compaction_share
    grace_days: Annotated[
        Whole, Meta(description="how long files stay that readers of a replaced publication may still want")
    ] = GoldSettings.grace_days
    layout: Annotated[
        Layout,
        Meta(description="files named one by one, whole tables in folders, Delta tables as well, or increments"),
    ] = GoldSettings.layout
    phone_region: Annotated[
        Region | None, Meta(description="country whose telephone numbers lack a country code; without it such numbers are none")
    ] = GoldSettings.phone_region

    def settings(self) -> GoldSettings:
        """Return what a batch manifest says of gold (`docs/adr/0012`, `docs/adr/0021`)."""
        return GoldSettings(
            layout=self.layout,
            grace_days=self.grace_days,
            compaction_share=self.compaction_share,
            phone_region=self.phone_region,
        )
