"""What a person is told, with the way out.

```
InstanceError
├── NotPulled          there is no snapshot yet
├── NotUnderstood      a document says something in a form that nobody here can read, so it is not written
├── DeletionRefused    what is to be deleted is not there, or in the rules
├── PlanChanged        what was confirmed is not what would be done now
├── ChangedSincePull   somebody set it otherwise in Customer Insights since it was pulled
├── NotAsWritten       what was read back is not what was written
├── TableMissing       a table to compare is not there
└── TooManyRows        more rows than are fetched one page after the other
```
"""

from __future__ import annotations


class InstanceError(Exception):
    """The root of what this package raises on purpose."""


class NotPulled(InstanceError):
    """Nothing was pulled into a folder, so that nobody knows what is set."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        super().__init__(f"{folder} holds nothing that was pulled: run `python -m customer_insights pull` first")


class NotUnderstood(InstanceError):
    """What is wanted cannot be said in the form of what was pulled."""


class DeletionRefused(InstanceError):
    """What was named for deletion was not pulled, or the rules want it."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        super().__init__(
            f"{', '.join(names)} cannot be deleted: expected what `plan` leaves alone, as segments/Old; what the rules name is "
            "taken out of them first"
        )


class PlanChanged(InstanceError):
    """The plan that was confirmed is not the one that is made now."""

    def __init__(self, confirmed: str, found: str) -> None:
        self.confirmed, self.found = confirmed, found
        super().__init__(f"the plan is {found} now, not {confirmed}: read it again (`plan`), then confirm that one")


class ChangedSincePull(InstanceError):
    """Somebody changed in Customer Insights what is to be written."""

    def __init__(self, what: str, paths: tuple[str, ...]) -> None:
        self.what, self.paths = what, paths
        told = ", ".join(paths) or "it is there, or gone"
        super().__init__(f"{what} changed in Customer Insights since it was pulled ({told}): pull, then plan again")


class NotAsWritten(InstanceError):
    """What was read back after a write lacks some of it; nothing more was written."""

    def __init__(self, what: str, paths: tuple[str, ...]) -> None:
        self.what, self.paths = what, paths
        told = ", ".join(paths) or "it is not there"
        super().__init__(
            f"{what} was written and is not what was read back ({told}): nothing more was written; look in Customer Insights, "
            "then pull"
        )


class TableMissing(InstanceError):
    """A table that is to be compared is not where it was looked for."""

    def __init__(self, table: str, where: str) -> None:
        self.table, self.where = table, where
        super().__init__(f"there is no table {table} in {where}")


class TooManyRows(InstanceError):
    """A table has more rows than are fetched page by page."""

    def __init__(self, table: str, most: int) -> None:
        self.table, self.most = table, most
        super().__init__(
            f"{table} has more than {most:,} rows, and a page has a hundred: export it as {table}.csv, and verify with --tables"
        )
