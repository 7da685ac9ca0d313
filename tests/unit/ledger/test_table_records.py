"""What the tables hold after a batch, as it is written down when the batch is concluded."""

from __future__ import annotations

from shared.ledger.records import Batch
from shared.ledger.table_records import LakeTable, concluded
from tests.contracts import AT, make_counts, make_outcome


def test_a_table_that_a_cut_off_conclusion_wrote_down_stays_and_the_others_follow() -> None:
    batch = Batch(batch_id="b0001", created_at=AT)
    outcome = make_outcome(entities={"account": make_counts(applied=1), "contact": make_counts(applied=2)})
    written = LakeTable(layer="silver", name="account", batch_id=batch.batch_id, at=AT, rows=1)
    (followed,) = concluded([written], batch, outcome, (), AT)
    assert (followed.name, followed.rows, followed.batch_id) == ("contact", 2, batch.batch_id)
