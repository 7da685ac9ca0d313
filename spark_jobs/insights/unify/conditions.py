"""Conditions as SQL: when two values agree, and how much.

Scores are whole per cents and are compared in integers, since a fraction of floats rounds one way or the other: of all lengths
up to 60, 33 combinations of length and distance would be decided wrongly. Reference: Customer Insights, section 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from spark_jobs.insights.rules.switches import Switches


def allowed(percent: int, one: str, other: str, switches: Switches) -> str:
    """Return how many edits two values may be apart, as a whole number."""
    return f"cast({_base(one, other, switches)} * {100 - percent} div 100 as int)"


def holds(percent: int, one: str, other: str, switches: Switches) -> str:
    """Return the SQL that says whether two values agree; null agrees with nothing."""
    if percent == 100:
        return f"{one} = {other}"
    most = allowed(percent, one, other, switches)
    # The distance is not less than the difference of the lengths, which costs nothing to look at first.
    return f"(abs(length({one}) - length({other})) <= {most} and levenshtein({one}, {other}, {most}) >= 0)"


def score(percent: int, one: str, other: str, switches: Switches) -> str:
    """Return the SQL of how much two values agree, in whole per cents."""
    if percent == 100:
        return "100"
    base = _base(one, other, switches)
    return f"cast(100 * ({base} - levenshtein({one}, {other})) div {base} as int)"


def together(scores: Sequence[str], switches: Switches) -> str:
    """Return the SQL of the score of a rule."""
    if len(scores) == 1:
        return scores[0]
    if switches.rule_score == "average":
        return f"cast(({' + '.join(scores)}) div {len(scores)} as int)"
    return f"least({', '.join(scores)})"


def every(conditions: Iterable[str]) -> str:
    """Return the SQL that says that all hold; where there is none, they do."""
    return " and ".join(conditions) or "true"


def _base(one: str, other: str, switches: Switches) -> str:
    return f"{'greatest' if switches.score_base == 'longer' else 'least'}(length({one}), length({other}))"
