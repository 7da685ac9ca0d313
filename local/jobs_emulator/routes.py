"""HTTP: paths to calls, and the bearer token.

What the Databricks CLI calls for `bundle validate`, `deploy`, `summary`, `run` and `destroy` of a bundle of jobs is all here;
what else a workspace has is not, and answers 501.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from local.emulation.application import Service, json_object
from local.emulation.routes import rule
from local.jobs_emulator.calls.documents import CREATOR
from local.jobs_emulator.errors import (
    NOT_EMULATED,
    InvalidParameterValueError,
    UnauthenticatedError,
    error_document,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from werkzeug.wrappers import Request

    from local.emulation.application import Call
    from local.jobs_emulator.calls.fields import Fields
    from local.jobs_emulator.calls.file_calls import FileCalls
    from local.jobs_emulator.calls.job_calls import JobCalls
    from local.jobs_emulator.calls.run_calls import RunCalls

JOBS = "/api/2.2/jobs"
WORKSPACE = "/api/2.0/workspace"
FILES = "/api/2.0/workspace-files"
PERMISSIONS = "/api/2.0/permissions/jobs/<job_id>"
ME = "/api/2.0/preview/scim/v2/Me"
CONFIG = "/.well-known/databricks-config"  # the SDK asks for it at its start, without a token

Answer = object


def jobs_service(*, jobs: JobCalls, runs: RunCalls, files: FileCalls, workspace_id: str, root: str) -> Service:
    """Return the service of a workspace that answers at `root`."""
    by_fields: dict[str, tuple[str, str, Callable[[Fields], Answer]]] = {
        # The names are those that fault switches call a route by.
        "create": ("POST", f"{JOBS}/create", jobs.create_job),
        "reset": ("POST", f"{JOBS}/reset", jobs.reset_job),
        "update": ("POST", f"{JOBS}/update", jobs.update_job),
        "delete": ("POST", f"{JOBS}/delete", jobs.delete_job),
        "get": ("GET", f"{JOBS}/get", jobs.get_job),
        "list": ("GET", f"{JOBS}/list", jobs.list_jobs),
        "run-now": ("POST", f"{JOBS}/run-now", runs.run_now),
        "runs/submit": ("POST", f"{JOBS}/runs/submit", runs.submit),
        "runs/get": ("GET", f"{JOBS}/runs/get", runs.get_run),
        "runs/list": ("GET", f"{JOBS}/runs/list", runs.list_runs),
        "runs/get-output": ("GET", f"{JOBS}/runs/get-output", runs.get_run_output),
        "runs/export": ("GET", f"{JOBS}/runs/export", runs.export_run),
        "runs/cancel": ("POST", f"{JOBS}/runs/cancel", runs.cancel_run),
        "runs/cancel-all": ("POST", f"{JOBS}/runs/cancel-all", runs.cancel_all),
        "runs/delete": ("POST", f"{JOBS}/runs/delete", runs.delete_run),
        "runs/repair": ("POST", f"{JOBS}/runs/repair", runs.repair_run),
        "permissions/get": ("GET", PERMISSIONS, jobs.get_permissions),
        "permissions/set": ("PUT", PERMISSIONS, jobs.set_permissions),
        "permissions/update": ("PATCH", PERMISSIONS, jobs.update_permissions),
        "workspace/get-status": ("GET", f"{WORKSPACE}/get-status", files.get_status),
        "workspace/list": ("GET", f"{WORKSPACE}/list", files.list_folder),
        "workspace/mkdirs": ("POST", f"{WORKSPACE}/mkdirs", files.make_folders),
        "workspace/delete": ("POST", f"{WORKSPACE}/delete", files.delete),
        "workspace/import": ("POST", f"{WORKSPACE}/import", files.import_base64),
        "workspace/export": ("GET", f"{WORKSPACE}/export", files.export),
    }
    config = {"oidc_endpoint": f"{root}/oidc", "workspace_id": workspace_id, "cloud": "AZURE"}
    others: dict[str, tuple[str, str, Call]] = {
        "me": ("GET", ME, lambda *_: _me(workspace_id)),
        "import-file": ("POST", f"{FILES}/import-file/<path:path>", partial(_import_file, files)),
        "read-file": ("GET", f"{FILES}/<path:path>", lambda _, values: files.read_file(values["path"])),
    }
    return Service(
        rules=(
            rule(CONFIG, CONFIG),
            *(rule(path, name, [method]) for name, (method, path, _) in (by_fields | others).items()),
        ),
        calls={
            CONFIG: lambda *_: config,
            **{name: partial(_answer, call) for name, (_, _, call) in by_fields.items()},
            **{name: call for name, (_, _, call) in others.items()},
        },
        admit=_with_token,
        not_emulated=NOT_EMULATED,
        invalid=InvalidParameterValueError,
        document=error_document,
    )


def _answer(call: Callable[[Fields], Answer], request: Request, values: Mapping[str, str]) -> Answer:
    fields: dict[str, Any] = dict(request.args) if request.method == "GET" else json_object(request)
    return call({**fields, **values})


def _import_file(files: FileCalls, request: Request, values: Mapping[str, str]) -> Answer:
    return files.import_file(values["path"], request.get_data(), overwrite=request.args.get("overwrite") == "true")


def _me(workspace_id: str) -> Response:
    """Say who asks: there is one user, and the CLI learns from the answer which workspace it is in."""
    user = {"id": "1", "userName": CREATOR, "displayName": CREATOR, "active": True, "groups": [{"display": "admins"}]}
    answer = Response(json.dumps(user), content_type="application/scim+json")
    answer.headers["X-Databricks-Org-Id"] = workspace_id
    return answer


def _with_token(request: Request, route: str | None) -> None:
    if route not in {None, CONFIG} and not request.headers.get("Authorization", "").startswith("Bearer "):
        raise UnauthenticatedError("A bearer token is required.")
