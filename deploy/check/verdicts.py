"""What the facts say of an environment: every fault with what to do about it. Pure: nothing is asked here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.check.facts import Answer, JobSeen, Right, Setting, SubscriptionSeen
from deploy.subscriptions import COMMITTING_CALLS, DATAVERSE_FUNCTION, FINANCE_FUNCTION

#: The settings that have no default (a test compares them with those that the app reads). A connection is asked for by name.
REQUIRED = (
    "DATAVERSE_CONTAINERS",
    "DATABRICKS_HOST",
    "DATABRICKS_JOB_ID",
    "CALLBACK_USERNAME",
    "CALLBACK_PASSWORD",
    "SWEEP_SCHEDULE",
    "RECONCILE_SCHEDULE",
    "HINT_QUEUE",
)
CONNECTION = "LakeStorage"
DEFAULT_FINANCE = "finance"
#: Containers that the app writes; it reads landing, and has no business in silver.
WRITTEN = ("bronze", "pipeline", "gold")
SERVICES = ("queues", "tables")
JOB_PARAMETERS = frozenset({"batch_id", "manifest", "lake"})
_ENDS = frozenset({"on_success", "on_failure"})
#: What keeps the whole pipeline from working; a rejected file, say, is its owner's business.
_GRAVE = frozenset({"misconfigured", "refused", "parked", "refresh_failed", "model_failed"})
_MOST_TOLD = 3


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that is wrong, and what to do about it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} {self.remedy}"


def landing_of(settings: Mapping[str, Setting]) -> dict[str, str]:
    """Return the landing containers with the function that is told of each."""
    exports = _value(settings, "DATAVERSE_CONTAINERS").split(",")
    functions = {name.strip(): DATAVERSE_FUNCTION for name in exports if name.strip()}
    return {**functions, (_value(settings, "FINANCE_CONTAINER") or DEFAULT_FINANCE): FINANCE_FUNCTION}


def setting_faults(settings: Mapping[str, Setting]) -> Iterator[Fault]:
    """Yield what the settings lack."""
    connected = any(name == CONNECTION or name.startswith(f"{CONNECTION}__") for name in settings)
    for name in (*(() if connected else (CONNECTION,)), *REQUIRED):
        if not _value(settings, name) and not (name in settings and settings[name].fault):
            yield Fault(
                what=f"The setting {name} is not set.", remedy="`azd provision` sets it; what it means: docs/configuration.md."
            )
    job_id = _value(settings, "DATABRICKS_JOB_ID")
    if job_id and not (job_id.isascii() and job_id.isdigit() and int(job_id)):
        yield Fault(
            what=f"DATABRICKS_JOB_ID is {job_id}, which is no job.",
            remedy="`azd hooks run postdeploy` writes the job's id into it.",
        )
    for name, setting in settings.items():
        if setting.fault:
            yield Fault(
                what=f"The setting {name} refers to a secret that cannot be read: {setting.fault}.",
                remedy="The app's identity needs the role Key Vault Secrets User, and the secret a value: `azd provision`.",
            )


def right_faults(landing: Iterable[str], rights: frozenset[Right]) -> Iterator[Fault]:
    """Yield what the app's identity may not do, and has to."""
    needed = [
        *(Right(place=container, action="read") for container in landing),
        *(Right(place=place, action="write") for place in (*WRITTEN, *SERVICES)),
    ]
    for right in needed:
        if right in rights or (right.action == "read" and Right(place=right.place, action="write") in rights):
            continue
        what = f"the {right.place} of the lake's account" if right.place in SERVICES else f"the container {right.place}"
        role = {"queues": "Storage Queue Data Contributor", "tables": "Storage Table Data Contributor"}.get(
            right.place, f"Storage Blob Data {'Contributor' if right.action == 'write' else 'Reader'}"
        )
        yield Fault(
            what=f"The app's identity may not {right.action} {what}.",
            remedy=f"It needs the role {role} there, which `azd provision` gives; a role takes up to ten minutes to spread.",
        )


def subscription_faults(landing: Mapping[str, str], seen: Iterable[SubscriptionSeen]) -> Iterator[Fault]:
    """Yield the landing containers of which the app is not told as it has to be."""
    remedy = "`azd hooks run postdeploy` makes and renews the subscriptions; until then the sweep finds what lands, later."
    told = {(one.container, one.function): one for one in seen}
    for container, function in landing.items():
        found = told.get((container, function))
        if found is None:
            yield Fault(what=f"Nobody tells {function} of what lands in {container}: there is no subscription.", remedy=remedy)
            continue
        if not found.is_active:
            yield Fault(what=f"The subscription for {container} is not active.", remedy=remedy)
        if not found.keeps_dead_letters:
            yield Fault(
                what=f"The subscription for {container} keeps no dead letters: what it gives up vanishes.", remedy=remedy
            )
        if not found.calls:
            yield Fault(
                what=f"The subscription for {container} has no filter: it tells of half-written files too.", remedy=remedy
            )
        elif found.calls != frozenset(COMMITTING_CALLS):
            lacks, adds = sorted(set(COMMITTING_CALLS) - found.calls), sorted(found.calls - set(COMMITTING_CALLS))
            wrong = [f"lacks {', '.join(lacks)}"] * bool(lacks) + [f"lets {', '.join(adds)} through"] * bool(adds)
            yield Fault(what=f"The filter of the subscription for {container} {' and '.join(wrong)}.", remedy=remedy)


def dead_letter_faults(count: int) -> Iterator[Fault]:
    """Yield that events were given up."""
    if count:
        yield Fault(
            what=f"Event Grid gave up on {count} {'event' if count == 1 else 'events'}, which lie in the container deadletter.",
            remedy="Each says why in `deadLetterReason`. The sweep has taken the files by now: delete the events.",
        )


def ready_faults(answer: Answer) -> Iterator[Fault]:
    """Yield why the app is not ready, in its own words."""
    status, document = answer
    if status in {401, 403}:
        yield Fault(
            what=f"The app refuses the function key ({status}).",
            remedy="`azd hooks run postdeploy` renews the key `databricks`.",
        )
    elif status != 200:
        yield Fault(
            what=f"The app is not ready ({status}): {_detail(document)}.",
            remedy="It says what is wrong: mend the setting, `customer360.toml` or the role, and ask again.",
        )


def callback_faults(answer: Answer) -> Iterator[Fault]:
    """Yield that the app refuses the user and password that the notification destination is given."""
    status, document = answer
    if status == 401:
        yield Fault(
            what="The app refuses user and password of the callback.",
            remedy="CALLBACK_PASSWORD is not `callback-password` of the vault: restart the app; `azd hooks run postdeploy`.",
        )
    elif status >= 400:
        yield Fault(what=f"The callback answers {status}: {_detail(document)}.", remedy="Look at the app's log stream.")


def job_faults(job_id: str, job: JobSeen | None) -> Iterator[Fault]:
    """Yield what keeps the job from being run, told, or heard of."""
    if job is None:
        yield Fault(
            what=f"The workspace has no job {job_id or '(none is set)'}.",
            remedy="`azd hooks run postdeploy` deploys the bundle and sets DATABRICKS_JOB_ID.",
        )
        return
    bundle = "Deploy the bundle as it is in databricks.yml: `azd hooks run postdeploy`."
    if not job.may_be_run:
        yield Fault(what=f"The app's identity may not run the job {job.name}.", remedy=f"It needs CAN_MANAGE_RUN. {bundle}")
    if lacks := sorted(JOB_PARAMETERS - job.parameters):
        yield Fault(what=f"The job {job.name} has no parameter {', '.join(lacks)}.", remedy=bundle)
    if silent := sorted(_ENDS - job.notified):
        yield Fault(what=f"The job {job.name} tells nobody {' and '.join(silent)}.", remedy=bundle)


def attention_faults(answer: Answer) -> Iterator[Fault]:
    """Yield what waits for a person and holds up the pipeline."""
    status, document = answer
    if status != 200:
        yield Fault(what=f"GET /api/status answers {status}: {_detail(document)}.", remedy="Look at the app's log stream.")
        return
    grave = [one for one in document.get("needs_attention", ()) if one["kind"] in _GRAVE]
    for one in grave[:_MOST_TOLD]:
        yield Fault(
            what=f"{one['what']} is {re.sub('_', ' ', one['kind'])}: {one['why']}.",
            remedy='GET /api/status lists what waits for a person; README, "Use it", names the way out of each.',
        )


def _value(settings: Mapping[str, Setting], name: str) -> str:
    found = settings.get(name)
    return found.value.strip() if found else ""


def _detail(document: Any) -> str:
    said = document.get("detail") if isinstance(document, Mapping) else None
    return str(said).rstrip(".") if said else "it says nothing"
