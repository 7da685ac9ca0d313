"""Microsoft's generated types of Azure's resources, and what of a value does not fit one.

The format is that of bicep-types: a list in which types name each other by index; a property's flags say required (1),
read-only (2), write-only (4). An enum is a union of literals, mostly with `string` beside them for what a later version may
know: here a literal has to be one of those that are known now.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bicep.template import Expression, Resource

_REQUIRED, _READ_ONLY = 1, 2
#: What stands in every body and means something to Bicep alone.
_OF_BICEP = frozenset({"parent", "scope", "dependsOn"})
_SIMPLE = {"StringType": str, "IntegerType": int, "BooleanType": bool}

Type = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What does not fit, and where."""

    where: str
    what: str


@dataclass(frozen=True)
class OpenString:
    """A literal where the types know of a string only."""

    where: str
    value: str


class OfficialTypes:
    """The types of one folder of `types.json` files, by resource and API version."""

    def __init__(self, folder: Path) -> None:
        self._tables: dict[str, list[Type]] = {}
        self._bodies: dict[str, Type] = {}
        for file in sorted(folder.rglob("types.json")):
            table = json.loads(file.read_text(encoding="utf-8"))
            for one in table:
                if one["$type"] == "ResourceType":
                    self._tables[one["name"].lower()] = table
                    self._bodies[one["name"].lower()] = one["body"]

    def knows(self, kind: str) -> bool:
        """Say whether the folder has this type in this version."""
        return kind.lower() in self._bodies

    def check(self, resource: Resource) -> Iterator[Fault | OpenString]:
        """Yield what of a resource does not fit its type, and the strings that the type leaves open."""
        yield from self.check_body(resource.kind, resource.body, where=resource.symbol)

    def check_body(self, kind: str, body: dict[str, Any], *, where: str) -> Iterator[Fault | OpenString]:
        """Yield the same for a body that is written as JSON."""
        if not self.knows(kind):
            yield Fault(where, f"there is no {kind}")
            return
        own = {name: value for name, value in body.items() if name not in _OF_BICEP}
        yield from _Checking(self._tables[kind.lower()]).value(own, self._bodies[kind.lower()], where)

    def has_property(self, kind: str, path: list[str]) -> bool:
        """Say whether a resource, once it is deployed, has a property at a path; what is open has all."""
        checking = _Checking(self._tables[kind.lower()])
        return checking.has(self._bodies[kind.lower()], path)


class _Checking:
    def __init__(self, table: list[Type]) -> None:
        self._table = table

    def _type(self, named: Type) -> Type:
        found: Type = self._table[int(named["$ref"].removeprefix("#/"))]
        return found

    def value(self, value: Any, named: Type, where: str) -> Iterator[Fault | OpenString]:
        expected = self._type(named)
        if isinstance(value, Expression):
            for choice in value.choices:
                if value.merged and isinstance(choice, dict):
                    yield from self._object(choice, expected, where, whole=False)
                elif choice is not None:
                    yield from self.value(choice, named, where)
            return
        match expected["$type"]:
            case "AnyType":
                return
            case "StringLiteralType":
                if value != expected["value"]:
                    yield Fault(where, f"{value!r} is not {expected['value']!r}")
            case "ArrayType":
                yield from self._array(value, expected, where)
            case "UnionType":
                yield from self._union(value, expected, where)
            case "ObjectType" | "DiscriminatedObjectType":
                yield from self._object(value, expected, where)
            case simple:
                yield from self._simple(value, expected, _SIMPLE[simple], where)

    def _simple(self, value: Any, expected: Type, wanted: type, where: str) -> Iterator[Fault | OpenString]:
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            yield Fault(where, f"{value!r} is no {wanted.__name__}")
        elif isinstance(value, str):
            too_long = len(value) > expected.get("maxLength", len(value)) or len(value) < expected.get("minLength", 0)
            if too_long or not re.search(expected.get("pattern", ""), value):
                yield Fault(where, f"{value!r} has a length or form that is not allowed")
            yield OpenString(where, value)
        elif isinstance(value, int) and not expected.get("minValue", value) <= value <= expected.get("maxValue", value):
            yield Fault(where, f"{value!r} is out of range")

    def _array(self, value: Any, expected: Type, where: str) -> Iterator[Fault | OpenString]:
        if not isinstance(value, list):
            yield Fault(where, f"{value!r} is no array")
            return
        for one in value:
            yield from self.value(one, expected["itemType"], f"{where}[]")

    def _union(self, value: Any, expected: Type, where: str) -> Iterator[Fault | OpenString]:
        known = [self._type(one)["value"] for one in expected["elements"] if self._type(one)["$type"] == "StringLiteralType"]
        if known:
            if value not in known:
                yield Fault(where, f"{value!r} is none of {', '.join(known)}")
            return
        found = [list(self.value(value, one, where)) for one in expected["elements"]]
        yield from min(found, key=lambda told: sum(isinstance(one, Fault) for one in told))

    def _object(self, value: Any, expected: Type, where: str, *, whole: bool = True) -> Iterator[Fault | OpenString]:
        if not isinstance(value, dict):
            yield Fault(where, f"{value!r} is no object")
            return
        properties = self._properties(value, expected)
        if properties is None:
            key = expected["discriminator"]
            yield Fault(f"{where}.{key}", f"{value.get(key)!r} is none of {', '.join(expected['elements'])}")
            return
        for name, one in value.items():
            known = properties.get(name)
            if known is not None and known["flags"] & _READ_ONLY and not known["flags"] & _REQUIRED:
                yield Fault(f"{where}.{name}", "is read-only")
            elif known is not None:
                yield from self.value(one, known["type"], f"{where}.{name}")
            elif rest := expected.get("additionalProperties"):
                yield from self.value(one, rest, f"{where}.*")
            elif "${" not in name:
                yield Fault(f"{where}.{name}", "is not known")
        for name, known in properties.items():
            if whole and known["flags"] & _REQUIRED and not known["flags"] & _READ_ONLY and name not in value:
                yield Fault(f"{where}.{name}", "is required")

    def _properties(self, value: dict[str, Any], expected: Type) -> dict[str, Type] | None:
        """Return an object's properties, None where its discriminator tells of no kind."""
        if expected["$type"] == "ObjectType":
            found: dict[str, Type] = expected["properties"]
            return found
        chosen = expected["elements"].get(value.get(expected["discriminator"]))
        return None if chosen is None else {**expected["baseProperties"], **self._type(chosen)["properties"]}

    def has(self, named: Type, path: list[str]) -> bool:
        expected = self._type(named)
        if not path or expected["$type"] == "AnyType":
            return True
        if expected["$type"] == "DiscriminatedObjectType":
            return path[0] in expected["baseProperties"]
        if expected["$type"] != "ObjectType":
            return False
        known = expected["properties"].get(path[0])
        rest = expected.get("additionalProperties")
        if known is None:
            return rest is not None
        return self.has(known["type"], path[1:])
