"""What a landing event causes besides taking the file: a hint, and which one."""

from __future__ import annotations

from tests.pipeline import CONTACT, DATAVERSE, MODEL, Pipeline, contact, model


def test_a_file_that_is_taken_asks_for_a_dispatch_after_the_quiet_time_and_a_model_for_a_look_at_what_waited() -> None:
    pipeline = Pipeline()
    pipeline.land(DATAVERSE, MODEL, model(*CONTACT))
    assert pipeline.hints.sent == [("look", 1)]
    pipeline.land(DATAVERSE, "contact/2024.csv", contact(1))
    assert pipeline.hints.sent[1:] == [("dispatch", 10.0)]


def test_a_blob_outside_of_landing_is_nobody_s() -> None:
    pipeline = Pipeline()
    assert pipeline.context.landing("bronze", "contact/2024.csv") is None
    assert pipeline.hints.sent == []
