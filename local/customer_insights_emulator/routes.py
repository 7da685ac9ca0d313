"""HTTP: paths to calls, in the documented spelling and the older one; the token, the key and the instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.customer_insights_emulator.errors import (
    NOT_EMULATED,
    InvalidError,
    MissingError,
    UnauthorizedError,
    error_document,
)
from local.emulation.application import Service
from local.emulation.routes import rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from local.customer_insights_emulator.handlers import CustomerInsights, Instance

ROOTS = ("/v1/instances/<instance>", "/instances/<instance>")
WORKFLOWS = ("/manage/workflows/<workflow>", "/workflows/<workflow>")
SOURCES = ("/manage/datasources", "/manage/datasources/v2")
TOP = 10  # jobs of a list, unless it says `top`
JOBS, JOB, DATASOURCES = "jobs", "job", "datasources"


def customer_insights_service(*, instance: Instance, calls: CustomerInsights) -> Service:
    """Return the service of one instance."""

    def here(call: Callable[[Request, Mapping[str, str]], object]) -> Callable[[Request, Mapping[str, str]], object]:
        def answer(request: Request, values: Mapping[str, str]) -> object:
            if values["instance"] != instance.instance_id:
                raise MissingError("instanceNotFound")
            return call(request, values)

        return answer

    def jobs(request: Request, _: Mapping[str, str]) -> object:
        if request.method == "POST":
            return calls.refresh(*_wanted(request))
        return calls.list_jobs(top=request.args.get("top", TOP, type=int), tasks=_with_tasks(request))

    def admit(request: Request, _: str | None) -> None:
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        if not bearer or request.headers.get("Ocp-Apim-Subscription-Key") != instance.subscription_key:
            raise UnauthorizedError("unauthorized")

    workflows = [root + workflow for root in ROOTS for workflow in WORKFLOWS]
    return Service(
        rules=(
            *(rule(f"{workflow}/jobs", JOBS, ["GET", "POST"]) for workflow in workflows),
            *(rule(f"{workflow}/jobs/<job>", JOB, ["GET"]) for workflow in workflows),
            *(rule(root + sources, DATASOURCES, ["GET"]) for root in ROOTS for sources in SOURCES),
        ),
        calls={
            JOBS: here(jobs),
            JOB: here(lambda request, values: calls.get_job(values["job"], tasks=_with_tasks(request))),
            DATASOURCES: here(lambda *_: calls.list_sources()),
        },
        admit=admit,
        not_emulated=NOT_EMULATED,
        invalid=lambda sentence: InvalidError("badRequest", sentence),
        document=error_document,
    )


def _with_tasks(request: Request) -> bool:
    return request.args.get("includeTasks", "").lower() == "true"


def _wanted(request: Request) -> tuple[str, tuple[str, ...]]:
    """Read operation and data sources, from the query or from the body."""
    body = request.get_json(silent=True, force=True) or {}
    operation = str(request.args.get("operationType") or body.get("operationType", "")).lower()
    named = request.args.get("identifiers", "").replace("'", "")
    return operation, tuple(filter(None, named.split(","))) or tuple(body.get("identifiers", ()))
