"""The profiles that somebody should look at first, and how many profiles Microsoft's enrichments can use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from spark_jobs.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

#: Profiles that are shown.
SHOWN = 20
#: What Brands and Interests want of a profile (reference: Customer Insights, section 9), by the names of columns that hold it.
_WANTED = {
    "birth": re.compile(r"birth|dob", re.IGNORECASE),
    "gender": re.compile(r"gender|sex", re.IGNORECASE),
    "country": re.compile(r"country", re.IGNORECASE),
    "city": re.compile(r"city|town|suburb", re.IGNORECASE),
    "postcode": re.compile(r"post(al)?_?code|zip", re.IGNORECASE),
}


@dataclass(frozen=True, kw_only=True)
class Risk:
    """A profile that may be several people."""

    customer: str  # its id
    rows: int
    weakest: int | None  # per cent: the lowest score of what joined it
    rule: str  # that joined it so
    conflicts: tuple[str, ...]  # columns that should have one value and have several


@dataclass(frozen=True, kw_only=True)
class Enrichment:
    """How many profiles Microsoft's enrichments can use, and what the others lack."""

    profiles: int
    eligible: int
    lacking: Mapping[str, int]


def risks(tables: Mapping[str, DataFrame], members: DataFrame, conflicts: DataFrame | None) -> list[Risk]:
    """Return the riskiest profiles: those with conflicts first, then by the weakest link, then by their rows."""
    state = tables["Identity"].selectExpr("`Table` as Table1", "Key as Key1", "CustomerId")
    links = tables["Edges"].join(state, ["Table1", "Key1"]).groupBy("CustomerId")
    weak = links.agg(F.min("Score").alias("weakest"), F.expr("min_by(Rule, Score)").alias("rule"))
    told = state.groupBy("CustomerId").agg(F.count("*").alias("rows")).where("rows > 1").join(weak, "CustomerId", "left")
    if conflicts is None:
        told = told.selectExpr("*", "cast(array() as array<string>) as conflicts")
    else:
        own = (
            members.where("id = profile").selectExpr("profile", "name as Table1", "key as Key1").join(state, ["Table1", "Key1"])
        )
        named = (
            conflicts.join(own, "profile").groupBy("CustomerId").agg(F.sort_array(F.collect_set("Field")).alias("conflicts"))
        )
        told = told.join(named, "CustomerId", "left")
    several = F.coalesce(F.size("conflicts"), F.lit(0))
    first = told.orderBy(several.desc(), F.col("weakest").asc_nulls_last(), F.col("rows").desc(), "CustomerId")
    return [
        Risk(
            customer=row["CustomerId"],
            rows=int(row["rows"]),
            weakest=None if row["weakest"] is None else int(row["weakest"]),
            rule=row["rule"] or "",
            conflicts=tuple(row["conflicts"] or ()),
        )
        for row in first.limit(SHOWN).collect()
    ]


def enrichment(customer: DataFrame) -> Enrichment:
    """Count the profiles that have a birth date or gender, a country, and a city or postal code."""

    def there(*kinds: str) -> str:
        columns = [name for name in customer.columns for kind in kinds if _WANTED[kind].search(name)]
        held = [f"nullif(trim(cast({quoted(name)} as string)), '') is not null" for name in columns]
        return f"({' or '.join(held) or 'false'})"

    wanted = {
        "birth date or gender": there("birth", "gender"),
        "country": there("country"),
        "city or postal code": there("city", "postcode"),
    }
    told = [f"count_if(not {condition}) as w{number}" for number, condition in enumerate(wanted.values())]
    row = customer.selectExpr("count(*) as profiles", f"count_if({' and '.join(wanted.values())}) as eligible", *told).first()
    values = row.asDict() if row is not None else {}
    return Enrichment(
        profiles=int(values.get("profiles", 0)),
        eligible=int(values.get("eligible", 0)),
        lacking={name: int(values.get(f"w{number}", 0)) for number, name in enumerate(wanted)},
    )
