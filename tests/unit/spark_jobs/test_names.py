"""Names and texts in SQL: none is ever spelled so that Spark replaces a part of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from spark_jobs.errors import LakeAddressError, ModelError
from spark_jobs.gold.models.header import parse_model
from spark_jobs.lake import Lake
from spark_jobs.names import literal, quoted, spelled

SUBSTITUTED = [
    "${env:HOME}",
    "${system:java.home}",
    "${spark.app.id}",
    "a$${b}",
    "\\${env:X}",
    "'${env:X}'",
    "`${env:X}`",
    "${",
]


@pytest.mark.parametrize("text", SUBSTITUTED)
def test_nothing_is_spelled_as_spark_would_replace_it(text: str) -> None:
    assert "${" not in quoted(text)
    assert "${" not in literal(text)


def test_distinct_names_stay_distinct() -> None:
    names = ["${", "$\ue000{", "$\ue000\ue000{", "$ {", "${env:a}", "$\ue000{env:a}", "plain", "a`b"]
    assert len({spelled(name) for name in names}) == len(names)
    assert spelled("plain name (EUR) $5") == "plain name (EUR) $5"


def test_a_text_without_it_is_spelled_as_ever() -> None:
    assert literal("it's $5 {x}") == "'it\\'s $5 {x}'"
    assert quoted("a`b") == "`a``b`"


def test_neither_a_lake_nor_a_model_may_hold_it() -> None:
    with pytest.raises(LakeAddressError):
        Lake(SimpleNamespace(), "/lake/${env:HOME}/{container}")  # type: ignore[arg-type] # nothing here asks Spark
    text = '/*\nprimary_key = "a"\n[inputs.a]\ncolumns = { a = "string" }\n*/\nselect a,\n  \'${env:HOME}\' as b from a'
    with pytest.raises(ModelError) as caught:
        parse_model("leaky", text)
    assert caught.value.line == 7
