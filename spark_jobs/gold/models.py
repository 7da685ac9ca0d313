"""Gold models: plain Spark SQL files whose header says what they need, so that only what changed is computed again.

```sql
-- One row for each customer.                                        the description
-- primary key: cid
-- rebuilt by: cid                                                   an output column; the primary key unless given
-- input: customer (Id, cid, email) by cid                           a view of current rows; `by` maps a row to `rebuilt by`
-- input: customer_finance.history (cid, spend decimal(16,2), ...)   a view `customer_finance_history` of all rows that show
-- optional input: account (Id, name) by Id                          empty where the silver table does not exist
-- input: order (cid, sum) by cid newest by _landed_at               of the rows with the same `by`, the newest only
select ...
```

A column that silver lacks is null, so that a table with fewer columns breaks nothing. A column without a type is text;
`...` brings every further column that no input declares, typed as in silver; a query takes these by `*` and names only
declared ones, so that it runs before the first of them has landed. Each view also has `_landed_at`,
`_record_number` and `_source_file`; a history also `__START_AT` and `__END_AT`. Without `by`, a change of that entity
builds the table anew. `newest by` takes SQL expressions, the greatest of which wins, and leaves rows without a `by` out.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from spark_jobs.errors import ModelError, ModelsError
from spark_jobs.names import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

_LINEAGE = ("_landed_at", "_record_number", "_source_file")


@dataclass(frozen=True, kw_only=True)
class Input:
    """A silver entity that a model reads."""

    entity: str
    columns: Mapping[str, str]  # name -> SQL type
    history: bool = False
    optional: bool = False
    rest: bool = False  # further columns come along
    by: str | None = None  # SQL expression over the view: which value of `rebuilt by` a row touches
    newest: str | None = None  # SQL expressions: of the rows with the same `by`, the view has the one that is greatest in them

    @property
    def view(self) -> str:
        """What the model calls it."""
        return f"{self.entity}_history" if self.history else self.entity


@dataclass(frozen=True, kw_only=True)
class Model:
    """One gold table."""

    name: str
    description: str
    primary_key: str
    rebuilt_by: str
    inputs: tuple[Input, ...]
    sql: str
    digest: str  # of the whole file: a changed model is built anew

    def columns_of(self, read: Input, stored: Mapping[str, str]) -> dict[str, str]:
        """Return view column -> SQL expression over the silver table, whose columns are `stored` with their types."""
        by_lower = {name.lower(): name for name in stored}
        columns = {}
        for name, kind in read.columns.items():
            found = by_lower.get(name.lower())
            columns[name] = f"try_cast({quoted(found)} as {kind})" if found else f"cast(null as {kind})"
        if read.rest:
            declared = {name.lower() for one in self.inputs for name in one.columns}
            further = [name for name in stored if name.lower() not in declared and not name.startswith("_")]
            # Customer Insights takes decimals of 16 digits at most (reference: Customer Insights, section 2).
            columns |= {name: f"cast({quoted(name)} as double)" if _is_long(stored[name]) else quoted(name) for name in further}
        return columns | {name: name for name in (*_LINEAGE, *(("__START_AT", "__END_AT") if read.history else ()))}


def model_texts(folder: Traversable | None = None) -> dict[str, str]:
    """Return the model files of a folder, or of this package, by name."""
    files = (folder or resources.files("spark_jobs.gold")).iterdir()
    texts = {file.name.removesuffix(".sql"): file for file in files if file.name.endswith(".sql")}
    return {name: file.read_text(encoding="utf-8") for name, file in sorted(texts.items())}


def read_models() -> list[Model]:
    """Return the models that the package ships, by name; raises `ModelsError` where some cannot be read."""
    models, faults = parse_models(model_texts())
    if faults:
        raise ModelsError(faults)
    return models


def parse_models(texts: Mapping[str, str]) -> tuple[list[Model], list[ModelError]]:
    """Parse model files by name; returns the models, and what is wrong with those that are none."""
    models: list[Model] = []
    faults: list[ModelError] = []
    for name, text in texts.items():
        try:
            models.append(parse_model(name, text))
        except ModelError as error:
            faults.append(error)
    return models, faults


def parse_model(name: str, text: str) -> Model:
    """Parse one model file; raises `ModelError` where the header lacks something or cannot be read."""
    lines = text.splitlines()
    header = [line.removeprefix("--").strip() for line in lines if line.startswith("--")]
    described, inputs, settings = [], [], {}
    for line in header:
        found = re.match(r"(primary key|rebuilt by): (\w+)$", line)
        if found:
            settings[found[1]] = found[2]
        elif "input:" in line:
            inputs.append(_input(name, line))
        else:
            described.append(line)
    if "primary key" not in settings:
        raise ModelError(name, "the header needs a line `-- primary key: <column>`")
    if not any(not one.optional for one in inputs):
        raise ModelError(name, "the header needs a line `-- input: <entity> (<columns>) by <expression>`")
    return Model(
        name=name,
        description=" ".join(described),
        primary_key=settings["primary key"],
        rebuilt_by=settings.get("rebuilt by", settings["primary key"]),
        inputs=tuple(inputs),
        sql="\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";"),
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
    )


def _is_long(kind: str) -> bool:
    found = re.fullmatch(r"decimal\((\d+),\s*\d+\)", kind)
    return found is not None and int(found[1]) > 16


def _input(model: str, line: str) -> Input:
    # The column list ends at the bracket that closes it: types have brackets of their own.
    opened = line.find("(")
    closed, depth = opened, 0
    for place, letter in enumerate(line[opened:], opened):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            closed = place
            break
    head = re.match(r"(optional )?input: (\w+)(\.history)? $", line[:opened]) if opened > 0 else None
    tail = re.match(r"\)(?: by (.+?)(?: newest by (.+))?)?$", line[closed:])
    if head is None or tail is None:
        raise ModelError(model, f"cannot read the header line `{line}`; expected `input: <entity> (<columns>) by <expr>`")
    declared = [part.strip() for part in re.split(r",(?![^(]*\))", line[opened + 1 : closed])]
    columns = {}
    for part in declared:
        if part != "...":
            column, _, kind = part.partition(" ")
            columns[column] = kind or "string"
    return Input(
        entity=head[2],
        columns=columns,
        history=bool(head[3]),
        optional=bool(head[1]),
        rest="..." in declared,
        by=tail[1],
        newest=tail[2],
    )
