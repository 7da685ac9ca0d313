"""`insights.toml`, read strictly: what does not fit is told with its line, its rule and its field."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from spark_jobs.errors import RulesError
from spark_jobs.insights.rules.vocabulary import InsightsRules, Part

FILE = "insights.toml"
Place = tuple[str | int, ...]
"""The keys and numbers on the way to a value, the root's first."""


def read_rules(text: str, *, file: str = FILE) -> InsightsRules:
    """Parse `insights.toml`; raises `RulesError` at the first thing that is unknown, of the wrong kind, or named nowhere."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(file, f"is no TOML: {error}") from error
    try:
        rules = InsightsRules.model_validate(document)
    except ValidationError as error:
        # A key that is not known explains one that is missing: it is told first.
        first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        place = _plain(document, first["loc"])
        raise RulesError(file, _problem(first), line=line_of(text, place), where=told(document, place)) from error
    for place, problem in _unnamed(rules):
        raise RulesError(file, problem, line=line_of(text, place), where=told(document, place))
    return rules


def open_rules(path: Path) -> InsightsRules:
    """Read the file; raises `RulesError` where that cannot be, and as `read_rules`."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise RulesError(path.name, f"there is no such file in {path.parent.absolute()}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(path.name, f"cannot be read as UTF-8 text ({type(error).__name__})") from error
    return read_rules(text, file=path.name)


def line_of(text: str, place: Place) -> int | None:
    """Return the line on which a value begins, or the nearest thing that it lies in: that after which it is first there."""
    lines = text.split("\n")
    for depth in range(len(place), 0, -1):
        begins = 1
        for at in range(1, len(lines) + 1):
            try:
                document = tomllib.loads("\n".join(lines[:at]))
            except tomllib.TOMLDecodeError:
                continue  # within a value of several lines
            if _is_there(document, place[:depth]):
                return _line_within(lines, begins, at, place[:depth])
            begins = at + 1
    return None


def _line_within(lines: Sequence[str], first: int, last: int, place: Place) -> int:
    """Return which of the lines of one value is meant: the only one that names the key, else that where the value begins."""
    key = next((key for key in reversed(place) if isinstance(key, str)), "")
    naming = [number for number in range(first, last + 1) if re.search(rf"\b{re.escape(key)}\s*=", lines[number - 1])]
    if len(naming) == 1:
        return naming[0]
    return next(n for n in range(first, last + 1) if lines[n - 1].strip() and not lines[n - 1].lstrip().startswith("#"))


def told(document: Any, place: Place) -> str:
    """Spell a place for people: what has a name is called by it."""
    words: list[str] = []
    for key in place:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            document = None
        if isinstance(key, int):
            name = next((document[one] for one in ("name", "column", "table") if one in document), None) if document else None
            words[-1] += f" {name!r}" if isinstance(name, str) and isinstance(document, dict) else f" {key + 1}"
        else:
            words.append(key)
    return ", ".join(words)


def _is_there(document: Any, place: Place) -> bool:
    for key in place:
        try:
            document = document[key]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _plain(document: Any, place: Sequence[str | int]) -> Place:
    """Return a place without what the model's library puts in for the members of a union."""
    found: list[str | int] = []
    for key in place:
        inner = document.get(key) if isinstance(document, dict) else None
        if isinstance(key, int) and isinstance(document, list) and key < len(document):
            inner = document[key]
        if inner is None and not isinstance(document, dict):
            break
        found.append(key)
        document = inner
    return tuple(found)


def _problem(error: Any) -> str:
    kind, given = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        key, known = str(error["loc"][-1]), sorted(_model_at(error["loc"][:-1]).model_fields)
        meant = difflib.get_close_matches(key, known, n=1)
        return f"is not known{f' (did you mean {meant[0]}?)' if meant else ''}; known here: {', '.join(known)}"
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        return f"expected one of {given['expected']}"
    if kind == "string_pattern_mismatch":
        return "expected a letter, then letters, digits and `_`"
    return str(error["msg"]).replace("Input should be", "expected")


def _model_at(place: Sequence[str | int]) -> type[Part]:
    """Return the model of the table at a place."""
    model: type[Part] = InsightsRules
    for key in place:
        if isinstance(key, str) and key in model.model_fields:
            model = next(_models(model.model_fields[key].annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _models(inner)


def _unnamed(rules: InsightsRules) -> Iterator[tuple[Place, str]]:
    """Yield what is named and is nowhere, is there twice, or lacks what goes with it."""
    order = [table.name for table in rules.tables]
    yield from _of_tables(rules)
    yield from _of_matching(rules, order)
    for number, field in enumerate(rules.fields):
        for at, source in enumerate(field.sources):
            if source.count(".") != 1 or source.partition(".")[0] not in order:
                yield ("fields", number, "sources", at), f"is {source}, expected `table.column` of {', '.join(order)}"
        if field.policy != "importance" and field.by is None:
            yield ("fields", number, "policy"), "needs `by` beside it: the column that says what is recent"
    for number, group in enumerate(rules.groups):
        for at, name in enumerate(group.sources):
            if name not in order:
                yield ("groups", number, "sources", at), f"is {name}, which is none of the tables: {', '.join(order)}"
    yield from _of_measures(rules, order)
    names = {
        "measures": [one.name for one in rules.measures],
        "segments": [one.name for one in rules.segments],
        "fields": [one.name for one in rules.fields],
        "relationships": [one.name for one in rules.relationships],
    }
    for kind, listed in names.items():
        yield from _twice((kind,), listed)


def _of_tables(rules: InsightsRules) -> Iterator[tuple[Place, str]]:
    yield from _twice(("tables",), [table.name for table in rules.tables])
    for number, table in enumerate(rules.tables):
        inner: Place = ("tables", number, "deduplication")
        yield from _twice((*inner, "rules"), [rule.name for rule in table.deduplication.rules])
        if table.deduplication.winner != "most_filled" and table.deduplication.by is None:
            yield (*inner, "winner"), "needs `by` beside it: the date or number that says what is recent"
        for at, rule in enumerate(table.deduplication.rules):
            for place, condition in enumerate(rule.conditions):
                if condition.to is not None:
                    yield (*inner, "rules", at, "conditions", place, "to"), "is for matching; one table has each column once"


def _of_matching(rules: InsightsRules, order: Sequence[str]) -> Iterator[tuple[Place, str]]:
    for number, matching in enumerate(rules.match):
        for key, name in (("table", matching.table), ("to", matching.to)):
            if name not in order:
                yield ("match", number, key), f"is {name}, which is none of the tables: {', '.join(order)}"
        if {matching.table, matching.to} <= set(order) and order.index(matching.to) >= order.index(matching.table):
            yield ("match", number, "to"), f"is {matching.to}, which does not stand above {matching.table}"
        yield from _twice(("match", number, "rules"), [rule.name for rule in matching.rules])


def _of_measures(rules: InsightsRules, order: Sequence[str]) -> Iterator[tuple[Place, str]]:
    for number, relationship in enumerate(rules.relationships):
        if relationship.to not in order:
            yield ("relationships", number, "to"), f"is {relationship.to}, which is none of the tables: {', '.join(order)}"
    related = {*order, "Customer", *(one.table for one in rules.relationships)}
    for number, measure in enumerate(rules.measures):
        if measure.table not in related:
            yield ("measures", number, "table"), f"is {measure.table}, to which no relationship leads"
        if measure.column is None and measure.function != "count":
            yield ("measures", number, "function"), f"is {measure.function}, which needs a `column`"
        if measure.function in {"first", "last"} and measure.by is None:
            yield ("measures", number, "function"), f"is {measure.function}, which needs `by`: what it goes by"


def _twice(place: Place, names: Sequence[str]) -> Iterator[tuple[Place, str]]:
    for number, name in enumerate(names):
        if name.lower() in (other.lower() for other in names[:number]):
            yield (*place, number, "name"), f"is {name}, as that of another one"
