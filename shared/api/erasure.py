"""Requests to erase, and what became of them: what `/api/erasure` takes and answers. No answer holds a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from shared.api.documents import Count, Document, Time, time_text
from shared.api.reprocess import RequestInvalid, Text
from shared.config.mistakes import mistakes
from shared.errors import shown
from shared.ledger.records import Erasure
from shared.ledger.states import ErasureState
from shared.orchestration.erasure.landing_files import LandingFile
from shared.orchestration.erasure.request import ErasureRequest

_MOST_FILES = 100  # that an answer names
_MOST_KEYS = 32  # texts of one key


class ErasureBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to erase, as a client asks for it; the key is hashed at once, and kept nowhere."""

    table: Annotated[Text, Meta(description="needed; as landed, or as silver calls it")] = ""
    key: Annotated[
        Text | tuple[Text, ...], Meta(description="needed; as silver holds it, a list where the table has several key columns")
    ] = ""
    dry_run: Annotated[bool, Meta(description="search only: the answer tells how much there is")] = False
    request_id: Text = ""


class ErasureDocument(Document, frozen=True, kw_only=True):
    """How far an erasure is, and in the end its receipt: counts and places only."""

    erasure_id: str
    state: ErasureState
    dry_run: bool
    table: str
    entity: str
    searches: Count
    silver_rows: Count  # taken out of silver, of its whole history
    silver_rejects: Count
    bronze_parts: Count  # written anew without it
    bronze_records: Count
    landing_files: Count  # that would bring it back
    files: tuple[str, ...]  # of them, the first hundred
    batch: str  # of the newest search
    kept_until: Time | None  # when nothing of the lake's own holds it any more: old files of silver, old publications
    created_at: Time
    ended_at: Time | None
    detail: str | None
    progress: str


def read_erasure(document: Mapping[str, Any]) -> ErasureRequest:
    """Read a request; raises `RequestInvalid`, which never tells the key."""
    for mistake in mistakes(document, ErasureBody):
        raise RequestInvalid(".".join(mistake.place)[:50], mistake.problem)
    body = msgspec.convert(document, ErasureBody)
    key = (body.key,) if isinstance(body.key, str) else body.key
    if not 0 < len(key) <= _MOST_KEYS or not all(text.strip() for text in key):
        raise RequestInvalid("key", "expected the text of each key column, and none of them empty")
    if not body.table:
        raise RequestInvalid("table", "expected the name of a table")
    return ErasureRequest(table=body.table, key=key, dry_run=body.dry_run, request_id=body.request_id)


def erasure_document(erasure: Erasure, files: Sequence[LandingFile] = ()) -> ErasureDocument:
    """Return what the API says of an erasure, with the files in landing that would bring back what is erased."""
    return ErasureDocument(
        erasure_id=erasure.erasure_id,
        state=erasure.state,
        dry_run=erasure.dry_run,
        table=erasure.table,
        entity=erasure.entity,
        searches=erasure.searches,
        silver_rows=erasure.silver,
        silver_rejects=erasure.rejected,
        bronze_parts=erasure.parts,
        bronze_records=erasure.records,
        landing_files=len(files) or erasure.files,
        files=tuple(shown(f"{file.container}/{file.path}") for file in files[:_MOST_FILES]),
        batch=erasure.batch,
        kept_until=time_text(erasure.kept_until),
        created_at=time_text(erasure.created_at),
        ended_at=time_text(erasure.ended_at),
        detail=erasure.detail or None,
        progress=f"/api/erasure/{erasure.erasure_id}",
    )
