"""Which parts a batch is made of is written once: whoever lists it again has what was listed first."""

from __future__ import annotations

from tests.pipeline import Pipeline, contact


def test_a_host_that_lists_a_batch_second_goes_on_with_what_the_first_one_listed() -> None:
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1))
    pipeline.tick(11)
    (batch,) = pipeline.context.ledger.batches()
    listed = pipeline.fresh_context().reconcile.dispatch.listing.list(batch, [])
    assert [part.source_path for part in listed.parts] == ["contact/2024.csv"]


def test_a_manifest_says_how_many_bytes_landed_so_that_the_job_need_not_weigh_them() -> None:
    pipeline = Pipeline()
    landed = contact(1) + contact(2)
    pipeline.land_contacts(landed)
    pipeline.tick(11)
    (batch,) = pipeline.context.ledger.batches()
    listed = pipeline.fresh_context().reconcile.dispatch.listing.list(batch, [])
    assert [part.bytes for part in listed.parts] == [len(landed)]
