"""Several changes of one partition in one call: the entity group transactions of Table Storage, over azure-core's pipeline.

azure-data-tables has them too. Through it, one of six changes costs the client three times the processor time (7.7 against
2.5 ms, `benchmarks/README.md`): it runs a pipeline over each change, starts two thread pools, and reads the answer as an
e-mail. A landed file is one transaction, so that was half of what a small file costs. See `docs/adr/`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from azure.core import PipelineClient
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import (
    AzureSasCredentialPolicy,
    BearerTokenCredentialPolicy,
    CustomHookPolicy,
    DistributedTracingPolicy,
    HeadersPolicy,
    HttpLoggingPolicy,
    ProxyPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import HttpRequest

from shared.adapters.connecting import patient
from shared.errors import Internal

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest
    from azure.data.tables import TableServiceClient

    from shared.ports import Value, Write

_SCOPE = "https://storage.azure.com/.default"
_VERSION = {"x-ms-version": "2019-02-02", "DataServiceVersion": "3.0", "MaxDataServiceVersion": "3.0;NetFx"}
_ACCEPTED = 202
_REFUSED = re.compile(r"^HTTP/1\.1 ([45]\d\d)", re.MULTILINE)
_INDEX = re.compile(r'"value"\s*:\s*"(\d+):')  # the answer's message begins with the number of the change


class TransactionRefusedError(Internal):
    """Nothing was written: the change at `index` got `status`."""

    def __init__(self, status: int, index: int) -> None:
        super().__init__(f"change {index} of the transaction: {status}")
        self.status = status
        self.index = index


class TableTransactions:
    """Sends transactions with the address and the credential of a table client."""

    def __init__(self, service: TableServiceClient) -> None:
        parts = urlsplit(service.url)
        self._root = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        query = f"?{parts.query}" if parts.query else ""  # a signature that came with the address
        self._url = f"{self._root}/$batch{query}"
        options = patient()
        self._client: PipelineClient[Any, Any] = PipelineClient(
            base_url=self._root,
            transport=options.pop("transport"),
            policies=[
                HeadersPolicy(_VERSION),
                UserAgentPolicy(sdk_moniker="customer360"),
                ProxyPolicy(),
                RetryPolicy(**options),
                _signed(service.credential),
                CustomHookPolicy(),
                DistributedTracingPolicy(),
                HttpLoggingPolicy(),
            ],
        )

    def send(self, table: str, partition: str, writes: Sequence[Write]) -> None:
        """Do all of them or none; raises `TransactionRefusedError`, or an `AzureError` where there was no such answer."""
        batch, content = _body(f"{self._root}/{table}", partition, writes)
        headers = {"Content-Type": f"multipart/mixed; boundary={batch}", "Accept": "application/json"}
        response = self._client.send_request(HttpRequest("POST", self._url, headers=headers, content=content))
        if response.status_code != _ACCEPTED:
            raise HttpResponseError(response=response)
        answer = response.text()
        if refused := _REFUSED.search(answer):
            index = _INDEX.search(answer, refused.end())
            raise TransactionRefusedError(int(refused[1]), int(index[1]) if index else 0)


class _SharedKeyLite(SansIOHTTPPolicy[Any, Any]):
    """Signs with the account's key (learn.microsoft.com: Authorize with Shared Key, "Table service (Shared Key Lite)")."""

    def __init__(self, credential: AzureNamedKeyCredential) -> None:
        self._credential = credential

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Date and sign; each attempt anew."""
        name, key = self._credential.named_key
        now = formatdate(usegmt=True)
        signed = f"{now}\n/{name}{urlsplit(request.http_request.url).path}"
        signature = hmac.new(base64.b64decode(key), signed.encode(), hashlib.sha256).digest()
        headers = {"x-ms-date": now, "Authorization": f"SharedKeyLite {name}:{base64.b64encode(signature).decode()}"}
        request.http_request.headers.update(headers)


def _signed(credential: Any) -> Any:
    if isinstance(credential, AzureNamedKeyCredential):
        return _SharedKeyLite(credential)
    if isinstance(credential, AzureSasCredential):
        return AzureSasCredentialPolicy(credential)
    return BearerTokenCredentialPolicy(credential, _SCOPE) if credential else SansIOHTTPPolicy()


def _body(table: str, partition: str, writes: Sequence[Write]) -> tuple[str, bytes]:
    """Return the boundary and the bytes of the request (learn.microsoft.com: Performing entity group transactions)."""
    mark = uuid.uuid4().hex
    lines = [f"--batch_{mark}", f"Content-Type: multipart/mixed; boundary=changeset_{mark}", ""]
    for number, write in enumerate(writes):
        method, address = "POST", table
        if write.kind != "insert":
            method = "DELETE" if write.kind == "delete" else "PUT"
            address = f"{table}(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(write.key)}')"
        tag = write.etag or ("*" if write.kind == "delete" else "")  # without one, a PUT writes whether the row is there or not
        content = "" if write.kind == "delete" else json.dumps(_wire(partition, write))
        lines += [
            *(f"--changeset_{mark}", "Content-Type: application/http", "Content-Transfer-Encoding: binary"),
            *(f"Content-ID: {number}", "", f"{method} {address} HTTP/1.1", "DataServiceVersion: 3.0"),
            *("Accept: application/json;odata=minimalmetadata", "Prefer: return-no-content"),
            *([f"If-Match: {tag}"] if tag else []),
            *(["Content-Type: application/json", f"Content-Length: {len(content)}"] if content else []),
            *("", content),
        ]
    lines += [f"--changeset_{mark}--", f"--batch_{mark}--", ""]
    return f"batch_{mark}", "\r\n".join(lines).encode()


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")


def _wire(partition: str, write: Write) -> dict[str, Any]:
    """Write the row as JSON holds it: text and truth values speak for themselves, all else says its type."""
    wire: dict[str, Any] = {"PartitionKey": partition, "RowKey": write.key}
    for name, value in write.values.items():
        wire[name], kind = _typed(value)
        if kind:
            wire[f"{name}@odata.type"] = kind
    return wire


def _typed(value: Value) -> tuple[Any, str]:
    if isinstance(value, str | bool):
        return value, ""
    if isinstance(value, int):  # the service's plain int is of 32 bits; offsets and run ids are not
        return str(value), "Edm.Int64"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "Edm.DateTime"
    return value, "Edm.Double"
