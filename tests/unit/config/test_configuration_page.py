"""The page of what may be set is made from the models, and says something of everything."""

from __future__ import annotations

import re

from shared.config.configuration_page import PAGE, page
from shared.config.schema import schema


def test_the_page_is_the_one_that_the_models_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m shared.config.configuration_page"


def test_every_setting_and_every_key_has_a_meaning() -> None:
    rows = [re.split(r"(?<!\\)\|", row)[1:-1] for row in page().splitlines() if row.startswith("| `")]
    assert [name for name, _, meaning in rows if not meaning.strip()] == []
    keys = {key for kind in schema()["$defs"].values() for key in kind["properties"]}
    sections = set(schema()["$defs"]["Configuration"]["properties"])
    assert keys - sections <= {name.strip(" `") for name, _, _ in rows}, "a section that the page does not have"
