"""What a gold table depends on beside silver: where that changes, it is built anew."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from shared.contracts.manifest import GoldSettings
from spark_jobs.gold import build
from spark_jobs.gold.build import Build
from spark_jobs.gold.models.files import read_models
from tests.contracts import make_manifest
from tests.gold_folder import AT

_MODELS = {model.name: model for model in read_models()}


def digest(model: str, region: str | None = None) -> str:
    nothing: Any = SimpleNamespace()  # no Spark, and nothing of silver
    batch = make_manifest(gold=GoldSettings(phone_region=region))
    told = Build(spark=nothing, lake=nothing, batch=batch, model=_MODELS[model], publication="p", basis=nothing, at=AT)
    return told.digest


def test_a_table_with_telephone_numbers_depends_on_whose_numbers_lack_a_country_code_and_no_other_does() -> None:
    assert digest("customer") == digest("customer")
    assert len({digest("customer", region) for region in (None, "US", "DE")}) == 3
    assert digest("customer_finance", "US") == digest("customer_finance")


@pytest.mark.parametrize(("what", "tables"), [("edition", {"customer"}), ("FORM", {"customer", "customer_finance"})])
def test_a_table_depends_on_the_library_where_it_has_numbers_and_on_the_form_of_documents(
    what: str, tables: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: digest(name) for name in ("customer", "customer_finance")}
    monkeypatch.setattr(build, what, "3" if what == "FORM" else lambda: "10.0.0")
    assert {name for name, known in before.items() if digest(name) != known} == tables
