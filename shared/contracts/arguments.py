"""The job's parameters: what the functions give with run-now, and Databricks hands to each wheel task as `--name=value`."""

from __future__ import annotations

from argparse import ArgumentError, ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass, fields

from shared.contracts.errors import ContractError

_DOCUMENT = "job parameters"


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What a run is told."""

    batch_id: str
    attempt: int  # of the batch, from 1
    manifest: str  # `<container>/<path>`
    lake: str = ""  # a template with `{container}` in it; empty: as the job's own default says
    catalog: str = ""  # where tables are registered under names; empty: nowhere
    schema: str = ""  # what the names of its schemas begin with; empty: as the job says

    def parameters(self) -> dict[str, str]:
        """Return the job parameters of run-now; one that is empty is left to the job's default."""
        return {name: str(value) for name in _NAMES if (value := getattr(self, name))}


_NAMES = tuple(one.name for one in fields(Arguments))
_OPTIONAL = frozenset({"catalog", "schema"})  # a deployment may leave them empty


def read_arguments(given: Sequence[str]) -> Arguments:
    """Read a task's parameters, in either spelling of an option; raises `ContractError` for one that lacks or is not known."""
    parser = ArgumentParser(allow_abbrev=False, add_help=False, exit_on_error=False)
    for name in _NAMES:
        parser.add_argument(f"--{name}")
    try:
        known, unknown = parser.parse_known_args(given)
    except ArgumentError as error:
        raise ContractError(_DOCUMENT, (error.argument_name or "").lstrip("-"), expected="a value", got="nothing") from error
    if unknown:
        place = unknown[0].partition("=")[0].lstrip("-")
        raise ContractError(_DOCUMENT, place, expected=f"one of {', '.join(_NAMES)}", got="a parameter that is not known")
    for name in _NAMES:
        if name not in _OPTIONAL and not getattr(known, name):
            raise ContractError(_DOCUMENT, name, expected="a value", got="nothing")
    if not (known.attempt.isascii() and known.attempt.isdigit()):
        raise ContractError(_DOCUMENT, "attempt", expected="a whole number", got=known.attempt)
    return Arguments(
        batch_id=known.batch_id,
        attempt=int(known.attempt),
        manifest=known.manifest,
        lake=known.lake,
        catalog=known.catalog or "",
        schema=known.schema or "",
    )
