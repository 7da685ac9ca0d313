"""What `docs/finance.md` shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.config.tables import read_configuration
from shared.config.vocabulary import DataSet
from tests.pipeline import FINANCE, Pipeline

PAGE = (Path(__file__).parents[3] / "docs" / "finance.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"\*\*`(\S+)`\*\* → `(\w+)`(?:, told: `(.*?)`)?\n\n```\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """A pipeline in which the files of the page landed, in their order."""
    pipeline = Pipeline()
    for path, _, _, content in SHOWN:
        pipeline.land(FINANCE, path, content.encode())
    return pipeline


@pytest.mark.parametrize(("path", "state", "told", "content"), SHOWN, ids=[path for path, *_ in SHOWN])
def test_each_file_of_the_page_comes_to_what_the_page_says(
    pipeline: Pipeline, path: str, state: str, told: str, content: str
) -> None:
    record = pipeline.context.ledger.file(FINANCE, path).record
    assert record.state == state
    assert told in f"{record.reason}: {record.detail}"
    assert bool(record.detail) == bool(told)


def test_the_toml_of_the_page_is_what_the_refusal_says_and_lets_the_file_in(pipeline: Pipeline) -> None:
    path, _, _, content = next(one for one in SHOWN if one[2] == "contract_broken")
    (toml,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert pipeline.context.ledger.file(FINANCE, path).record.detail.endswith(toml)
    pipeline.start()
    pipeline.context.replace(configuration=read_configuration(toml))
    pipeline.land(FINANCE, path, content.encode())
    assert pipeline.context.ledger.file(FINANCE, path).record.state == "ingested"


def test_every_key_of_the_page_is_one_that_can_be_said() -> None:
    table = PAGE.partition("## What can be said")[2]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert len(named) > 10
    assert named <= set(DataSet.__struct_fields__)
