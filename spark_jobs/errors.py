"""Errors of the job, told apart by what to do about them.

```
JobError
├── Terminal                   the same batch fails again until somebody changes what the error names
│   ├── ManifestError          the batch manifest cannot be carried out
│   ├── AttemptConcludedError  the attempt is over: something else may be writing by now
│   ├── LakeAddressError       the parameter `lake` says no place
│   ├── LabelsMissingError     a document of labels that the batch manifest names is not there
│   ├── ConservationError      rows were lost or counted twice
│   ├── GoldManifestError      gold shows something that is no publication of ours
│   ├── ModelError             a gold model cannot run
│   ├── ModelsError            some gold models cannot run, each with its `ModelError`
│   ├── NotReadyError          Customer Insights would stumble over what was built
│   ├── RulesError             `insights.toml` says something that cannot be
│   ├── CandidatesError        rules of unification would compare too many pairs
│   └── GuardsError            the unification does what a guard forbids
└── Conflict                   what is stored was made by another configuration than the batch's; a person chooses one
    └── IdentityConflictError  a silver table tells events apart by other columns
```

There is no branch to try again: what passes by itself (a lost node, a store out of reach) is raised by Spark, is left as it
is, and Databricks' termination type tells the functions to try again (design, section 8). Nothing is stored where one of these
is raised, or what was is undone. Callers branch on the type, never on the text; each error carries its evidence as attributes,
none carries row content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.contracts.counts import Counts
    from shared.contracts.outcome import Finding


class JobError(Exception):
    """The root of everything that the job raises on purpose."""


class Terminal(JobError):
    """Another attempt at the same batch fails alike."""


class Conflict(JobError):
    """What is stored and what the batch asks exclude each other; a person chooses which of them stays."""


class ManifestError(Terminal):
    """The batch manifest cannot be carried out; says which part of it, and what was expected."""

    def __init__(self, batch_id: str, problem: str) -> None:
        self.batch_id = batch_id
        self.problem = problem
        super().__init__(f"batch {batch_id}: {problem}")


class AttemptConcludedError(Terminal):
    """An attempt of a batch runs again though the functions have concluded it; says how to have the batch run again.

    A run that a person repairs in the workspace, or starts again, would write beside the one that is active by then.
    """

    def __init__(self, batch_id: str, attempt: int, concluded: int) -> None:
        self.batch_id = batch_id
        self.attempt = attempt
        self.concluded = concluded
        super().__init__(
            f"attempt {attempt} of batch {batch_id} is concluded, as is all up to attempt {concluded}, and does nothing more; "
            f"a parked batch gets its next attempt by POST /api/runs/{batch_id}/unpark"
        )


class LakeAddressError(Terminal):
    """The job parameter `lake` is no template of places."""

    def __init__(self, template: str) -> None:
        self.template = template
        super().__init__(f"the parameter `lake` needs `{{container}}` in it, and no `${{`, got {template!r}")


class LabelsMissingError(Terminal):
    """A document of labels is not where the batch manifest says, though nobody deletes any."""

    def __init__(self, entity: str, place: str) -> None:
        self.entity = entity
        self.place = place
        super().__init__(f"{place}: expected the labels of {entity}, which nobody deletes")


class ConservationError(Terminal):
    """Rows were lost or counted twice on the way; nothing was merged (design, rule 2)."""

    def __init__(self, entity: str, expected: int, got: Counts) -> None:
        self.entity = entity
        self.expected = expected  # rows of the entity's parts
        self.got = got  # the counts
        super().__init__(f"{entity}: the parts hold {expected} rows, the job read {got.read} and accounted for {got.became}")


class GoldManifestError(Terminal):
    """The manifest in gold shows no publication, so nobody can tell what a new one would replace."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(
            f"{place} is no manifest of a publication, and is not replaced: restore it or move it away, and try again"
        )


class ModelError(Terminal):
    """A gold model cannot run; says which, where in its file, and what to change there."""

    def __init__(self, model: str, problem: str, *, line: int | None = None, key: str | None = None) -> None:
        self.model = model
        self.problem = problem
        self.line = line  # of its file, where the fault has one
        self.key = key  # of its header, where the fault stands there: `inputs.customer.by`
        at = (f"line {line}" if line else "", f"key {key}" if key else "")
        super().__init__(f"{', '.join(filter(None, (f'gold model {model}', *at)))}: {problem}")


class ModelsError(Terminal):
    """Gold models cannot run; lists every fault of every model, a line each."""

    def __init__(self, faults: Sequence[ModelError]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in faults))


class NotReadyError(Terminal):
    """Gold is not fit for Customer Insights, so nothing is published; names every trap."""

    def __init__(self, found: Sequence[Finding]) -> None:
        self.found = tuple(found)
        super().__init__("; ".join(str(finding) for finding in found))


class IdentityConflictError(Conflict):
    """A silver table has other keys or sequence than configured now (reference: Databricks, section 4.2, rule 2)."""

    def __init__(self, entity: str, table: str, stored: Iterable[str], configured: Iterable[str]) -> None:
        self.entity = entity
        self.table = table  # landed name, which reprocessing asks for
        self.stored = frozenset(stored)
        self.configured = frozenset(configured)
        super().__init__(
            f"silver of {entity} tells events apart by {', '.join(sorted(self.stored))}, and the configuration now by "
            f"{', '.join(sorted(self.configured))}. Put the configuration back, or build the table again from bronze: "
            f'POST /api/reprocess {{"stage": "silver", "table": "{table}"}}'
        )


class RulesError(Terminal):
    """`insights.toml` says something that cannot be; names the file, the line, the rule and the field."""

    def __init__(self, file: str, problem: str, *, line: int | None = None, where: str = "") -> None:
        self.file = file
        self.problem = problem
        self.line = line  # of the file, where the fault has one
        self.where = where  # tables 'customer', deduplication, rules 'Same e-mail', conditions 1, precision
        at = f"{file}, line {line}" if line else file
        super().__init__(f"{at}: {where}: {problem}" if where else f"{at}: {problem}")


class CandidatesError(Terminal):
    """Rules would compare more pairs than they may; names the rules and counts, and what to do."""

    def __init__(self, rules: Sequence[str], columns: Sequence[str], candidates: int, largest: int, most: int) -> None:
        self.rules = tuple(rules)
        self.columns = tuple(columns)
        self.candidates = candidates  # pairs
        self.largest = largest  # rows that share a value
        self.most = most
        compared = f"the same {' and '.join(columns)}" if columns else "nothing that is compared exactly"
        super().__init__(
            f"{', '.join(rules)}: {candidates:,} pairs have {compared} (up to {largest:,} rows share a value), and at most "
            f"{most:,} are compared: name dummy values in `bypass`, or add an exact condition, or raise `guards.candidates`"
        )


class GuardsError(Terminal):
    """Guards of the unification are broken, so gold is not published; names counts and rules, never values."""

    def __init__(self, broken: Sequence[str]) -> None:
        self.broken = tuple(broken)
        super().__init__("; ".join(broken))
