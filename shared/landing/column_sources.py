"""Finds the columns that a landed Dataverse file is bound to, or says what it still waits for.

Append mode takes `<table>-model.json`, the better source, before the root `model.json` (reference: Synapse Link, section 2).
Incremental mode takes the model of the file's own folder, once that folder is closed (section 5); which is also the
moment from which its files are final.

A table whose initial sync is under way waits for its end in append mode: rows of it would be half a table, and its files may
be written anew (section 4). A closed folder is complete whatever its model says of the sync.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.formats.landed_paths import DataFile, TimeFolder, parse_changelog
from shared.formats.model_json import Model, ModelError, ModelTruncatedError, parse_model
from shared.formats.table_schema import TableSchema
from shared.ledger.states import IgnoreReason, RejectReason, WaitReason
from shared.ports import Clock, Lake

_TRICKLE_FEED = "Microsoft.Athena.TrickleFeedService"
_CHANGELOG = "Changelog/changelog.info"
_SYNCING = frozenset({"NotStarted", "InProgress"})  # values of Athena:InitialSyncState
_TRUSTED_FOR = timedelta(seconds=10)  # saves a HEAD per file in a burst; a row wider than the model asks again at once

_MOST_COLUMNS = 300_000  # of all models remembered: some 150 bytes each


@dataclass(frozen=True, kw_only=True)
class ColumnsPending:
    """The columns of a file cannot be known yet: the sweep looks again."""

    reason: WaitReason
    detail: str


@dataclass(frozen=True, kw_only=True)
class ColumnsAbandoned:
    """The columns of a file will never be known: its export was given up, and its rows come again in a later folder."""

    reason: IgnoreReason
    detail: str


@dataclass(frozen=True, kw_only=True)
class ColumnsUnusable:
    """A file cannot be read by the columns that are known."""

    reason: RejectReason
    detail: str


ColumnsFound = TableSchema | ColumnsPending | ColumnsAbandoned | ColumnsUnusable


class ColumnSources:
    """Reads models through the lake and remembers each by its ETag."""

    def __init__(self, lake: Lake, clock: Clock, *, model_wait: timedelta) -> None:
        self._lake = lake
        self._clock = clock
        self._model_wait = model_wait  # how long a closed folder's model may lag (reference: Synapse Link, section 5)
        self._parsed: OrderedDict[tuple[str, str], tuple[str, datetime, Model]] = OrderedDict()

    def of(self, container: str, file: DataFile, *, fresh: bool = False, pending_since: datetime | None = None) -> ColumnsFound:
        """Return the columns of a data file; `fresh` asks the lake even for a model that was read a moment ago.

        `pending_since` is when the file was first told that its closed folder's model is pending. Unusable are the columns of
        an in-place export, of a table that no model knows, and of a model that stays unusable.
        """
        if file.folder:
            found = self._in_folder(container, file, file.folder, pending_since)
        else:
            found = self._in_root(container, file, fresh)
        if isinstance(found, TableSchema) and not found.tells_deletes:
            return ColumnsUnusable(
                reason="in_place_export",
                detail=f"the model of {file.table} has no column IsDelete, so this table is exported in place, without "
                "history; unlink it and link it again with 'Append only' on, or use incremental folders",
            )
        return found

    def written_now(self, container: str) -> TimeFolder | None:
        """Return the incremental folder that is being written; older ones are closed. None: there is none, or none told."""
        opened = self._lake.open(container, _CHANGELOG)
        return None if opened is None else parse_changelog(b"".join(opened.chunks))

    def _in_root(self, container: str, file: DataFile, fresh: bool) -> TableSchema | ColumnsPending:
        for path in (f"{_TRICKLE_FEED}/{file.table}-model.json", "model.json"):
            try:
                model = self._model(container, path, fresh=fresh)
            except ModelError:
                continue  # written at this moment, or stale: the other one may serve
            if model and file.table in model.tables:
                if model.sync_states.get(file.table) in _SYNCING:
                    return ColumnsPending(reason="initial_sync", detail=f"the initial sync of {file.table} is under way")
                return model.tables[file.table]
        return ColumnsPending(reason="model_missing", detail=f"no model names {file.table} yet")

    def _in_folder(self, container: str, file: DataFile, folder: TimeFolder, pending_since: datetime | None) -> ColumnsFound:
        written_now = self.written_now(container)
        if written_now is None or folder.at >= written_now.at:
            return ColumnsPending(reason="folder_open", detail=f"{folder.name} is still being written")
        # The folder that is written now moves on and on; what waits for a model must not wait for ever.
        since = min(written_now.at, pending_since or self._clock())
        lagging = self._clock() < since + self._model_wait
        pending = ColumnsPending(reason="model_pending", detail=f"{folder.name} is closed and its model.json is not there yet")
        unusable = ""
        try:
            model = self._model(container, f"{folder.name}/model.json")
            if model and file.table in model.tables:
                return model.tables[file.table]
            closed = model is not None
            if model and file.table in model.malformed:
                closed, unusable = False, f"is malformed for {file.table} ({model.malformed[file.table]})"
        except ModelTruncatedError:
            closed = True  # it is not sent again: the model of the table has to serve
        except ModelError as error:
            closed, unusable = False, error.problem
        for path in (
            f"{folder.name}/{_TRICKLE_FEED}/{file.table}-model.json",
            f"{_TRICKLE_FEED}/{file.table}-model.json",
        ):
            try:
                of_table = self._model(container, path)
            except ModelError:
                continue
            if closed and of_table and file.table in of_table.tables:
                return of_table.tables[file.table]
        if lagging:
            return pending
        if unusable:
            return ColumnsUnusable(
                reason="model_unusable",
                detail=f"{folder.name}/model.json {unusable}, long after the folder was closed; see what became of the export, "
                "then reprocess with status=rejected, or export the table again",
            )
        if not closed:
            return ColumnsAbandoned(
                reason="folder_abandoned",
                detail=f"{folder.name} was closed without a usable model.json; its rows come again in a later folder",
            )
        return ColumnsUnusable(
            reason="model_missing",
            detail=f"neither {folder.name}/model.json nor a model of its own names {file.table}",
        )

    def _model(self, container: str, path: str, *, fresh: bool = False) -> Model | None:
        known = self._parsed.get((container, path))
        if known and not fresh and self._clock() - known[1] < _TRUSTED_FOR:
            return known[2]
        blob = self._lake.head(container, path)
        if blob is None:
            return None
        if known is None or known[0] != blob.etag:
            data = b"".join(self._lake.read(container, path, if_match=blob.etag))
            known = (blob.etag, self._clock(), parse_model(data, f"{container}/{path}"))
        self._parsed[container, path] = (known[0], self._clock(), known[2])
        self._parsed.move_to_end((container, path))
        while len(self._parsed) > 1 and sum(_columns(model) for _, _, model in self._parsed.values()) > _MOST_COLUMNS:
            self._parsed.popitem(last=False)  # an incremental export brings a model every hour, for ever
        return known[2]


def _columns(model: Model) -> int:
    return 100 + sum(schema.width for schema in model.tables.values())
