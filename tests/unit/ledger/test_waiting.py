"""What waits, as one look at the rows of the ledger tells it."""

from __future__ import annotations

import pytest

from shared.ledger.waiting import PREFIX, backlog_of
from shared.ports import Row
from tests.pipeline import DATAVERSE


def waiting_file(number: int, reason: str) -> Row:
    values = {"path": f"contact/{number}.csv", "reason": reason}
    return Row(partition=f"files-{DATAVERSE}", key=f"{PREFIX}file-{number}", values=values)


def test_a_file_that_its_exporter_still_writes_is_told_apart_from_one_that_waits_for_us() -> None:
    found = backlog_of({DATAVERSE: [waiting_file(1, "folder_open"), waiting_file(2, "model_missing")]}, ())
    assert (len(found.files), found.exported) == (2, 1)


@pytest.mark.parametrize(("most", "has_more"), [(1, True), (2, False)])
def test_a_look_says_whether_more_waits_than_it_was_to_look_at(most: int, has_more: bool) -> None:
    rows = [waiting_file(1, "folder_open"), waiting_file(2, "folder_open")]
    batches = [Row(partition="pipeline", key=f"{PREFIX}batch-{number}", values={}) for number in (1, 2)]
    assert backlog_of({DATAVERSE: rows}, (), most).has_more is has_more
    assert backlog_of({}, batches, most).has_more is has_more
