"""HTTP: paths to calls, and the bearer token."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from local.emulation.application import Service, json_object
from local.emulation.routes import rule
from local.jobs_emulator.errors import (
    NOT_EMULATED,
    InvalidParameterValueError,
    UnauthenticatedError,
    error_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from local.jobs_emulator.handlers import Fields, Jobs

API = "/api/2.2/jobs"
CONFIG = "/.well-known/databricks-config"  # the SDK asks for it at its start, without a token


def jobs_service(*, jobs: Jobs, workspace_id: str, root: str) -> Service:
    """Return the service of a workspace that answers at `root`."""
    calls: dict[str, tuple[str, Callable[[Fields], Fields]]] = {
        "get": ("GET", jobs.get_job),
        "list": ("GET", jobs.list_jobs),
        "run-now": ("POST", jobs.run_now),
        "runs/get": ("GET", jobs.get_run),
        "runs/list": ("GET", jobs.list_runs),
        "runs/get-output": ("GET", jobs.get_run_output),
        "runs/cancel": ("POST", jobs.cancel_run),
        "runs/delete": ("POST", jobs.delete_run),
        "runs/repair": ("POST", jobs.repair_run),
    }
    config = {"oidc_endpoint": f"{root}/oidc", "workspace_id": workspace_id, "cloud": "AZURE"}
    return Service(
        rules=(
            rule(CONFIG, CONFIG),
            *(rule(f"{API}/{name}", name, [method]) for name, (method, _) in calls.items()),
        ),
        calls={CONFIG: lambda *_: config, **{name: partial(_answer, call) for name, (_, call) in calls.items()}},
        admit=_with_token,
        not_emulated=NOT_EMULATED,
        invalid=InvalidParameterValueError,
        document=error_document,
    )


def _answer(call: Callable[[Fields], Fields], request: Request, _: Mapping[str, str]) -> Fields:
    fields: dict[str, Any] = dict(request.args) if request.method == "GET" else json_object(request)
    return call(fields)


def _with_token(request: Request, route: str | None) -> None:
    if route not in {None, CONFIG} and not request.headers.get("Authorization", "").startswith("Bearer "):
        raise UnauthenticatedError("A bearer token is required.")
