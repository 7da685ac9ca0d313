"""Bronze rows of one entity as typed, checked, named events: what the text said, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from spark_jobs.columns import DELETED, KEPT_LINEAGE
from spark_jobs.names import LINEAGE, literal, quoted, silver_names
from spark_jobs.silver.casts import cast, sql_type, widened
from spark_jobs.silver.history import Plan
from spark_jobs.silver.rules import checks

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from spark_jobs.batch import Column, Entity

#: The sequence columns of Dataverse with the types that ordering needs (reference: Synapse Link, section 9).
_VERSION, _SINK = "versionnumber", "SinkModifiedOn"
_FIXED_TYPES = {_VERSION: "bigint", _SINK: "timestamp"}
_UNTRACKED = {"sinkcreatedon", "sinkmodifiedon", "versionnumber"}
_IS_DELETE = "isdelete"
ERRORS, WARNINGS = "_errors", "_warnings"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The columns of an entity in silver, and what they mean."""

    types: Mapping[str, str]  # silver name -> SQL type, data columns only
    plan: Plan

    @property
    def stored(self) -> list[str]:
        """The data and lineage columns, in the order of the table."""
        return [*self.types, *KEPT_LINEAGE]


def named(entity: Entity, columns: Sequence[str]) -> dict[str, str]:
    """Return landed name -> silver name of the data columns; the delete flag is none of them."""
    names = silver_names(columns, entity.prefixes, entity.renames)
    flag = [name for name in names if entity.source == "dataverse" and name.lower() == _IS_DELETE]
    return {landed: name for landed, name in names.items() if landed not in flag}


def shape(
    entity: Entity,
    schemas: Sequence[Sequence[Column]],
    stored: Mapping[str, str],
    inferred: Mapping[str, str],
) -> Shape:
    """Decide the columns and types of the table from what is stored and what the batch brings.

    A type widens where the stored one cannot hold the new one's values; otherwise the stored one stays, and values that
    do not fit are rejected row by row. `schemas` come in the order in which they landed; `inferred` is by lower silver name.
    """
    types = {name: kind for name, kind in stored.items() if not name.startswith("__") and name not in KEPT_LINEAGE}
    configured = {name.lower(): kind for name, kind in entity.types.items()}
    known = {name.lower(): name for name in types}
    keys = {key.lower() for key in entity.keys}
    for columns in schemas:
        names = named(entity, [column.name for column in columns])
        for column in columns:
            if column.name not in names:
                continue
            name = known.setdefault(names[column.name].lower(), names[column.name])
            kind = _kind(entity, column, name, inferred, text=column.name.lower() in keys, configured=configured)
            if kind is not None:
                types[name] = (widened(types[name], kind) or types[name]) if name in types else kind
    plan = _plan(entity, types, schemas)
    for name, kind in zip(plan.sequence, _FIXED_TYPES.values(), strict=True) if entity.source == "dataverse" else ():
        types.setdefault(name, kind)
    for key in plan.keys:
        if key not in KEPT_LINEAGE:
            types.setdefault(key, "string")
    return Shape(types=types, plan=replace(plan, content=tuple(types)))


def events(text: DataFrame, entity: Entity, columns: Sequence[Column], shape: Shape, *, keep_row: bool = False) -> DataFrame:
    """Type and check the landed rows of one schema version.

    Returns the shape's columns, `DELETED`, `ERRORS` and `WARNINGS` (arrays of `<check>:<column>`); with `keep_row` also
    `_row`, the landed columns as JSON.
    """
    names = named(entity, [column.name for column in columns])
    landed = {name.lower(): column for column in columns for name in (names.get(column.name),) if name}
    flag = next((column.name for column in columns if column.name.lower() == _IS_DELETE), None)
    deletes = flag is not None and entity.source == "dataverse"
    deleted = f"coalesce(lower(trim({quoted(flag)})) in ('true', '1'), false)" if deletes and flag else "false"
    typed, misfits, lenient = [], [], {name.lower() for name in entity.lenient}
    for name, kind in shape.types.items():
        column = landed.get(name.lower())
        if column is None:
            typed.append(f"cast(null as {kind}) as {quoted(name)}")
            continue
        raw = quoted(column.name)
        typed.append(f"{cast(raw, kind, guid=column.type.lower() == 'guid')} as {quoted(name)}")
        if kind != "string":
            unread = f"{quoted(name)} is null and trim({_raw(column.name)}) <> ''"
            misfits.append((name, f"type:{name}", unread, name.lower() in lenient))
    raws = [f"{quoted(column.name)} as {_raw(column.name)}" for column in columns if not _is_lineage(column.name)]
    rows = text.selectExpr(*typed, *KEPT_LINEAGE, f"{deleted} as {DELETED}", *raws)

    rules = checks(entity.rules, shape.types)
    essential = {*shape.plan.keys, *shape.plan.sequence}
    # A delete carries little but its key and sequence, so nothing else of it can be wrong.
    always = _essential(entity, columns, shape) + [(code, broken) for name, code, broken, _ in misfits if name in essential]
    other = [(code, broken, soft) for name, code, broken, soft in misfits if name not in essential]
    other += [(check.name, check.broken, not check.rejects) for check in rules]
    errors = [*always, *((code, f"not {DELETED} and ({broken})") for code, broken, soft in other if not soft)]
    warnings = [(code, f"not {DELETED} and ({broken})") for code, broken, soft in other if soft]
    pairs = ", ".join(f"{literal(column.name)}, {_raw(column.name)}" for column in columns if not _is_lineage(column.name))
    return rows.selectExpr(
        *(quoted(name) for name in shape.stored),
        DELETED,
        f"{_names_where(errors)} as {ERRORS}",
        f"{_names_where(warnings)} as {WARNINGS}",
        *((f"to_json(map({pairs})) as _row",) if keep_row else ()),
    )


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

    dataverse = entity.source == "dataverse"
    untracked = {name.lower() for name in entity.untracked} | (_UNTRACKED if dataverse else set())
    return Plan(
        keys=tuple(silver(key) for key in entity.keys),
        sequence=(silver(_VERSION), silver(_SINK)) if dataverse else ("_landed_at", "_record_number"),
        fields=(_VERSION, _SINK) if dataverse else ("landed_at", "record_number"),
        field_types=("bigint", "timestamp") if dataverse else ("timestamp", "bigint"),
        content=tuple(types),
        tracked=tuple(name for name in types if name.lower() not in untracked),
    )


def _essential(entity: Entity, columns: Sequence[Column], shape: Shape) -> list[tuple[str, str]]:
    broken = [(f"key:{key}", f"coalesce(cast({quoted(key)} as string), '') = ''") for key in shape.plan.keys]
    if entity.source != "dataverse":
        return broken
    version, sink = (quoted(name) for name in shape.plan.sequence)
    if any(column.name.lower() == _VERSION for column in columns):
        # A delete may come without it, and is then ordered by SinkModifiedOn (design, section 6).
        broken.append((f"sequence:{_VERSION}", f"{version} is null and not ({DELETED} and {sink} is not null)"))
    else:
        broken.append((f"sequence:{_SINK}", f"{sink} is null"))
    return broken


def _names_where(conditions: Sequence[tuple[str, str]]) -> str:
    """Return the array of the names whose conditions hold. Hardly any row has one, so it is made only where any does."""
    none = "cast(array() as array<string>)"
    if not conditions:
        return none
    named = ", ".join(f"case when {broken} then {literal(name)} end" for name, broken in conditions)
    broken = " or ".join(f"({broken})" for _, broken in conditions)
    return f"case when {broken} then filter(array({named}), name -> name is not null) else {none} end"


def _raw(name: str) -> str:
    return quoted(f"__landed_{name}")


def _is_lineage(name: str) -> bool:
    return name in LINEAGE
