"""The lake in Azure Blob Storage (or ADLS Gen2 through its blob endpoint), over azure-storage-blob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import (
    AzureError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobServiceClient

from shared.adapters.connecting import patient
from shared.errors import LandedFileChanged, ServiceUnavailable
from shared.ports import BlobVersion, Opened

_CHUNK = 4 << 20  # bytes per request while streaming: what stays in memory of a file of any size


class BlobLake:
    """Blob storage behind the lake port."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service

    def head(self, container: str, path: str) -> BlobVersion | None:
        """See `Lake.head`."""
        try:
            return _version(self._service.get_blob_client(container, path).get_blob_properties())
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise _unavailable(error) from error

    def read(
        self, container: str, path: str, *, start: int = 0, end: int | None = None, if_match: str | None = None
    ) -> Iterator[bytes]:
        """See `Lake.read`; every range request carries the condition, so a change in between is seen."""
        if end is not None and end <= start:
            return
        options: dict[str, Any] = {"max_concurrency": 1}
        if if_match is not None:
            options |= {"etag": f'"{if_match}"', "match_condition": MatchConditions.IfNotModified}
        if start or end is not None:  # an empty blob has no range, not even the whole one
            options |= {"offset": start, "length": None if end is None else end - start}
        try:
            stream = self._service.get_blob_client(container, path).download_blob(**options)
            yield from stream.chunks()
        except (ResourceModifiedError, ResourceNotFoundError) as error:
            raise LandedFileChanged(f"{container}/{path}", if_match or "any") from error
        except AzureError as error:
            if getattr(error, "status_code", None) == 416:  # the file is shorter than the range: it was written anew
                raise LandedFileChanged(f"{container}/{path}", if_match or "any") from error
            raise _unavailable(error) from error

    def open(self, container: str, path: str, *, start: int = 0, unless: str = "") -> Opened | None:
        """See `Lake.open`; the SDK makes every further range request conditional on the version of the first."""
        conditions: dict[str, Any] = {}
        if unless:
            conditions = {"etag": f'"{unless}"', "match_condition": MatchConditions.IfModified}
        client = self._service.get_blob_client(container, path)
        try:
            stream = client.download_blob(offset=start, length=None, max_concurrency=1, **conditions)
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            status = getattr(error, "status_code", None)
            if status == 304:
                return None
            if status != 416:
                raise _unavailable(error) from error
            blob = self.head(container, path)  # nothing at or behind `start`
            return Opened(blob=blob, chunks=iter(())) if blob and blob.etag != unless else None
        blob = replace(_version(stream.properties, metadata={}), size=start + stream.size)
        return Opened(blob=blob, chunks=self._chunks(blob, stream))

    def _chunks(self, blob: BlobVersion, stream: Any) -> Iterator[bytes]:
        try:
            yield from stream.chunks()
        except (ResourceModifiedError, ResourceNotFoundError) as error:
            raise LandedFileChanged(f"{blob.container}/{blob.path}", blob.etag) from error
        except AzureError as error:
            if getattr(error, "status_code", None) == 416:
                raise LandedFileChanged(f"{blob.container}/{blob.path}", blob.etag) from error
            raise _unavailable(error) from error

    def create(self, container: str, path: str, data: bytes, *, metadata: Mapping[str, str] | None = None) -> bool:
        """See `Lake.create`."""
        try:
            self._service.get_blob_client(container, path).upload_blob(
                data, overwrite=False, metadata=dict(metadata or {}), length=len(data)
            )
        except ResourceExistsError:
            return False
        except AzureError as error:
            raise _unavailable(error) from error
        return True

    def replace(self, container: str, path: str, data: bytes, *, if_match: str | None) -> bool:
        """See `Lake.replace`."""
        if if_match is None:
            return self.create(container, path, data)
        try:
            self._service.get_blob_client(container, path).upload_blob(
                data,
                overwrite=True,
                length=len(data),
                etag=f'"{if_match}"',
                match_condition=MatchConditions.IfNotModified,
            )
        except (ResourceModifiedError, ResourceNotFoundError):
            return False
        except AzureError as error:
            raise _unavailable(error) from error
        return True

    def delete(self, container: str, path: str) -> None:
        """See `Lake.delete`."""
        try:
            self._service.get_blob_client(container, path).delete_blob()
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise _unavailable(error) from error

    def list(self, container: str, prefix: str = "") -> Iterator[BlobVersion]:
        """See `Lake.list`; folders, which an account with a hierarchical namespace lists as empty blobs, are left out."""
        try:
            for blob in self._service.get_container_client(container).list_blobs(
                name_starts_with=prefix or None, include=["metadata"]
            ):
                if (blob.metadata or {}).get("hdi_isfolder") != "true":
                    yield _version(blob, metadata={})
        except ResourceNotFoundError:
            return
        except AzureError as error:
            raise _unavailable(error) from error


def blob_service(connection: str | tuple[str, Any]) -> BlobServiceClient:
    """Make the client from a connection string, or from an endpoint and a credential; small parts, few retries."""
    options = patient() | {"max_single_get_size": _CHUNK, "max_chunk_get_size": _CHUNK}
    if isinstance(connection, str):
        return BlobServiceClient.from_connection_string(connection, **options)
    endpoint, credential = connection
    return BlobServiceClient(endpoint, credential=credential, **options)


def _version(blob: Any, *, metadata: Mapping[str, str] | None = None) -> BlobVersion:
    return BlobVersion(
        container=blob.container,
        path=blob.name,
        etag=blob.etag.strip('"'),
        size=blob.size,
        created_at=_utc(blob.creation_time or blob.last_modified),
        modified_at=_utc(blob.last_modified),
        content_md5=bytes(blob.content_settings.content_md5 or b"").hex(),
        is_append_blob=str(getattr(blob.blob_type, "value", blob.blob_type)) == "AppendBlob",
        metadata=dict(blob.metadata or {}) if metadata is None else metadata,
    )


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _unavailable(error: AzureError) -> ServiceUnavailable:
    code = getattr(error, "error_code", None) or getattr(error, "status_code", None) or type(error).__name__
    return ServiceUnavailable("blob storage", str(code))
