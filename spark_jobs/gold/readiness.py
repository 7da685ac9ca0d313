"""`python -m spark_jobs.gold.readiness <gold folder>`: what Customer Insights would stumble over, found before it does.

Reads as Customer Insights does: the manifest, the entity documents, every file that they name, and the Delta tables where there
are any; and what the job noted of each table, since no file shows it: how many rows became one. Prints one line for each
finding, or JSON with `--json`; exits with 1 where one of them is an error. Sources: reference: Customer Insights, sections 2 to
6 and 11.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from shared.contracts.errors import ContractError
from shared.contracts.outcome import Finding
from shared.contracts.places import GOLD_MANIFEST, findings_document
from shared.contracts.publication import read_findings
from spark_jobs.delta_log import inspect_delta
from spark_jobs.findings import NAME, NAME_RULE, errors
from spark_jobs.gold.models.semantic_types import TRAITS, holds
from spark_jobs.gold.parquet.hours import browsed
from spark_jobs.gold.parquet.layouts import matching
from spark_jobs.gold.traps import crowded_folders, small_files, too_many_columns
from spark_jobs.parquet_files import TableFiles

_DELTA = "delta"
_KEY_FORMATS = {"String", "Guid", "Int16", "Int32", "Int64"}
_PARQUET = "is.partition.format.parquet"
_SHAPED = "is.dataFormat.numeric.shaped"
_DATES = {"Date": "is.formatted.date", "DateTime": "is.formatted.dateTime"}


def inspect(gold: Path) -> Iterator[Finding]:
    """Judge a gold folder by what a reader finds there."""
    if not (gold / GOLD_MANIFEST).is_file():
        yield Finding(trap="no_manifest", table="-", where=GOLD_MANIFEST, detail="nothing was published here")
        return
    try:
        entities = [_Entity.read(gold, entity) for entity in _document(gold / GOLD_MANIFEST)["entities"]]
    except _UNREADABLE as error:
        yield Finding(trap="manifest_unreadable", table="-", where=GOLD_MANIFEST, detail=f"is of another form: {error!r}")
        return
    for entity in entities:
        yield from entity.inspect()
    if (gold / _DELTA).is_dir():
        yield from inspect_delta(gold / _DELTA, [entity.name for entity in entities])


_UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class _Entity:
    """One table as the manifest shows it."""

    gold: Path
    name: str
    document: str  # path of the entity document
    definition: str  # name of the entity in it
    traits: frozenset[str]
    partitions: Sequence[Mapping[str, Any]]
    increments: Sequence[Mapping[str, Any]]
    patterns: Sequence[Mapping[str, Any]]

    @classmethod
    def read(cls, gold: Path, entity: Mapping[str, Any]) -> _Entity:
        document, _, definition = entity["entityPath"].rpartition("/")
        return cls(
            gold=gold,
            name=entity["entityName"],
            document=document,
            definition=definition,
            traits=frozenset(_trait(one) for one in entity.get("exhibitsTraits", ())),
            partitions=entity.get("dataPartitions", []),
            increments=entity.get("incrementalPartitions", []),
            patterns=entity.get("dataPartitionPatterns", []),
        )

    def inspect(self) -> Iterator[Finding]:
        if not NAME.fullmatch(self.name):
            yield self._error("table_name", self.name, NAME_RULE)
        try:
            locations = [one["location"] for one in self.partitions]
            increments = [one["location"] for one in self.increments]
            found = [(one, self._matching(one)) for one in self.patterns]
        except _UNREADABLE as error:
            yield self._error("manifest_unreadable", GOLD_MANIFEST, f"cannot tell its files: {error!r}")
            return
        for pattern, files in found:
            if not files:
                yield self._error("missing_file", pattern["rootLocation"], "the manifest's pattern finds no file")
            locations += files
        locations += increments
        for one in (*self.partitions, *self.increments, *self.patterns):
            if _PARQUET not in {_trait(trait) for trait in one.get("exhibitsTraits", ())}:
                place = one.get("location") or one.get("rootLocation")
                yield self._error("partition_format", str(place), f"lacks the trait {_PARQUET}; CSV is assumed without one")
        yield from self._places(locations)
        yield from self._told()
        try:
            definitions = _document(self.gold / self.document)["definitions"]
            attributes = next(one["hasAttributes"] for one in definitions if one["entityName"] == self.definition)
            identified = _identified([one for one in definitions if one["entityName"] == self.definition])
            formats = {one["name"]: str(one.get("dataFormat", "")) for one in attributes}
            keys = [one["name"] for one in attributes if one.get("isPrimaryKey")]
            shapes = {one["name"]: shape for one in attributes if (shape := _shape(one))}
            means = {one["name"]: [_trait(trait) for trait in one.get("appliedTraits", ())] for one in attributes}
        except FileNotFoundError:
            yield self._error("no_entity_document", self.document, "the manifest names it")
            return
        except (*_UNREADABLE, StopIteration) as error:
            yield self._error("document_unreadable", self.document, f"is of another form: {error!r}")
            return
        yield from self._attributes(formats, keys, identified)
        for column, traits in means.items():
            for trait in traits:
                if trait in TRAITS.values() and not holds(trait, formats[column]):
                    detail = f"{trait} is not what a column of format {formats[column]} holds"
                    yield Finding(trap="semantic_type", table=self.name, where=column, detail=detail, severity="warning")
        yield from too_many_columns(self.name, len(formats))
        key = keys[0] if len(keys) == 1 else None
        told = TableFiles(table=self.name, formats=formats, key=key, shapes=shapes, increments=frozenset(increments))
        yield from told.inspect(self.gold, locations)

    def _told(self) -> Iterator[Finding]:
        """Yield what the job found when it built the table, and no file shows: rows that became one, values that were lost."""
        place = findings_document(self.document)
        try:
            yield from read_findings((self.gold / place).read_bytes(), self.name).findings
        except FileNotFoundError:
            return  # of a folder that something else made
        except ContractError as error:
            detail = f"what was found when it was built cannot be read: {error}"
            yield Finding(trap="findings_unreadable", table=self.name, where=place, detail=detail, severity="warning")

    def _places(self, locations: Sequence[str]) -> Iterator[Finding]:
        folders = {parts for place in locations for parts in PurePosixPath(place).parts[:-1]}
        of_hours = folders.difference(*(set(browsed(place)) for place in locations)) if locations else set()
        for folder in sorted(folder for folder in folders - of_hours if not NAME.fullmatch(folder)):
            # Below the folders that Customer Insights browses other names seem to pass (inferred).
            is_browsed = any(place.startswith(f"{folder}/") for place in locations)
            yield Finding(
                trap="folder_name",
                table=self.name,
                where=folder,
                detail=NAME_RULE,
                severity="error" if is_browsed else "warning",
            )
        yield from crowded_folders(self.name, locations)
        there = [self.gold / place for place in locations]
        yield from small_files(self.name, [path.stat().st_size for path in there if path.is_file()])

    def _attributes(self, formats: Mapping[str, str], keys: Sequence[str], identified: set[str]) -> Iterator[Finding]:
        if len(keys) != 1:
            yield self._error("primary_key", self.document, f"exactly one attribute is the primary key, got {len(keys)}")
        elif formats[keys[0]] not in _KEY_FORMATS:
            yield self._error("primary_key_type", keys[0], f"a key is text, an integer or a GUID, this is {formats[keys[0]]}")
        if len(keys) == 1 and identified != set(keys):
            yield self._error(
                "primary_key", self.document, f"isPrimaryKey names {keys[0]}, is.identifiedBy {sorted(identified)}"
            )
        for column in formats:
            if not NAME.fullmatch(column):
                yield self._error("column_name", column, NAME_RULE)
        for form, trait in _DATES.items():
            if form in formats.values() and trait not in self.traits:
                yield self._error(
                    "date_format", GOLD_MANIFEST, f"has {form} attributes and does not declare {trait}; the default is en-US"
                )

    def _matching(self, pattern: Mapping[str, Any]) -> list[str]:
        root = self.gold / str(pattern.get("rootLocation", ""))
        files = (path for path in root.rglob("*") if path.is_file())
        return matching(pattern, [path.relative_to(self.gold).as_posix() for path in files])

    def _error(self, trap: str, where: str, detail: str) -> Finding:
        return Finding(trap=trap, table=self.name, where=where, detail=detail)


def ways(gold: Path) -> Iterator[str]:
    """Say by which ways a gold folder can be read (docs/deploy.md, "Tables by name")."""
    if (gold / GOLD_MANIFEST).is_file():
        yield f"Customer Insights, and whoever reads Common Data Model folders: {GOLD_MANIFEST}"
    tables = sorted(path.name for path in (gold / _DELTA).glob("*") if (path / "_delta_log").is_dir())
    if tables:
        yield f"Fabric (a shortcut), Synapse serverless, Power BI, Databricks: Delta tables in {_DELTA}/: {', '.join(tables)}"
    else:
        yield "Databricks SQL, and Power BI through it: by name, where the deployment has a catalog"
        yield 'Fabric, Synapse serverless SQL, Power BI without Databricks: Delta tables, which [gold] layout = "delta" makes'


def _document(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _trait(trait: str | Mapping[str, Any]) -> str:
    return trait if isinstance(trait, str) else str(trait["traitReference"])


def _shape(attribute: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return precision and scale of an attribute, None where it has none; they may be spelled as numbers or as texts."""
    for trait in attribute.get("appliedTraits", ()):
        if _trait(trait) == _SHAPED:
            given = {one["name"]: int(one["value"]) for one in trait["arguments"]}
            return given["precision"], given["scale"]
    return None


def _identified(definitions: Sequence[Mapping[str, Any]]) -> set[str]:
    traits = (trait for one in definitions for trait in one.get("exhibitsTraits", ()) if _trait(trait) == "is.identifiedBy")
    return {argument["value"].rpartition("/")[2] for trait in traits for argument in trait["arguments"]}


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a gold folder; the command line of this module."""
    parser = argparse.ArgumentParser(
        prog="python -m spark_jobs.gold.readiness", description="Is gold fit for Customer Insights?"
    )
    parser.add_argument("gold", type=Path, help="the folder that holds default.manifest.cdm.json")
    parser.add_argument("--json", action="store_true", help="print a JSON array instead of lines")
    given = parser.parse_args(arguments)
    found = list(inspect(given.gold))
    wrong = len(errors(found))
    if given.json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in found], indent=1) + "\n")
    else:
        sys.stdout.writelines(f"{finding}\n" for finding in found)
        verdict = "not ready" if wrong else "ready"
        sys.stdout.write(f"{verdict}: {wrong} errors, {len(found) - wrong} warnings\n")
        sys.stdout.writelines(f"{way}\n" for way in ways(given.gold))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
