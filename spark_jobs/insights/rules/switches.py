"""What Microsoft does not document, decided here and nowhere else; a preview says which of these its result depends on.

The calibration kit (`docs/customer-insights.md`) settles each against a real environment.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Switches:
    """One field for each open question; its default is what the documentation's own examples suggest."""

    #: What an edit distance is measured against, where two values differ in length. The documented example has the longer one.
    score_base: Literal["longer", "shorter"] = "longer"
    #: The score of a rule with several conditions.
    rule_score: Literal["lowest", "average"] = "lowest"
    #: Whether *Symbols* strips the space that stands between brackets in the documented list.
    space_is_symbol: bool = False
    #: Which of several rows of the first table a row of the second one takes, when a rule finds several of one score.
    several_found: Literal["smallest_key", "greatest_key"] = "smallest_key"
    #: How keys are compared where preferences tie (the greatest wins, which is documented).
    keys_compare: Literal["as_text", "as_number"] = "as_text"
    #: Whether a group of fields is taken from the first row that has any of them, or all of them.
    group_needs: Literal["any", "all"] = "any"

    def told(self) -> dict[str, str]:
        """Return each switch as it stands."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}
