"""What a test can break here: answers and refreshes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, get_args

from local.emulation.faults import AnswerFault, Faults

Kind = Literal["answer", "refresh"]


@dataclass(frozen=True, kw_only=True)
class CustomerInsightsFault(AnswerFault):
    """One thing that goes wrong.

    Routes are called `jobs`, `job`, `datasources`, `switch`, `rows`, `measures` and `measures by name`, and likewise with
    segments and relationships.
    `refresh`: the next refresh to end fails with the error `code` of Customer Insights, whatever gold is like.
    """

    kinds: ClassVar[tuple[str, ...]] = get_args(Kind)

    kind: Kind
    code: str = "internalServerError"


CustomerInsightsFaults: TypeAlias = Faults[CustomerInsightsFault, Kind]
