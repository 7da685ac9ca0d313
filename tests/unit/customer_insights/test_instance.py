"""The rows of an instance's tables are fetched page by page, however many it gives at once."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from customer_insights.errors import TooManyRows
from customer_insights.instance import Instance
from shared.adapters.customer_insights_http import CustomerInsightsHttp


class Pages:
    """An instance with a table of so many rows, of which it gives `at_once`; with `links` it says that there are more."""

    def __init__(self, rows: int, *, at_once: int = 100, links: bool = False) -> None:
        self.ids = [f"c{number:04}" for number in range(rows)]
        self._at_once, self._links = at_once, links
        self.calls = 0

    def send(self, method: str, path: str) -> dict[str, Any]:
        self.calls += 1
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        start = int(asked["$skip"])
        end = start + min(int(asked["$top"]), self._at_once)
        link = {"@odata.nextLink": "https://elsewhere.example/"} if self._links and end < len(self.ids) else {}
        return {"value": [{"CustomerId": one} for one in self.ids[start:end]], **link}

    def fetched(self, most: int = 1000) -> list[str]:
        instance = Instance(cast("CustomerInsightsHttp", self))
        return [row["CustomerId"] for row in instance.rows("Customer", most=most)]


@pytest.mark.parametrize(
    ("pages", "calls"),
    [
        (Pages(0), 1),
        (Pages(99), 1),
        (Pages(100), 2),  # a full page says nothing of what comes
        (Pages(250), 3),
        (Pages(250, at_once=60, links=True), 5),  # fewer than were asked for, and a link
        (Pages(120, at_once=60, links=True), 2),
    ],
)
def test_every_row_is_fetched_once(pages: Pages, calls: int) -> None:
    found = pages.fetched()
    assert found == sorted(set(found)) == pages.ids
    assert pages.calls == calls


def test_a_table_that_is_too_long_is_refused() -> None:
    assert len(Pages(300).fetched(most=300)) == 300
    with pytest.raises(TooManyRows, match="more than 300 rows"):
        Pages(301).fetched(most=300)
