"""Who a transaction is signed by, and what a refused one says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.data.tables import TableServiceClient

from shared.adapters.table_transaction import TableTransactions
from shared.ports import Write

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

WRITES = [Write(kind="insert", key="a"), Write(kind="delete", key="b", etag="tag")]


class Credential:
    """What azure-identity gives, without Entra."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken("a-token", 2**31 - 1)


def sent_by(monkeypatch: pytest.MonkeyPatch, service: TableServiceClient) -> HttpRequest:
    sent: list[HttpRequest] = []

    def catch(_self: object, request: HttpRequest, **_options: Any) -> None:
        sent.append(request)
        raise ServiceRequestError("not sent: this is a test")

    monkeypatch.setattr("azure.core.pipeline.transport.RequestsTransport.send", catch)
    monkeypatch.setattr("shared.adapters.table_transaction.patient", lambda: {"retry_total": 0, "transport": None})
    with pytest.raises(ServiceRequestError):
        TableTransactions(service).send("ledger", "p", WRITES)
    return sent[0]


def test_a_managed_identity_signs_with_a_token_for_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    credential = Credential()
    request = sent_by(monkeypatch, TableServiceClient("https://lake.table.core.windows.net", credential=credential))
    assert request.url == "https://lake.table.core.windows.net/$batch"
    assert request.headers["Authorization"] == "Bearer a-token"
    assert credential.scopes == ["https://storage.azure.com/.default"]


def test_the_key_signs_and_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    key = "c2VjcmV0LWtleS1vZi1hbi1hY2NvdW50"
    connection = f"DefaultEndpointsProtocol=https;AccountName=lake;AccountKey={key};EndpointSuffix=core.windows.net"
    request = sent_by(monkeypatch, TableServiceClient.from_connection_string(connection))
    assert request.headers["Authorization"].startswith("SharedKeyLite lake:")
    assert key not in str(dict(request.headers))


def test_a_delete_is_guarded_by_its_tag_and_an_insert_by_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    request = sent_by(monkeypatch, TableServiceClient("https://lake.table.core.windows.net", credential=Credential()))
    insert, delete = bytes(request.content).decode().split("--changeset_")[1:3]
    assert "POST https://lake.table.core.windows.net/ledger HTTP/1.1" in insert
    assert "If-Match" not in insert
    assert "DELETE https://lake.table.core.windows.net/ledger(PartitionKey='p',RowKey='b') HTTP/1.1" in delete
    assert "If-Match: tag" in delete


@pytest.mark.azurite
def test_an_answer_that_is_no_transaction_is_an_error_of_the_service(azurite: str) -> None:
    wrong = azurite.replace("AccountKey=", "AccountKey=AAAA")
    with pytest.raises(HttpResponseError) as raised:
        TableTransactions(TableServiceClient.from_connection_string(wrong)).send("ledger", "p", WRITES)
    assert raised.value.status_code == 403
