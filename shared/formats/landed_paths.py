"""What a landed path is: pure classification of blob names, one function per kind of landing container.

Names are only hints about content: a delete file is not known by its name, a stem is opaque (reference: Synapse Link,
sections 3 and 8). What is ignored says why, so that it can be shown.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from shared.formats.table_schema import LABEL_SCHEMAS

SERVICE: Final = "Microsoft.Athena.TrickleFeedService"
_TIME_FOLDER: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d)[.:](\d\d)[.:](\d\d)(?:[.:](\d{1,7}))?Z")
_STEM: Final = re.compile(r"(?:\d+|\d{4}-\d{2})(?:_\d+)?")


IgnoredReason = Literal["changelog", "delta_export", "sync_failure", "service_file", "snapshot", "temporary", "unknown"]
"""Why a file is not ingested, as its name tells."""


_PACKED: Final[tuple[tuple[str, Literal["text", "gzip", "zip"]], ...]] = ((".gz", "gzip"), (".zip", "zip"), ("", "text"))


@dataclass(frozen=True, kw_only=True)
class TimeFolder:
    """A folder of an incremental export: its name as it is on the lake, and the time that the name tells."""

    name: str
    at: datetime  # UTC; compare these, not the names: two spellings are in use


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """Rows of a Dataverse table."""

    path: str
    table: str
    stem: str  # opaque: 2023, 2018_001, 1
    folder: TimeFolder | None  # None: an append-only year file


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """Columns of one table, or of all."""

    path: str
    table: str | None  # None: of all tables
    folder: TimeFolder | None


@dataclass(frozen=True, kw_only=True)
class EntityMetadataFile:
    """Attributes, choices and states of one table as JSON."""

    path: str
    table: str
    folder: TimeFolder | None


@dataclass(frozen=True, kw_only=True)
class LabelFile:
    """Labels of choices, states or lookup targets as headerless CSV."""

    path: str
    labels: str  # a key of LABEL_SCHEMAS
    stem: str
    folder: TimeFolder | None


@dataclass(frozen=True, kw_only=True)
class ChangelogInfo:
    """The file that names the folder being written now."""

    path: str


@dataclass(frozen=True, kw_only=True)
class FinanceFile:
    """A file of a finance data set."""

    path: str
    data_set: str
    stem: str
    form: Literal["text", "gzip", "zip", "workbook"]


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """A file of a finance container in a form that is not read; there no file with data is uninteresting."""

    path: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Ignored:
    """A file that is not ingested."""

    path: str
    reason: IgnoredReason
    detail: str


DataversePath = DataFile | ModelFile | EntityMetadataFile | LabelFile | ChangelogInfo | Ignored


def parse_time_folder(name: str) -> TimeFolder | None:
    """Read a folder name with dots, as on the lake, or with colons and a fraction, as the documentation prints it."""
    found = _TIME_FOLDER.fullmatch(name)
    if found is None:
        return None
    day, hour, minute, second, fraction = found.groups()
    try:
        at = datetime.strptime(f"{day}T{hour}:{minute}:{second}", "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return TimeFolder(name=name, at=at + timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0"))))


def parse_changelog(data: bytes) -> TimeFolder | None:
    """Read which folder `changelog.info` names: it is still being written, all older ones are closed."""
    return parse_time_folder(data.decode("utf-8-sig", errors="replace").strip().strip("/"))


def classify_dataverse(path: str) -> DataversePath:
    """Tell what a blob of a Synapse Link container is (reference: Synapse Link, sections 2 and 3)."""
    first, *rest = path.split("/")
    folder = parse_time_folder(first)
    if folder is not None:
        return _in_export(path, rest, folder)
    match first:
        case "Changelog" if rest == ["changelog.info"]:
            return ChangelogInfo(path=path)
        case "Changelog":
            return Ignored(path=path, reason="changelog", detail="internal to the export; changelog.info says all")
        case "deltalake":
            return Ignored(path=path, reason="delta_export", detail="Delta export: read it as Delta, not from its files")
        case "EntitySyncFailure":
            return Ignored(path=path, reason="sync_failure", detail="the export's own report of failures, not a table")
        case _:
            return _in_export(path, [first, *rest], None)


def _in_export(path: str, parts: list[str], folder: TimeFolder | None) -> DataversePath:
    """Tell the same below the root of an append-only export, or below one folder of an incremental one."""
    match parts:
        case ["model.json"]:
            return ModelFile(path=path, table=None, folder=folder)
        case [_service, name] if _service == SERVICE and name.endswith("-model.json"):
            return ModelFile(path=path, table=name.removesuffix("-model.json"), folder=folder)
        case [_service, name] if _service == SERVICE and name.endswith("-EntityMetadata.json"):
            return EntityMetadataFile(path=path, table=name.removesuffix("-EntityMetadata.json"), folder=folder)
        case [*_, labels, name] if labels in LABEL_SCHEMAS and name.endswith(".csv") and parts[:-2] in ([], [SERVICE]):
            return LabelFile(path=path, labels=labels, stem=name.removesuffix(".csv"), folder=folder)
        case [_service, *_] if _service == SERVICE:
            return Ignored(path=path, reason="service_file", detail="neither a model nor metadata of a table")
        case ["EntitySyncFailure", *_]:
            return Ignored(path=path, reason="sync_failure", detail="the export's own report of failures, not a table")
        case [_, "Snapshot", *_]:
            return Ignored(path=path, reason="snapshot", detail="a read-only copy of what the year files hold")
        case [table, name] if table and name.endswith(".csv") and _STEM.fullmatch(name.removesuffix(".csv")):
            return DataFile(path=path, table=table, stem=name.removesuffix(".csv"), folder=folder)
        case _:
            return Ignored(path=path, reason="unknown", detail="no name that Synapse Link gives to a file of rows or a model")


_FORMS: Final[tuple[tuple[str, Literal["text", "gzip", "zip", "workbook"]], ...]] = (
    *((f".{text}{packed}", form) for text in ("csv", "tsv", "txt") for packed, form in _PACKED),
    (".zip", "zip"),
    (".xlsx", "workbook"),
    (".xlsm", "workbook"),
)


def classify_finance(path: str) -> FinanceFile | Unreadable | Ignored:
    """Tell what a finance blob is: the first folder names the data set, else the file's stem does."""
    *folders, name = path.split("/")
    if name.startswith((".", "~$")):
        return Ignored(path=path, reason="temporary", detail="the name of an unfinished or lock file")
    for ending, form in _FORMS:
        stem = name[: -len(ending)]
        if name.lower().endswith(ending) and stem and all(folders):
            return FinanceFile(path=path, data_set=folders[0] if folders else stem, stem=stem, form=form)
    return Unreadable(path=path, detail="neither .csv, .tsv or .txt (alone, in .gz or .zip) nor .xlsx; save it as one of them")
