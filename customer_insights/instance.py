"""One instance of Customer Insights, over HTTP: its configuration, and the rows of its tables.

Calls and documents are those of Microsoft's client (reference: Insights, section 4); whether an instance still accepts writes
is documented nowhere. Where it is, and by which key and token it is reached, is said by the app settings of the functions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from customer_insights.configuration.documents import Document, Kind
from customer_insights.errors import TableMissing, TooManyRows
from customer_insights.verification.tables import Tables
from shared.adapters.customer_insights_http import CustomerInsightsHttp, StaticToken
from shared.errors import ServiceRefused, SettingsInvalid

_PAGE = 100  # rows; more are not given at once (reference: Customer Insights, section 7)


class Instance:
    """What is asked of one instance; raises `ServiceRefused` and `ServiceUnavailable`."""

    def __init__(self, http: CustomerInsightsHttp) -> None:
        self._http = http

    def documents(self, kind: Kind) -> list[Document]:
        """See `Configured.documents`."""
        return list(self._http.send("GET", f"manage/{kind}") or [])

    def create(self, kind: Kind, document: Document) -> None:
        """See `Configured.create`."""
        self._http.send("POST", f"manage/{kind}", document)

    def update(self, kind: Kind, name: str, document: Document) -> None:
        """See `Configured.update`."""
        self._http.send("PUT", _place(kind, name), document)

    def switch(self, name: str, *, active: bool) -> None:
        """See `Configured.switch`."""
        self._http.send("PUT", f"{_place('segments', name)}/{'activate' if active else 'deactivate'}")

    def delete(self, kind: Kind, name: str) -> None:
        """See `Configured.delete`."""
        self._http.send("DELETE", _place(kind, name))

    def tables(self, *, most: int) -> Tables:
        """Return the tables of the instance, each of so many rows at most."""

        def rows(table: str) -> list[Mapping[str, Any]]:
            try:
                return list(self.rows(table, most=most))
            except ServiceRefused as error:
                if error.reason != "404":
                    raise
                raise TableMissing(table, "the instance") from error

        return rows

    def rows(self, table: str, *, most: int) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a table, page by page; raises `TooManyRows` where they are more than that.

        How far a page reached is counted, not assumed: an instance may give fewer rows at once than it was asked for, and says
        by a link that there are more. The link itself is not followed, for the key would go wherever it leads.
        """
        start, more = 0, True
        while more:
            query = urlencode({"$top": _PAGE, "$skip": start, "$orderby": "CustomerId"})
            answer = self._http.send("GET", f"data/{quote(table, safe='')}?{query}")
            page = answer.get("value") or []
            start += len(page)
            if start > most:
                raise TooManyRows(table, most)
            yield from page
            more = len(page) == _PAGE or (bool(page) and "@odata.nextLink" in answer)


def open_instance(environment: Mapping[str, str] = os.environ) -> Instance:
    """Return the instance that the environment names; raises `SettingsInvalid`."""

    def told(name: str) -> str:
        value = environment.get(f"CUSTOMER_INSIGHTS_{name}", "").strip()
        if not value:
            raise SettingsInvalid(f"CUSTOMER_INSIGHTS_{name}", "a value, as the functions have it", where="environment")
        return value

    token = environment.get("CUSTOMER_INSIGHTS_TOKEN", "").strip()
    return Instance(
        CustomerInsightsHttp(
            root=told("ROOT"),
            instance_id=told("INSTANCE_ID"),
            subscription_key=told("SUBSCRIPTION_KEY"),
            credential=StaticToken(token) if token else _credential(),
        )
    )


def _credential() -> Any:
    from azure.identity import DefaultAzureCredential  # takes a second, and a token needs none of it

    return DefaultAzureCredential()


def _place(kind: Kind, name: str) -> str:
    return f"manage/{kind}/{quote(name, safe='')}"
