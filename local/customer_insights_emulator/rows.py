"""Rows of the instance's tables as OData pages (ODataEntityPayload; reference: Insights, section 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.customer_insights_emulator.errors import NOT_EMULATED, InvalidError, MissingError
from local.emulation.errors import NotEmulatedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST = 100
"""Rows of a page (reference: Customer Insights, section 7)."""
_KNOWN = frozenset({"$top", "$skip", "$orderby", "$select"})


def page(table: str, rows: Sequence[Mapping[str, Any]] | None, query: Mapping[str, str]) -> dict[str, Any]:
    """Return a page of a table; NotEmulatedError for another query than by position, order and columns."""
    if rows is None:
        raise MissingError("entityNotFound")
    others = sorted(set(query) - _KNOWN)
    if others:
        raise NotEmulatedError(f"{', '.join(others)} of OData is not emulated.", error_code=NOT_EMULATED)
    order = query.get("$orderby")
    if order is not None:
        if any(order not in row for row in rows):
            raise InvalidError("badRequest", f"There is no column {order}.")
        rows = sorted(rows, key=lambda row: str(row[order]))
    start, top = _number(query, "$skip", 0), min(_number(query, "$top", MOST), MOST)
    names = [name.strip() for name in query.get("$select", "").split(",") if name.strip()]
    value = [{name: row.get(name) for name in names} if names else dict(row) for row in rows[start : start + top]]
    return {"@odata.context": f"$metadata#{table}", "value": value}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not text.isdigit():
        raise InvalidError("badRequest", f"{name} is a whole number.")
    return int(text)
