"""HTTP: paths to calls, in the documented spelling and the older one; the token, the key and the instance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from local.customer_insights_emulator.configuration import KINDS
from local.customer_insights_emulator.errors import (
    NOT_EMULATED,
    InvalidError,
    MissingError,
    UnauthorizedError,
    error_document,
)
from local.emulation.application import Service, json_object
from local.emulation.routes import rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from local.customer_insights_emulator.handlers import CustomerInsights, Instance

ROOTS = ("/v1/instances/<instance>", "/instances/<instance>")
WORKFLOWS = ("/manage/workflows/<workflow>", "/workflows/<workflow>")
SOURCES = ("/manage/datasources", "/manage/datasources/v2")
TOP = 10  # jobs of a list, unless it says `top`
JOBS, JOB, DATASOURCES, SWITCH, ROWS = "jobs", "job", "datasources", "switch", "rows"
#: Whose GET by name the client knows; a segment is found in the list.
_READ_BY_NAME = frozenset({"measures", "relationships"})
_OK = {"statusCode": 200}  # OkResult


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

    def listed(kind: str) -> Callable[[Request, Mapping[str, str]], object]:
        def answer(request: Request, _: Mapping[str, str]) -> object:
            if request.method == "GET":
                return calls.configuration.all(kind)
            made = calls.configuration.create(kind, json_object(request))
            created = Response(json.dumps(made), status=201, content_type="application/json")
            return created if kind == "segments" else made  # the client takes 201 of a segment, 200 of the others

        return here(answer)

    def named(kind: str) -> Callable[[Request, Mapping[str, str]], object]:
        def answer(request: Request, values: Mapping[str, str]) -> object:
            if request.method == "GET":
                return calls.configuration.get(kind, values["name"])
            if request.method == "PUT":
                return calls.configuration.update(kind, values["name"], json_object(request))
            try:
                calls.configuration.delete(kind, values["name"])
            except MissingError as error:
                if kind == "segments":  # the client knows 400 here, and no 404
                    raise InvalidError(error.error_code) from error
                raise
            return _OK

        return here(answer)

    def switch(_: Request, values: Mapping[str, str]) -> object:
        calls.configuration.switch(values["name"], {"activate": "active", "deactivate": "inactive"}[values["state"]])
        return True

    workflows = [root + workflow for root in ROOTS for workflow in WORKFLOWS]
    return Service(
        rules=(
            *(rule(f"{workflow}/jobs", JOBS, ["GET", "POST"]) for workflow in workflows),
            *(rule(f"{workflow}/jobs/<job>", JOB, ["GET"]) for workflow in workflows),
            *(rule(root + sources, DATASOURCES, ["GET"]) for root in ROOTS for sources in SOURCES),
            *(rule(f"{root}/manage/{kind}", kind, ["GET", "POST"]) for root in ROOTS for kind in KINDS),
            *(
                rule(
                    f"{root}/manage/{kind}/<name>",
                    f"{kind} by name",
                    ["PUT", "DELETE", *(["GET"] if kind in _READ_BY_NAME else [])],
                )
                for root in ROOTS
                for kind in KINDS
            ),
            *(rule(f"{root}/manage/segments/<name>/<any(activate, deactivate):state>", SWITCH, ["PUT"]) for root in ROOTS),
            *(rule(f"{root}/data/<table>", ROWS, ["GET"]) for root in ROOTS),
        ),
        calls={
            JOBS: here(jobs),
            JOB: here(lambda request, values: calls.get_job(values["job"], tasks=_with_tasks(request))),
            DATASOURCES: here(lambda *_: calls.list_sources()),
            SWITCH: here(switch),
            ROWS: here(lambda request, values: calls.list_rows(values["table"], request.args)),
            **{kind: listed(kind) for kind in KINDS},
            **{f"{kind} by name": named(kind) for kind in KINDS},
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
