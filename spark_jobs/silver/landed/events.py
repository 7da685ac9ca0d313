"""Bronze rows of one entity as typed, checked, named events: what the text said, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.contracts.columns import DELETED, ERRORS, KEPT_LINEAGE, LINEAGE, ROW
from spark_jobs.names import literal, quoted, trimmed
from spark_jobs.silver.landed.casts import cast
from spark_jobs.silver.landed.currencies import alone
from spark_jobs.silver.landed.erased import ERASED, is_key
from spark_jobs.silver.landed.finance_casts import key_text, present, read
from spark_jobs.silver.landed.rules import checks
from spark_jobs.silver.landed.shape import IS_DELETE, SEQUENCE, Shape, named

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from shared.contracts.columns import Column
    from shared.contracts.entity import Entity
    from shared.contracts.erasure.keys import ErasedKey

WARNINGS = "_warnings"
#: Of an event: has it a value that is none of the type which its column was inferred to have? Of Dataverse nothing is inferred.
UNREAD = "__unread"
_VERSION, _SINK = SEQUENCE


def events(
    text: DataFrame,
    entity: Entity,
    columns: Sequence[Column],
    shape: Shape,
    *,
    keep_row: bool = False,
    kept_out: Sequence[ErasedKey] = (),
) -> DataFrame:
    """Type and check the landed rows of one schema version; those whose key is one of `kept_out` are rejected.

    Returns the shape's columns, `DELETED`, `ERRORS` and `WARNINGS` (arrays of `<check>:<column>`), `UNREAD`; with `keep_row`
    also `_row`, the landed columns as JSON.
    """
    names = named(entity, [column.name for column in columns])
    landed = {name.lower(): column for column in columns for name in (names.get(column.name),) if name}
    deleted = _deleted(entity, landed, columns)
    typed, misfits, lenient = [], [], {name.lower() for name in entity.lenient}
    for name, kind in shape.types.items():
        column = landed.get(name.lower())
        if column is None:
            typed.append(f"cast(null as {kind}) as {quoted(name)}")
            continue
        typed.append(f"{_read(column, name, kind, entity, shape)} as {quoted(name)}")
        if kind != "string":
            unread = f"{quoted(name)} is null and {trimmed(present(_raw(column.name), entity.notation))} <> ''"
            misfits.append((name, f"type:{name}", unread, name.lower() in lenient))
    raws = [f"{quoted(column.name)} as {_raw(column.name)}" for column in columns if not _is_lineage(column.name)]
    rows = text.selectExpr(*typed, *KEPT_LINEAGE, f"{deleted} as {DELETED}", *raws)

    rules = checks(entity.rules, shape.types)
    essential = {*shape.plan.keys, *shape.plan.sequence}
    # A delete carries little but its key and sequence, so nothing else of it can be wrong.
    always = _essential(entity, columns, shape) + [(code, broken) for name, code, broken, _ in misfits if name in essential]
    texts = [f"cast({quoted(key)} as string)" for key in shape.plan.source_keys]
    always += [(ERASED, is_key(key, texts)) for key in kept_out]
    other = [(code, broken, soft) for name, code, broken, soft in misfits if name not in essential]
    other += [(check.name, check.broken, not check.rejects) for check in rules]
    errors = [*always, *((code, f"not {DELETED} and ({broken})") for code, broken, soft in other if not soft)]
    warnings = [(code, f"not {DELETED} and ({broken})") for code, broken, soft in other if soft]
    pairs = ", ".join(f"{literal(column.name)}, {_raw(column.name)}" for column in columns if not _is_lineage(column.name))
    inferred = () if entity.source == "dataverse" else (one for name, _, one, _ in misfits if name.lower() not in shape.strict)
    return rows.selectExpr(
        *(quoted(name) for name in shape.stored),
        DELETED,
        f"{_names_where(errors)} as {ERRORS}",
        f"{_names_where(warnings)} as {WARNINGS}",
        f"{' or '.join(f'({unread})' for unread in inferred) or 'false'} as {UNREAD}",
        *((f"to_json(map({pairs})) as {ROW}",) if keep_row else ()),
    )


def _deleted(entity: Entity, landed: Mapping[str, Column], columns: Sequence[Column]) -> str:
    """Return the SQL condition under which a record says that its key is gone; one that lacks the column says nothing."""
    if entity.source == "dataverse":
        flag = next((column.name for column in columns if column.name.lower() == IS_DELETE), None)
        return f"coalesce(lower(trim({quoted(flag)})) in ('true', '1'), false)" if flag else "false"
    when = entity.deleted_when
    column = landed.get(when.column.lower()) if when else None
    if when is None or column is None:
        return "false"
    values = ", ".join(literal(value.strip()) for value in when.values)
    return f"coalesce({trimmed(present(quoted(column.name), entity.notation))}, '') in ({values})"


def _read(column: Column, name: str, kind: str, entity: Entity, shape: Shape) -> str:
    """Return the SQL expression of a silver column over its landed text."""
    raw, guid = quoted(column.name), column.type.lower() == "guid"
    if name in shape.plan.keys and kind == "string":
        return key_text(raw, entity.notation, guid=guid)
    if entity.source == "dataverse":
        return cast(raw, kind, guid=guid)
    rounds = name.lower() in {one.lower() for one in entity.rounded}
    value = read(raw, kind, entity.notation, inferred=name.lower() not in shape.strict, rounds=rounds)
    symbol = shape.currencies.get(name.lower())
    return value if symbol is None else alone(raw, value, symbol)


def _essential(entity: Entity, columns: Sequence[Column], shape: Shape) -> list[tuple[str, str]]:
    keys = (key for key in shape.plan.keys if key not in KEPT_LINEAGE)
    broken = [(f"key:{key}", f"coalesce(cast({quoted(key)} as string), '') = ''") for key in keys]
    if entity.source != "dataverse":
        blank = "coalesce(cast({0} as string), '') = ''"
        return broken + [(f"sequence:{name}", blank.format(quoted(name))) for name in shape.plan.ordered_by]
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
