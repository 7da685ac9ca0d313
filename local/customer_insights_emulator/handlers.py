"""The calls of the API: each answers with a document, or raises an ApiError.

Reference: Customer Insights, section 7; Insights, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.customer_insights_emulator.documents import refresh_document
from local.customer_insights_emulator.errors import InvalidError, MissingError
from local.customer_insights_emulator.rows import page
from local.emulation.errors import NotEmulatedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from local.customer_insights_emulator.configuration import Configuration
    from local.customer_insights_emulator.state import Refreshes

INGESTION, ALL = "ingestion", "all"
BAD_OPERATION = "invalidJobOperationType"

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance of Customer Insights with one data source: our gold."""

    instance_id: str
    source_id: str
    subscription_key: str = field(repr=False)


class CustomerInsights:
    """What one instance answers."""

    def __init__(
        self,
        *,
        instance: Instance,
        refreshes: Refreshes,
        configuration: Configuration,
        tables: Callable[[str], Sequence[Mapping[str, Any]] | None],
    ) -> None:
        self._instance, self._refreshes, self._tables = instance, refreshes, tables
        self.configuration = configuration

    def list_sources(self) -> list[Document]:
        """GET manage/datasources."""
        return [{"friendlyName": "Gold", "dataSourceId": self._instance.source_id}]

    def list_rows(self, table: str, query: Mapping[str, str]) -> Document:
        """GET data/<table>."""
        return page(table, self._tables(table), query)

    def list_jobs(self, *, top: int, tasks: bool) -> list[Document]:
        """GET workflows/<name>/jobs, newest first."""
        return [refresh_document(refresh, tasks=tasks) for refresh in self._refreshes.all()[:top]]

    def get_job(self, job_id: str, *, tasks: bool) -> Document:
        """GET workflows/<name>/jobs/<id>; without `includeTasks` nobody learns why it failed."""
        refresh = self._refreshes.get(job_id)
        if refresh is None:
            raise MissingError("graphJobNotFound")
        return refresh_document(refresh, tasks=tasks)

    def refresh(self, operation: str, sources: Collection[str]) -> Document:
        """POST workflows/<name>/jobs: one data source, or everything."""
        if not operation:
            raise InvalidError(BAD_OPERATION)
        if operation not in {INGESTION, ALL}:  # the real one knows more
            raise NotEmulatedError(f"A refresh of {operation} is not emulated.", error_code=BAD_OPERATION)
        if (operation == INGESTION) != bool(sources):
            raise InvalidError("invalidJobIdentifiers")
        if set(sources) - {self._instance.source_id}:
            raise MissingError("dataSourceNotFound")
        return refresh_document(self._refreshes.submit(operation, tuple(sources)))
