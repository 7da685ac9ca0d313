"""Labels beside the values of choices, states and status reasons: `<column>_label`, a text, null where none is known.

A label is no data: it is neither tracked nor part of an event's content, so a new label makes no history, and a replay stays
a replay. It is looked up in maps that stand in the query as constants, one for each column: a join for each of the two
hundred choices of a table would cost more than everything else. When the labels changed since the table was last written,
the rows stored are brought up to date in the same batch.

What is remembered with the table: its label columns by their comment, and which documents they were made from by the
property `customer360.labels`. A column that landed under such a name is never touched.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from pyspark.sql import functions as F  # noqa: N812 - the name that PySpark's own documentation gives it

from shared.contracts.codec import decoded, encoded
from shared.contracts.columns import VERSION
from shared.contracts.entity import Entity
from shared.contracts.manifest import LabelDocument, Manifest
from spark_jobs.errors import LabelsMissingError
from spark_jobs.names import literal, quoted
from spark_jobs.silver.landed.shape import named
from spark_jobs.tables import Table

if TYPE_CHECKING:
    from pyspark.sql import Column

    from spark_jobs.lake import Lake

Known = Mapping[str, Mapping[str, Mapping[str, Mapping[str, Any]]]]
"""Landed column -> value -> language code -> `{"label", "user"}`, as a document holds it (`docs/contracts.md`)."""

SUFFIX = "_label"
_PROPERTY = "customer360.labels"
_MARK = "label of "
#: A map is searched from its beginning to its end; one of more options than this is cut into maps by the last two digits.
_MANY = 100


@dataclass(frozen=True, kw_only=True)
class StoredLabels:
    """What a silver table remembers of its labels."""

    columns: frozenset[str]  # that hold labels
    language: int | None  # of the labels
    documents: Sequence[LabelDocument]  # from which they were made

    @classmethod
    def read(cls, table: Table | None, comments: Mapping[str, str], *, listed: bool) -> Self:
        """Read it off a table with these comments; None where there is no table.

        Asking for properties takes a query, which a table without labels is spared unless the batch has some `listed` for it.
        """
        found = {name for name, text in comments.items() if name.lower().endswith(SUFFIX) and text.startswith(_MARK)}
        text = table.properties().get(_PROPERTY) if table is not None and (listed or found) else None
        noted: Mapping[str, Any] = json.loads(text) if text else {}
        # The property of a table that was made before documents named their landed table does not say it.
        found_documents = ({"table": ""} | one for one in noted.get("documents", ()))
        documents = [decoded(LabelDocument, one, f"property {_PROPERTY}") for one in found_documents]
        return cls(columns=frozenset(found), language=noted.get("language"), documents=documents)


@dataclass(frozen=True, kw_only=True)
class Labelling:
    """The label columns of one silver table in one batch."""

    table: Table
    entity: Entity
    landed: Sequence[str]  # the batch's columns
    columns_there: Mapping[str, str]  # of the table, with their types; empty where it is written anew
    stored: StoredLabels
    documents: Sequence[LabelDocument]  # that count now
    known: Sequence[Known]  # what they hold

    @classmethod
    def read(
        cls,
        lake: Lake,
        batch: Manifest,
        entity: Entity,
        landed: Sequence[str],
        table: Table,
        columns_there: Mapping[str, str],
        stored: StoredLabels,
    ) -> Self:
        """Read the documents of labels; raises `LabelsMissingError` where one is not there."""
        documents = newest([*stored.documents, *(one for one in batch.labels if one.entity == entity.name)])
        return cls(
            table=table,
            entity=entity,
            landed=landed,
            columns_there=columns_there,
            stored=stored,
            documents=documents,
            known=[_document(lake, entity, one) for one in documents],
        )

    @property
    def data(self) -> dict[str, str]:
        """The table's columns without those that hold labels; one that now lands under such a name is data."""
        hidden = self.stored.columns - self._taken
        return {name: kind for name, kind in self.columns_there.items() if name not in hidden}

    @property
    def _taken(self) -> frozenset[str]:
        landing = {name.lower() for name in named(self.entity, self.landed).values()} if self.stored.columns else set()
        return frozenset(name for name in self.stored.columns if name.lower() in landing)

    def release(self, version: int) -> None:
        """Empty the label columns whose name the source took, so that they hold what landed and nothing else."""
        for name in sorted(self._taken):
            self.table.update({name: "null", VERSION: str(version)}, f"{quoted(name)} is not null")
            self.table.comment(name, "")

    def columns(self, types: Mapping[str, str]) -> list[Column]:
        """Return the label columns over rows of the data columns `types`."""
        # A merge sets every column of the table, so one whose labels are not known any more needs a value too.
        gone = dict.fromkeys(sorted(self.stored.columns - self._taken), "cast(null as string)")
        return [
            F.expr(expression).alias(name, metadata={"comment": _comment(name)})
            for name, expression in {**gone, **self._expressions(types)}.items()
        ]

    def add_columns(self, types: Mapping[str, str]) -> None:
        """Add the label columns that the table lacks; they hold null until `bring_up_to_date`."""
        missing = [name for name in self._expressions(types) if name not in self.stored.columns] if self.columns_there else []
        self.table.add_columns({name: f"string COMMENT {literal(_comment(name))}" for name in missing})

    def bring_up_to_date(self, types: Mapping[str, str], version: int) -> None:
        """Give the stored rows the labels as they are now, if these changed since; safe to repeat.

        Rows whose labels change carry `version` from then on, by which gold finds them.
        """
        same = self.stored.language == self.entity.label_language and self.stored.documents == self.documents
        if same or not self.documents:
            return
        expressions = self._expressions(types)
        if expressions and self.columns_there:
            differs = " or ".join(f"not ({quoted(name)} <=> {expression})" for name, expression in expressions.items())
            self.table.update({**expressions, VERSION: str(version)}, differs)
        documents = [encoded(document) for document in self.documents]
        self.table.set_property(_PROPERTY, json.dumps({"language": self.entity.label_language, "documents": documents}))

    def _expressions(self, types: Mapping[str, str]) -> dict[str, str]:
        """Return label column -> SQL expression over the data columns."""
        taken = {name.lower() for name in types}
        return {
            f"{name}{SUFFIX}": expression
            for name, labels in self._labels(types).items()
            if f"{name}{SUFFIX}".lower() not in taken and (expression := label_of(quoted(name), types[name], labels))
        }

    def _labels(self, types: Mapping[str, str]) -> dict[str, dict[str, str]]:
        """Return data column -> value -> label."""
        by_landed = {landed.lower(): name for landed, name in named(self.entity, self.landed).items()}
        by_name = {name.lower(): name for name in types}
        found: dict[str, dict[str, str]] = {}
        for known in self.known:
            for landed, values in known.items():
                # A column that this batch does not bring may still be stored, under the name that it would get.
                own = self.entity.names.get(landed.lower(), landed)
                name = by_name.get(by_landed.get(landed, own).lower())
                if name is not None and (labels := in_language(values, self.entity.label_language)):
                    found[name] = {**labels, **found.get(name, {})}  # of two environments the first one's label stays
        return {name: found[name] for name in types if name in found}


def newest(documents: Sequence[LabelDocument]) -> list[LabelDocument]:
    """Return the newest document of each container: an older batch that is run again brings back no older labels."""
    found: dict[str, LabelDocument] = {}
    for document in documents:
        if document.container not in found or document.as_of > found[document.container].as_of:
            found[document.container] = document
    return [found[container] for container in sorted(found)]


def _document(lake: Lake, entity: Entity, one: LabelDocument) -> Known:
    document: Mapping[str, Any] | None = lake.read_json(one.path)
    if document is None:
        raise LabelsMissingError(entity.name, one.path)
    columns: Known = document["columns"]
    return columns


def in_language(values: Mapping[str, Mapping[str, Mapping[str, Any]]], language: int) -> dict[str, str]:
    """Return value -> label in a language; where there is none in it, that of the exporting user."""
    found = {}
    for value, languages in values.items():
        users = [labels for _, labels in sorted(languages.items()) if labels["user"]]
        label = languages.get(str(language)) or next(iter(users), None)
        if label:
            found[value] = str(label["label"])
    return found


def label_of(value: str, kind: str, labels: Mapping[str, str]) -> str | None:
    """Return the SQL expression of a value's label; None for a type that no choice has.

    A text is a choice of several values: `1;2`, `1,2` and `[1,2]` are read alike, since which one Synapse Link writes is
    unknown (reference: Synapse Link, section 13), and their labels are joined by `; `.
    """
    if kind == "string":
        several = f"split(translate({value}, '[]\" ', ''), '[,;]')"
        return f"nullif(array_join(transform({several}, one -> {_found('one', labels)}), '; '), '')"
    if kind == "boolean":
        return f"case {value} when true then {_text(labels.get('1'))} when false then {_text(labels.get('0'))} end"
    if kind in {"bigint", "int"}:
        return _found(f"cast({value} as string)", labels)
    if kind == "double" or kind.startswith("decimal"):
        return _found(f"cast(try_cast({value} as bigint) as string)", labels)
    return None


def _found(key: str, labels: Mapping[str, str]) -> str:
    if len(labels) <= _MANY:
        return f"try_element_at({_constant(labels, 'map<string,string>')}, {key})"
    parts: dict[str, dict[str, str]] = {}
    for value, label in labels.items():
        parts.setdefault(value[-2:], {})[value] = label
    return f"try_element_at(try_element_at({_constant(parts, 'map<string,map<string,string>>')}, right({key}, 2)), {key})"


def _constant(value: Mapping[str, Any], kind: str) -> str:
    # One literal, which the planner turns into a map once; a map of literals would be a thousand expressions.
    return f"from_json({literal(json.dumps(value, ensure_ascii=False, sort_keys=True))}, '{kind}')"


def _text(label: str | None) -> str:
    return "cast(null as string)" if label is None else literal(label)


def _comment(name: str) -> str:
    return f"{_MARK}{name.removesuffix(SUFFIX)}"
