"""A functions host that dies while files are being ingested loses nothing and doubles nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from local.lake.view import bronze_parts, gold
from local.sample.synapse_link import SERVICE, model, record

if TYPE_CHECKING:
    from local.stack.stack import Stack
    from tests.e2e.conftest import OutsideClient

pytestmark = pytest.mark.e2e

DATAVERSE, TABLE = "dataverse-contoso-sales", "contact"
COLUMNS = {"Id": "guid", "SinkModifiedOn": "dateTime", "fullname": "string", "versionnumber": "int64", "IsDelete": "boolean"}
FILES, ROWS = 24, 50
KILLED_AT = (1, 6, 14)  # parts written when the host dies: it is restarted each time, and dies in the midst of the rest


def contact(number: int) -> bytes:
    at = "11/23/2026 10:00:00 AM"
    values = {"Id": f"{number:08x}-0000-4000-8000-000000000000", "SinkModifiedOn": at, "versionnumber": str(number)}
    return record({**values, "fullname": f"Contact\n{number}"}, COLUMNS)


def parts_written(client: OutsideClient) -> int:
    blobs = client.service.get_container_client("bronze").list_blobs(name_starts_with=f"{DATAVERSE}/{TABLE}/")
    return sum(1 for _ in blobs)


def wait_for_parts(client: OutsideClient, count: int) -> int:
    until = time.monotonic() + 60
    while (written := parts_written(client)) < count:
        assert time.monotonic() < until, f"{written} of {count} parts after a minute"
        time.sleep(0.02)  # the machine is the host's, too
    return written


def test_a_host_that_is_killed_while_it_ingests_loses_and_doubles_nothing(stack: Stack, client: OutsideClient) -> None:
    """Design, section 3, rule 8: a crash at any instant, then a restart, reaches the same result as no crash."""
    client.drop(DATAVERSE, f"{SERVICE}/{TABLE}-model.json", model(TABLE, COLUMNS))
    for file in range(FILES):
        rows = b"".join(contact(number) for number in range(file * ROWS, (file + 1) * ROWS))
        client.drop(DATAVERSE, f"{TABLE}/2020_{file:03d}.csv", rows)
    for count in KILLED_AT:
        written = wait_for_parts(client, count)
        stack.kill("functions")
        assert written < FILES, "the host was done before it could be killed: land more"
        stack.start("functions")
        stack.ready("functions")
    client.wait_until_idle()

    records: dict[str, list[int]] = {}
    for part in bronze_parts(client.service):
        if part.file.startswith(f"{DATAVERSE}/{TABLE}/"):
            records.setdefault(part.file, []).extend(part.records)
    assert len(records) == FILES
    assert all(sorted(numbers) == list(range(1, ROWS + 1)) for numbers in records.values())

    ids = [row["contactid"] for row in gold(client.service, "contact")]
    assert len(ids) == len(set(ids)) == FILES * ROWS
