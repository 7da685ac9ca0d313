"""The header of a gold model: a TOML document in the comment that the file begins with.

```sql
/*
description = "One row for each customer."
primary_key = "cid"
rebuilt_by = "cid"            # an output column; the primary key unless given

[semantic_types]              # what output columns mean, in Customer Insights' words (`semantic_types`)
email = "Identity.Service.Email"

[inputs.customer]             # a view of the current rows of silver's `customer`
by = "cid"                    # SQL: which value of `rebuilt_by` a row touches
newest_by = "_landed_at"      # SQL: of the rows with the same `by`, the newest only; leaves rows without a `by` out
columns = { Id = "string", cid = "string", email = "string", telephone = "string" }
phones = { phone_e164 = "telephone" }  # a column of the view more: that number in E.164; the query selects both

[inputs.spending]             # a view of that name ...
entity = "customer_finance"   # ... of this entity; the view's name unless given
history = true                # all rows that show, with `__START_AT` and `__END_AT`
optional = true               # empty where the silver table does not exist
by = "cid"                    # without it, any change of the entity builds the table anew
further_columns = true        # every column that no input declares comes along, typed as in silver

[inputs.spending.columns]     # the same as `columns = { ... }`, for many: one a line
cid = "string"
spend = "decimal(16,2)"
*/
select ...
```

A column that silver lacks is null, so that a table with fewer columns breaks nothing. What `further_columns` brings a query
takes by `*`, and names declared columns only, so that it runs before the first of them has landed. Each view also has
`_landed_at`, `_record_number`, `_source_file` and `_key` (`query`).
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spark_jobs.errors import ModelError
from spark_jobs.gold.models.definition import Input, Model
from spark_jobs.gold.models.semantic_types import TRAITS

_COMMENT = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z))*/\*(.*?)\*/", re.DOTALL)
_OLD_FORM = re.compile(r"^--\s*(?:primary key:|rebuilt by:|(?:optional )?input:)", re.MULTILINE)
_WORD = re.compile(r"\w+")
#: Key of a header -> what its value is, and of what type.
KEYS = {
    "description": ("a text", str),
    "primary_key": ("a column of the query", str),
    "rebuilt_by": ("a column of the query", str),
    "semantic_types": ("a table of columns with what they mean", dict),
    "inputs": ("a table for each silver entity", dict),
}
KEYS_OF_INPUT = {
    "entity": ("a silver entity", str),
    "history": ("true or false", bool),
    "optional": ("true or false", bool),
    "by": ("a SQL expression", str),
    "newest_by": ("SQL expressions", str),
    "further_columns": ("true or false", bool),
    "columns": ("a table of columns with their SQL types", dict),
    "phones": ("a table of columns with those whose telephone numbers they tell in E.164", dict),
}
_FORM = """\
/*
description = "One row for each customer."
primary_key = "cid"

[inputs.customer]
by = "cid"
columns = { cid = "string", email = "string" }
*/
select cid, email from customer"""


def parse_model(name: str, text: str) -> Model:
    """Parse one model file; raises `ModelError`, with line and key, where the header lacks something or cannot be read."""
    if "${" in text:
        line = 1 + text[: text.index("${")].count("\n")
        raise ModelError(name, "holds `${`, which Spark would replace by a setting or by the driver's environment", line=line)
    found = _COMMENT.match(text)
    if found is None:
        old = "is of the old form, lines of `--`" if _OLD_FORM.search(text) else "is missing"
        raise ModelError(name, f"its header {old}; a model file begins with TOML in a comment:\n{_FORM}", line=1)
    # Only what stands before the header is blanked, so that a line of the document is a line of the file.
    header = _Header(model=name, text="\n" * text.count("\n", 0, found.start(1)) + found[1])
    document = header.document()
    inputs = tuple(_input(header, view, one) for view, one in document["inputs"].items())
    if all(one.optional for one in inputs):
        raise header.fault("needs an input that is not optional, in a table `[inputs.<entity>]`", "inputs")
    sql = text[found.end() :]
    return Model(
        name=name,
        description=document.get("description", ""),
        primary_key=document["primary_key"],
        rebuilt_by=document.get("rebuilt_by", document["primary_key"]),
        inputs=inputs,
        semantic_types=document.get("semantic_types", {}),
        sql=sql.strip().rstrip(";"),
        sql_line=1 + text.count("\n", 0, found.end()) + sql[: len(sql) - len(sql.lstrip())].count("\n"),
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
    )


@dataclass(frozen=True, kw_only=True)
class _Header:
    model: str
    text: str  # a TOML document whose lines are numbered as those of the file

    def document(self) -> dict[str, Any]:
        try:
            document = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", str(error))
            line = int(place[1]) if place and place[1] else 1 + self.text.count("\n")
            said = str(error).replace(place[0], "") if place else str(error)
            raise ModelError(self.model, f"its header is no TOML: {said}", line=line) from error
        self.check(document, KEYS)
        for key in ("primary_key", "inputs"):
            if not document.get(key):
                raise self.fault(f"the header lacks it; expected {KEYS[key][0]}", key)
        for key in ("primary_key", "rebuilt_by"):
            self.check_word(document.get(key), key)
        for column, word in document.get("semantic_types", {}).items():
            if word not in TRAITS:
                raise self.fault(f"expected one of {', '.join(TRAITS)}, got {word!r}", "semantic_types", column)
        return document

    def check(self, table: Any, known: Mapping[str, tuple[str, type]], *above: str) -> None:
        """Raise where a table is none, has a key that is not known, or a value of another type."""
        if not isinstance(table, dict):
            raise self.fault(f"expected a table of {', '.join(known)}, got {table!r}", *above)
        for key, value in table.items():
            if key not in known:
                raise self.fault(f"is not known here; known are {', '.join(known)}", *above, key)
            what, kind = known[key]
            if not isinstance(value, kind):
                raise self.fault(f"expected {what}, got {value!r}", *above, key)

    def check_word(self, value: str | None, *keys: str) -> None:
        """Raise where a value that names something has other characters than letters, digits and `_`."""
        if value is not None and not _WORD.fullmatch(value):
            raise self.fault(f"expected a name of letters, digits and `_`, got {value!r}", *keys)

    def fault(self, problem: str, *keys: str) -> ModelError:
        """Return the error of a key, with the line where it begins, or the nearest that is there of those it lies in."""
        found = (line for depth in range(len(keys), 0, -1) if (line := self.line(*keys[:depth])))
        return ModelError(self.model, problem, line=next(found, 1), key=".".join(keys))

    def line(self, *keys: str) -> int | None:
        """Return the line on which a key of the document begins: that after which it is first there; None where it is not."""
        lines, begins = self.text.split("\n"), 1
        for at in range(1, len(lines) + 1):
            try:
                found: Any = tomllib.loads("\n".join(lines[:at]))
            except tomllib.TOMLDecodeError:
                continue  # within a value of several lines
            for key in keys:
                found = found.get(key) if isinstance(found, dict) else None
            if found is not None:
                return begins
            begins = at + 1
        return None


def _input(header: _Header, view: str, table: Any) -> Input:
    place = ("inputs", view)
    header.check(table, KEYS_OF_INPUT, *place)
    header.check_word(view, *place)
    header.check_word(table.get("entity"), *place, "entity")
    columns = table.get("columns", {})
    for name, kind in columns.items():
        if not isinstance(kind, str):
            raise header.fault(f"expected a SQL type such as bigint, got {kind!r}", *place, "columns", name)
    if not columns and not table.get("further_columns"):
        raise header.fault("needs `columns`, a table of columns with their SQL types", *place)
    for name, text in table.get("phones", {}).items():
        header.check_word(name, *place, "phones", name)
        if columns.get(text) != "string" or name in columns:
            raise header.fault("expected a new column, of a declared one of type string", *place, "phones", name)
    if "newest_by" in table and "by" not in table:
        raise header.fault("needs `by` beside it: the newest of the rows with the same `by`", *place, "newest_by")
    return Input(**{"entity": view} | table | {"view": view, "columns": columns, "line": header.line(*place) or 1})
