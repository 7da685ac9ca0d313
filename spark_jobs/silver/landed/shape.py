"""The columns of an entity in silver, decided by what is stored, configured, described and inferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.contracts.columns import CONTAINER, KEPT_LINEAGE
from shared.contracts.outcome import Finding
from spark_jobs.silver.history.plan import LANDING, LANDING_FIELDS, Plan
from spark_jobs.silver.landed.casts import sql_type, widened

if TYPE_CHECKING:
    from shared.contracts.columns import Column
    from shared.contracts.entity import Entity

#: The sequence columns of Dataverse with the types that ordering needs (reference: Synapse Link, section 9).
SEQUENCE = _VERSION, _SINK = "versionnumber", "SinkModifiedOn"
_FIXED_TYPES = {_VERSION: "bigint", _SINK: "timestamp"}
_UNTRACKED = {"sinkcreatedon", "sinkmodifiedon", "versionnumber"}
#: The delete flag of Dataverse, in lower case: it is no data.
IS_DELETE = "isdelete"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The columns of an entity in silver, and what they mean."""

    types: Mapping[str, str]  # silver name -> SQL type, data columns only
    plan: Plan
    strict: frozenset[str] = frozenset()  # silver names in lower case: finance columns whose type a person configured
    currencies: Mapping[str, str] = field(
        default_factory=dict
    )  # by lower silver name: the one symbol that its amounts may carry
    findings: tuple[Finding, ...] = ()  # what a person should know of the types

    @property
    def stored(self) -> list[str]:
        """The data and lineage columns, in the order of the table."""
        return [*self.types, *KEPT_LINEAGE]


def named(entity: Entity, columns: Sequence[str]) -> dict[str, str]:
    """Return landed name -> silver name of the data columns; the delete flag is none of them."""
    is_flag = {IS_DELETE} if entity.source == "dataverse" else set()
    found = {landed: entity.names.get(landed.lower()) for landed in columns if landed.lower() not in is_flag}
    return {landed: name for landed, name in found.items() if name is not None}


def shape(
    entity: Entity,
    schemas: Sequence[Sequence[Column]],
    stored: Mapping[str, str],
    inferred: Mapping[str, str],
) -> Shape:
    """Decide the columns and types of the table from what is stored and what the batch brings.

    A type widens where the stored one cannot hold the new one's values; otherwise the stored one stays, and values that
    do not fit are rejected row by row. `schemas` come in the order in which they landed; `inferred` is by lower silver name,
    and has seen what is stored.
    """
    types = {name: kind for name, kind in stored.items() if not name.startswith("__") and name not in KEPT_LINEAGE}
    configured = {name.lower(): kind for name, kind in entity.types.items()}
    known = {name.lower(): name for name in types}
    keys = {key.lower() for key in entity.keys}
    finance = entity.source == "finance"
    for columns in schemas:
        names = named(entity, [column.name for column in columns])
        for column in columns:
            if column.name not in names:
                continue
            name = known.setdefault(names[column.name].lower(), names[column.name])
            kind = _kind(entity, column, name, inferred, text=column.name.lower() in keys, configured=configured)
            if kind is not None:
                inferred_now = finance and name.lower() not in configured
                types[name] = kind if inferred_now or name not in types else _together(types[name], kind, finance=finance)
    plan = _plan(entity, types, schemas)
    for name, kind in zip(plan.sequence, _FIXED_TYPES.values(), strict=True) if entity.source == "dataverse" else ():
        types.setdefault(name, kind)
    for name in (*plan.keys, *plan.ordered_by):
        if name not in KEPT_LINEAGE:
            types.setdefault(name, "string")
    first = tuple(types[name] for name in plan.ordered_by)
    plan = replace(plan, content=tuple(types), field_types=(*first, *plan.field_types))
    return Shape(types=types, plan=plan, strict=frozenset(configured) if finance else frozenset())


def _together(stored: str, kind: str, *, finance: bool) -> str:
    """Return the type that holds both, or the stored one, which new values have to fit then."""
    is_text_now = finance and kind == "string" and stored in {"bigint", "date"}  # those give their text back
    return "string" if is_text_now else widened(stored, kind) or stored


def _kind(
    entity: Entity,
    column: Column,
    name: str,
    inferred: Mapping[str, str],
    *,
    text: bool,
    configured: Mapping[str, str],
) -> str | None:
    if text:
        return "string"  # keys are compared as they landed: `007` is not `7`
    if name.lower() in configured:
        return configured[name.lower()]
    if entity.source == "finance":
        return inferred.get(name.lower())
    fixed = {fixed.lower(): kind for fixed, kind in _FIXED_TYPES.items()}
    return fixed.get(name.lower()) or sql_type(column)


def _plan(entity: Entity, types: Mapping[str, str], schemas: Sequence[Sequence[Column]]) -> Plan:
    # A column whose case changed from one file to the next is the same column.
    landed_once = {column.name.lower(): column.name for columns in schemas for column in columns}
    names = named(entity, list(landed_once.values()))
    by_lower = {landed.lower(): name for landed, name in names.items()}
    stored = {name.lower(): name for name in types}

    def silver(landed: str) -> str:
        name = by_lower.get(landed.lower(), landed)
        return stored.get(name.lower(), name)

    untracked = {name.lower() for name in entity.untracked}
    keys = tuple(silver(key) for key in entity.keys)
    sequence: tuple[str, ...]
    fields: tuple[str, ...]
    if entity.source == "dataverse":
        keys = (CONTAINER, *keys)  # one Id in two environments is two rows (docs/adr/0018)
        untracked |= _UNTRACKED
        sequence, fields, kinds = (silver(_VERSION), silver(_SINK)), SEQUENCE, tuple(_FIXED_TYPES.values())
    else:
        first = tuple(silver(name) for name in entity.sequence)
        own = tuple(f"{name}_" if name in LANDING_FIELDS else name for name in first)
        sequence, fields, kinds = (*first, *LANDING), (*own, *LANDING_FIELDS), tuple(LANDING_FIELDS.values())
    return Plan(
        keys=keys,
        sequence=sequence,
        fields=fields,
        field_types=kinds,  # those of what is configured are known once all types are decided
        content=tuple(types),
        tracked=tuple(name for name in types if name.lower() not in untracked),
    )
