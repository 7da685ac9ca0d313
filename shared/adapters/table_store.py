"""The ledger's tables in Azure Table Storage, over azure-data-tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, cast

from azure.core import MatchConditions
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import (
    EdmType,
    EntityProperty,
    TableClient,
    TableServiceClient,
    UpdateMode,
)

from shared.adapters.connecting import patient
from shared.adapters.table_limits import check
from shared.adapters.table_transaction import TableTransactions, TransactionRefusedError
from shared.errors import LedgerChanged, ServiceRefused, ServiceUnavailable
from shared.ports import Row, Value, Write

_PASSING = {408, 429}  # too slow, too often: what time mends
_CONFLICTS = {404, 409, 412}  # gone, exists, changed: somebody else was faster


class TableStore:
    """One table behind the tables port; made when it is first needed."""

    def __init__(self, service: TableServiceClient, table: str) -> None:
        self._service = service
        self._table = table
        self._client: TableClient | None = None
        self._transactions = TableTransactions(service)

    def get(self, partition: str, key: str) -> Row | None:
        """See `Tables.get`."""
        try:
            return _row(self._ready().get_entity(partition, key))
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise _unavailable(error) from error

    def range(self, partition: str, start: str, end: str, *, at_once: int = 1000) -> Iterator[Row]:
        """See `Tables.range`; 1,000 rows at a time is what the service gives at most."""
        query = "PartitionKey eq @partition and RowKey ge @start and RowKey lt @end"
        parameters = {"partition": partition, "start": start, "end": end}
        try:
            for wire in self._ready().query_entities(query, parameters=parameters, results_per_page=at_once):
                yield _row(wire)
        except AzureError as error:
            raise _unavailable(error) from error

    def commit(self, partition: str, writes: Iterable[Write]) -> None:
        """See `Tables.commit`; a transaction of one is sent as the single call it is."""
        writes = list(writes)
        check(partition, writes)
        try:
            if len(writes) == 1:
                self._one(partition, writes[0])
            else:
                self._ready()
                self._transactions.send(self._table, partition, writes)
        except TransactionRefusedError as error:
            if error.status in _CONFLICTS:
                raise LedgerChanged(partition, writes[min(error.index, len(writes) - 1)].key) from error
            raise _told(error.status, str(error.status)) from error
        except HttpResponseError as error:
            if error.status_code in _CONFLICTS:
                raise LedgerChanged(partition, writes[0].key) from error
            raise _unavailable(error) from error
        except AzureError as error:
            raise _unavailable(error) from error

    def _one(self, partition: str, write: Write) -> None:
        client, wire = self._ready(), _wire(partition, write)
        if write.kind == "insert":
            client.create_entity(wire)
        elif write.kind == "upsert":
            client.upsert_entity(wire, mode=UpdateMode.REPLACE)
        elif write.kind == "replace":
            client.update_entity(wire, mode=UpdateMode.REPLACE, **_if_match(write))
        else:
            client.delete_entity(partition, write.key, **(_if_match(write) if write.etag else {}))

    def _ready(self) -> TableClient:
        if self._client is None:
            try:
                self._service.create_table_if_not_exists(self._table)
            except ResourceExistsError:
                pass  # somebody else made it in the same moment
            except AzureError as error:
                raise _unavailable(error) from error
            self._client = self._service.get_table_client(self._table)
        return self._client


def table_service(connection: str | tuple[str, Any]) -> TableServiceClient:
    """Make the client from a connection string, or from an endpoint and a credential."""
    if isinstance(connection, str):
        return TableServiceClient.from_connection_string(connection, **patient())
    endpoint, credential = connection
    return TableServiceClient(endpoint=endpoint, credential=credential, **patient())


def _if_match(write: Write) -> dict[str, Any]:
    return {"etag": write.etag, "match_condition": MatchConditions.IfNotModified}


def _wire(partition: str, write: Write) -> dict[str, Any]:
    wire: dict[str, Any] = {"PartitionKey": partition, "RowKey": write.key}
    for name, value in write.values.items():
        # The service's plain int is of 32 bits; offsets and run ids are not.
        is_int = isinstance(value, int) and not isinstance(value, bool)
        wire[name] = EntityProperty(value, EdmType.INT64) if is_int else value
    return wire


def _row(wire: Any) -> Row:
    values = {name: _value(value) for name, value in wire.items() if name not in {"PartitionKey", "RowKey"}}
    return Row(partition=wire["PartitionKey"], key=wire["RowKey"], values=values, etag=cast(str, wire.metadata["etag"]))


def _value(value: Any) -> Value:
    if isinstance(value, EntityProperty):
        return cast(Value, value.value)
    if isinstance(value, datetime):  # the SDK's subclass keeps a seventh digit that nobody needs
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return datetime.fromtimestamp(aware.timestamp(), UTC)
    return cast(Value, value)


def _unavailable(error: AzureError) -> ServiceUnavailable | ServiceRefused:
    status = getattr(error, "status_code", None)
    code = getattr(error, "error_code", None) or status or type(error).__name__
    return _told(status, str(code))


def _told(status: int | None, code: str) -> ServiceUnavailable | ServiceRefused:
    """Tell what a person has to mend (no permission, too large, not valid) from what time mends."""
    if status is not None and 400 <= status < 500 and status not in _PASSING:
        return ServiceRefused("table storage", code, f"status {status}")
    return ServiceUnavailable("table storage", code)
