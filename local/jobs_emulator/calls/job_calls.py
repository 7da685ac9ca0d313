"""The calls about jobs: the one that the workspace was started with, and those that a bundle deploys."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from local.emulation.errors import NotEmulatedError
from local.jobs_emulator.calls.documents import CREATOR, job_document
from local.jobs_emulator.calls.fields import Fields, whole
from local.jobs_emulator.errors import NOT_EMULATED, InvalidParameterValueError
from local.jobs_emulator.running.definition import DefinitionError, job_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.jobs_emulator.running.definition import Definitions, Job
    from local.jobs_emulator.running.state import Runs

_ACCESS = ("user_name", "group_name", "service_principal_name")


class JobCalls:
    """The jobs of the workspace, and who may do what with them: remembered, and obeyed by nobody here."""

    def __init__(self, *, definitions: Definitions, runs: Runs, now: Callable[[], int]) -> None:
        self._definitions, self._runs = definitions, runs
        self._created = now()
        self._access: dict[int, list[dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def get_job(self, fields: Fields) -> Fields:
        """GET /jobs/get."""
        return job_document(self._known(fields), created=self._created)

    def list_jobs(self, fields: Fields) -> Fields:
        """GET /jobs/list."""
        named = str(fields.get("name", "")).lower()
        found = [job for job in self._definitions.listed() if named in {"", job.name.lower()}]
        return {"jobs": [job_document(job, created=self._created) for job in found], "has_more": False}

    def create_job(self, fields: Fields) -> Fields:
        """POST /jobs/create."""
        settings = {name: value for name, value in fields.items() if name != "access_control_list"}
        job = self._read(settings, self._runs.new_id())
        self._definitions.put(job)
        if "access_control_list" in fields:
            self.set_permissions({**fields, "job_id": job.job_id})
        return {"job_id": job.job_id}

    def reset_job(self, fields: Fields) -> Fields:
        """POST /jobs/reset: all settings anew."""
        job = self._known(fields)
        self._definitions.put(self._read(dict(fields.get("new_settings") or {}), job.job_id))
        return {}

    def update_job(self, fields: Fields) -> Fields:
        """POST /jobs/update: settings that are named replace those of the same name, and fields are removed."""
        job = self._known(fields)
        removed = set(fields.get("fields_to_remove", []))
        kept = {name: value for name, value in job.settings.items() if name not in removed}
        self._definitions.put(self._read({**kept, **dict(fields.get("new_settings") or {})}, job.job_id))
        return {}

    def delete_job(self, fields: Fields) -> Fields:
        """POST /jobs/delete: not the one that the workspace was started with, which the app runs."""
        job = self._known(fields)
        if not self._definitions.delete(job.job_id):
            raise NotEmulatedError(f"Job {job.job_id} is the local stack's own, and stays.", error_code=NOT_EMULATED)
        return {}

    def get_permissions(self, fields: Fields) -> Fields:
        """GET /permissions/jobs/{job_id}."""
        job = self._known(fields)
        with self._lock:
            given = list(self._access.get(job.job_id, []))
        own = {"user_name": CREATOR, "permission_level": "IS_OWNER"}
        listed = [own, *(one for one in given if one.get("permission_level") != "IS_OWNER")]
        return {
            "object_id": f"/jobs/{job.job_id}",
            "object_type": "job",
            "access_control_list": [_shown(one) for one in listed],
        }

    def set_permissions(self, fields: Fields) -> Fields:
        """PUT /permissions/jobs/{job_id}: all anew."""
        job = self._known(fields)
        with self._lock:
            self._access[job.job_id] = list(fields.get("access_control_list", []))
        return self.get_permissions(fields)

    def update_permissions(self, fields: Fields) -> Fields:
        """PATCH /permissions/jobs/{job_id}: those that are named replace what the same principal had."""
        job = self._known(fields)
        changed = list(fields.get("access_control_list", []))
        named = {_principal(one) for one in changed}
        with self._lock:
            kept = [one for one in self._access.get(job.job_id, []) if _principal(one) not in named]
            self._access[job.job_id] = [*kept, *changed]
        return self.get_permissions(fields)

    def _known(self, fields: Fields) -> Job:
        job_id = whole(fields, "job_id")
        job = self._definitions.get(job_id)
        if job is None:
            raise InvalidParameterValueError(f"Job {job_id} does not exist.")
        return job

    def _read(self, settings: Fields, job_id: int) -> Job:
        try:
            return job_of(settings, job_id, where=f"job {settings.get('name', job_id)}")
        except DefinitionError as error:
            raise NotEmulatedError(str(error), error_code=NOT_EMULATED) from error


def _principal(access: Fields) -> str:
    return next((f"{kind}={access[kind]}" for kind in _ACCESS if access.get(kind)), "")


def _shown(access: Fields) -> Fields:
    told = {kind: access[kind] for kind in _ACCESS if access.get(kind)}
    return {**told, "all_permissions": [{"permission_level": access.get("permission_level"), "inherited": False}]}
