"""`docs/security.md` says of rights what the templates give."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit.project.test_infrastructure import lake_rights

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
IDENTITIES = {
    "functions": "functionsPrincipalId",
    "Databricks connector": "connectorPrincipalId",
    "Event Grid topic": "topicPrincipalId",
    "Customer Insights": "readerPrincipalId",
    "deployer": "deployerPrincipalId",
}
RIGHTS = {"read": "Reader", "write": "Contributor"}


def test_the_table_of_identities_is_what_the_templates_give() -> None:
    table = PAGE.partition("| identity | container |")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    told = {(IDENTITIES[who], RIGHTS[right], container.strip("`").split()[0]) for who, container, right, _ in rows}
    assert told == lake_rights()


def test_every_test_that_shows_a_guard_is_there() -> None:
    threats = PAGE.partition("## Threats")[2]
    named = re.findall(r"`(tests/[\w/.]+)`", threats)
    assert len(named) > 10
    assert [place for place in named if not (ROOT / place).exists()] == []
