"""The schema by which editors check `customer360.toml` is the one that the app checks it with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from jsonschema_rs import Draft202012Validator

from shared.config.schema import SCHEMA, schema, spelled

_SHIPPED = (Path(__file__).parents[3] / "customer360.toml").read_text(encoding="utf-8")


def test_the_schema_that_is_checked_in_is_fresh() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == spelled(), "run `python -m shared.config.schema`"


def test_the_shipped_configuration_names_the_schema_and_fits_it() -> None:
    assert _SHIPPED.splitlines()[0] == f"#:schema ./{SCHEMA.name}"
    Draft202012Validator(schema()).validate(tomllib.loads(_SHIPPED))


@pytest.mark.parametrize(
    "text",
    [
        "[gould]",
        "[dataverse.tables.a]\nkeys = ['x']",
        "[finance.a]\nmode = 'replace'",
        "[finance.a.rules]\nb = { minimum = 0 }",
        "[finance.a.types]\nb = 'money'",
        "[finance.a]\nentity = '1st'",
    ],
)
def test_what_the_app_refuses_is_marked_in_the_editor(text: str) -> None:
    assert not Draft202012Validator(schema()).is_valid(tomllib.loads(text))
