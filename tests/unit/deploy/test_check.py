"""The check of a deployment over an environment that a test makes: it passes, and each planted fault is told as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest

from deploy.check import report
from deploy.check.azure import AzureDeployment, rights_of, subscription_of
from deploy.check.canary import Patience
from deploy.check.facts import Answer, JobSeen, Right, Setting, SubscriptionSeen
from deploy.check.sequence import Check, Step
from deploy.check.verdicts import CONNECTION, REQUIRED, SERVICES, WRITTEN
from deploy.commands import Commands
from deploy.environment import read_environment
from deploy.errors import CommandFailed, DeploymentError
from deploy.subscriptions import COMMITTING_CALLS, DATAVERSE_FUNCTION, FINANCE_FUNCTION
from tests.unit.deploy.test_steps import VARIABLES

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "check-20261125T120000Z-00c0ffee"
BATCH = "b20261125T120010Z_0a1b2c3d"


def time_text(seconds: float) -> str:
    return (NOON + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


class Environment:
    """A deployment in memory, whose pipeline takes a second for each step; a test breaks what it wants."""

    def __init__(self) -> None:
        values = {"DATAVERSE_CONTAINERS": "dataverse-one", "DATABRICKS_JOB_ID": "815"}
        self.seen_settings = {name: Setting(value=values.get(name, "set")) for name in (CONNECTION, *REQUIRED)}
        self.seen_rights = {
            *(Right(place=place, action="read") for place in ("dataverse-one", "finance")),
            *(Right(place=place, action="write") for place in (*WRITTEN, *SERVICES)),
        }
        calls = frozenset(COMMITTING_CALLS)
        self.seen_subscriptions = [
            SubscriptionSeen(container=container, function=function, calls=calls, is_active=True, keeps_dead_letters=True)
            for container, function in (("dataverse-one", DATAVERSE_FUNCTION), ("finance", FINANCE_FUNCTION))
        ]
        self.dead = 0
        self.seen_job: JobSeen | None = JobSeen(
            name="customer360",
            parameters=frozenset({"batch_id", "manifest", "lake"}),
            notified=frozenset({"on_success", "on_failure"}),
            may_be_run=True,
        )
        self.answers: dict[str, Answer] = {}
        self.attention: list[dict[str, str]] = []
        self.landed: dict[str, bytes] = {}
        self.removed: list[str] = []
        self.clock = 0.0
        #: The canary's way, as the API shows it; what a test replaces does not come, or comes otherwise.
        self.file: dict[str, Any] = {"state": "ingested", "reason": "", "detail": "", "records": 1, "changed_at": time_text(1)}
        self.batch: dict[str, Any] | None = {
            "batch_id": BATCH,
            "entities": ["canary"],
            "state": "succeeded",
            "attempt": 1,
            "run_id": 7,
            "run_url": "https://workspace/7",
            "publication": "p1",
            "cause": None,
        }
        self.detail: dict[str, Any] = {
            "counts": {"canary": {"current": 1}},
            "failed": {},
            "called_back_at": time_text(30),
            "ended_at": time_text(28.5),
        }
        self.shown: dict[str, Any] = {"id": "p1", "batch_id": BATCH, "published_at": time_text(40)}
        self.refresh: dict[str, Any] = {"publication": "p1", "state": "successful", "detail": ""}
        self.in_gold = NAME.encode()

    def settings(self) -> Mapping[str, Setting]:
        return self.seen_settings

    def rights(self) -> frozenset[Right]:
        return frozenset(self.seen_rights)

    def subscriptions(self) -> tuple[SubscriptionSeen, ...]:
        return tuple(self.seen_subscriptions)

    def dead_letters(self) -> int:
        return self.dead

    def job(self, job_id: str) -> JobSeen | None:
        return self.seen_job if job_id == "815" else None

    def ask(self, method: Literal["GET", "POST"], path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        path = path.partition("?")[0].removeprefix("/api/")
        if path in self.answers:
            return self.answers[path]
        landed = bool(self.landed)
        match path.split("/"):
            case ["ready"]:
                return 200, {"status": "ready"}
            case ["callback", _]:
                return 200, {"result": "not the end of a run"}
            case ["files"]:
                return 200, {"files": [self.file] if landed else []}
            case ["runs"]:
                return 200, {"runs": [self.batch] if landed and self.batch else []}
            case ["runs", _]:
                return 200, self.detail
            case _:
                shown = {"publication": self.shown, "refresh": self.refresh} if landed else {}
                return 200, {"needs_attention": self.attention, **shown}

    def land(self, container: str, path: str, data: bytes) -> None:
        self.landed[f"{container}/{path}"] = data

    def read(self, container: str, path: str) -> bytes | None:
        if path.endswith("json"):
            entity = {"entityName": "canary", "dataPartitions": [{"location": "canary/p1/part.parquet"}]}
            return json.dumps({"entities": [entity]}).encode()
        return self.in_gold

    def remove(self, container: str, path: str) -> None:
        self.removed.append(f"{container}/{path}")


def pass_time(environment: Environment, seconds: float) -> None:
    environment.clock += seconds


def checked(environment: Environment, *, canary: bool = True, patience: Patience | None = None) -> list[Step]:
    check = Check(
        deployed=environment,
        name=NAME,
        credentials=lambda _: "Basic x",
        patience=patience or Patience(),
        seconds=lambda: environment.clock,
        now=lambda: NOON,
        pause=lambda seconds: pass_time(environment, seconds),
    )
    return list(check(canary=canary))


def told(environment: Environment) -> list[tuple[str, str]]:
    """What failed, as step and fault; each fault says what to do."""
    failed = [(step.name, fault) for step in checked(environment) for fault in step.faults]
    assert all(fault.remedy for _, fault in failed)
    return [(name, fault.what) for name, fault in failed]


def test_a_deployment_that_works_passes_and_the_canary_is_taken_away() -> None:
    environment = Environment()
    steps = checked(environment)
    assert {step.state for step in steps} == {"ok"}
    assert [step.name for step in steps if step.name.startswith("canary")] == [
        f"canary: {name}" for name in ("landing", "bronze", "batch", "run", "gold", "callback", "refresh", "cleaned up")
    ]
    assert environment.landed == {
        "finance/canary/canary.csv": f"check_name,landed_at\r\n{NAME},2026-11-25T12:00:00Z\r\n".encode()
    }
    assert environment.removed == ["finance/canary/canary.csv"]


def test_a_refresh_that_waits_for_its_time_is_no_fault() -> None:
    environment = Environment()
    environment.refresh.update(state="requested", begins_at="2026-11-26T06:00:00Z")
    (step,) = [step for step in checked(environment) if step.name == "canary: refresh"]
    assert (step.state, "waits until 2026-11-26T06:00:00Z" in str(step)) == ("ok", True)


def test_without_a_canary_nothing_lands() -> None:
    environment = Environment()
    assert all("canary" not in step.name for step in checked(environment, canary=False))
    assert not environment.landed


def break_settings(environment: Environment, **settings: Setting | None) -> None:
    for name, setting in settings.items():
        environment.seen_settings.pop(name)
        if setting is not None:
            environment.seen_settings[name] = setting


def lose_right(environment: Environment, place: str) -> None:
    environment.seen_rights = {right for right in environment.seen_rights if right.place != place}


def lose_subscription(environment: Environment) -> None:
    environment.seen_subscriptions.pop()


def change_subscription(environment: Environment, **change: Any) -> None:
    environment.seen_subscriptions[1] = replace(environment.seen_subscriptions[1], **change)


def change_job(environment: Environment, **change: Any) -> None:
    assert environment.seen_job
    environment.seen_job = replace(environment.seen_job, **change)


def change_run(environment: Environment, **change: Any) -> None:
    assert environment.batch
    environment.batch |= change


FAULTS: dict[str, tuple[Any, str, str]] = {
    "the hint queue is not set": (
        lambda env: break_settings(env, HINT_QUEUE=None),
        "settings",
        "The setting HINT_QUEUE is not set.",
    ),
    "no connection": (
        lambda env: break_settings(env, **{CONNECTION: None}),
        "settings",
        "The setting LakeStorage is not set.",
    ),
    "a secret that cannot be read": (
        lambda env: break_settings(env, CALLBACK_PASSWORD=Setting(value="", fault="AccessToKeyVaultDenied")),
        "settings",
        "The setting CALLBACK_PASSWORD refers to a secret that cannot be read: AccessToKeyVaultDenied.",
    ),
    "the app is not ready": (
        lambda env: env.answers.update(ready=(503, {"detail": "customer360.toml, finance: no such key"})),
        "ready",
        "The app is not ready (503): customer360.toml, finance: no such key.",
    ),
    "the function key is refused": (
        lambda env: env.answers.update(ready=(401, None)),
        "ready",
        "The app refuses the function key (401).",
    ),
    "a lake role is missing": (
        lambda env: lose_right(env, "bronze"),
        "rights",
        "The app's identity may not write the container bronze.",
    ),
    "landing cannot be read": (
        lambda env: lose_right(env, "dataverse-one"),
        "rights",
        "The app's identity may not read the container dataverse-one.",
    ),
    "a role on tables is missing": (
        lambda env: lose_right(env, "tables"),
        "rights",
        "The app's identity may not write the tables of the lake's account.",
    ),
    "a subscription is absent": (
        lose_subscription,
        "subscriptions",
        "Nobody tells on_finance_landed of what lands in finance: there is no subscription.",
    ),
    "a subscription without a filter's call": (
        lambda env: change_subscription(env, calls=frozenset({"PutBlob", "CreateFile"})),
        "subscriptions",
        "The filter of the subscription for finance lacks CopyBlob, FlushWithClose, PutBlockList and lets CreateFile through.",
    ),
    "a subscription without a filter": (
        lambda env: change_subscription(env, calls=frozenset()),
        "subscriptions",
        "The subscription for finance has no filter: it tells of half-written files too.",
    ),
    "a subscription that keeps no dead letters": (
        lambda env: change_subscription(env, keeps_dead_letters=False),
        "subscriptions",
        "The subscription for finance keeps no dead letters: what it gives up vanishes.",
    ),
    "a subscription that failed": (
        lambda env: change_subscription(env, is_active=False),
        "subscriptions",
        "The subscription for finance is not active.",
    ),
    "the job is unknown": (
        lambda env: break_settings(env, DATABRICKS_JOB_ID=Setting(value="999")),
        "job",
        "The workspace has no job 999.",
    ),
    "the job may not be run": (
        lambda env: change_job(env, may_be_run=False),
        "job",
        "The app's identity may not run the job customer360.",
    ),
    "the job has no parameter": (
        lambda env: change_job(env, parameters=frozenset({"batch_id", "lake"})),
        "job",
        "The job customer360 has no parameter manifest.",
    ),
    "the job tells nobody": (
        lambda env: change_job(env, notified=frozenset({"on_success"})),
        "job",
        "The job customer360 tells nobody on_failure.",
    ),
    "the callback's password is wrong": (
        lambda env: env.answers.update({"callback/databricks": (401, {})}),
        "callback",
        "The app refuses user and password of the callback.",
    ),
    "events were given up": (
        lambda env: setattr(env, "dead", 2),
        "dead letters",
        "Event Grid gave up on 2 events, which lie in the container deadletter.",
    ),
    "a batch is parked": (
        lambda env: env.attention.append({"kind": "parked", "what": "b1", "why": "its run failed"}),
        "attention",
        "b1 is parked: its run failed.",
    ),
    "no event comes": (
        lambda env: env.file.update(changed_at=time_text(-60)),
        "canary: bronze",
        "The file landed, and the app did not take it in time.",
    ),
    "the file is refused": (
        lambda env: env.file.update(state="rejected", reason="contract", detail="a column is missing"),
        "canary: bronze",
        "The file is rejected: contract a column is missing.",
    ),
    "no run is started": (
        lambda env: setattr(env, "batch", None),
        "canary: batch",
        "The row is in bronze, and no run was started for it in time.",
    ),
    "the run is not taken": (
        lambda env: change_run(env, state="open", run_id=None, cause="403 PERMISSION_DENIED"),
        "canary: batch",
        "The workspace does not take the run: 403 PERMISSION_DENIED.",
    ),
    "the run does not end": (lambda env: change_run(env, state="running"), "canary: run", "The run did not end in time."),
    "the gold model fails": (
        lambda env: env.detail["failed"].update(canary="no such column"),
        "canary: run",
        "The gold model canary failed: no such column.",
    ),
    "gold shows another publication": (
        lambda env: env.shown.update(batch_id="b0", published_at=time_text(-100)),
        "canary: gold",
        "The run succeeded, and gold does not show its publication.",
    ),
    "gold holds another row": (
        lambda env: setattr(env, "in_gold", b"check-of-yesterday"),
        "canary: gold",
        "Gold's table canary does not hold the row of this check.",
    ),
    "the webhook is lost": (
        lambda env: env.detail.update(called_back_at=None),
        "canary: callback",
        "The run ended, and the workspace did not call back: the timer found its end.",
    ),
    "Customer Insights refuses": (
        lambda env: env.refresh.update(state="failed", detail="401 the key is wrong"),
        "canary: refresh",
        "Customer Insights was not refreshed: 401 the key is wrong.",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_fails_its_step_and_no_other(fault: str) -> None:
    environment = Environment()
    plant, step, sentence = FAULTS[fault]
    plant(environment)
    assert told(environment) == [(step, sentence)]


def test_the_canary_stays_where_it_would_only_fail() -> None:
    environment = Environment()
    lose_right(environment, "gold")
    *_, last = checked(environment)
    assert (last.name, last.state) == ("canary", "skipped")
    assert not environment.landed


def test_a_canary_that_is_stranded_is_taken_away_and_later_steps_are_not_asked_for() -> None:
    environment = Environment()
    change_run(environment, state="parked", cause="RUN_EXECUTION_ERROR: Workload failed")
    steps = checked(environment)
    assert [step.name for step in steps[-2:]] == ["canary: batch", "canary: cleaned up"]
    assert environment.removed == ["finance/canary/canary.csv"]


def test_what_cannot_be_seen_fails_its_step_and_the_others_are_looked_at() -> None:
    class Mute(Environment):
        def rights(self) -> frozenset[Right]:
            raise DeploymentError("`az role assignment list` failed: not logged in")

    assert [(step.name, str(step.faults[0].what)) for step in checked(Mute()) if step.faults] == [
        ("rights", "`az role assignment list` failed: not logged in")
    ]


def test_a_check_is_told_in_lines_or_as_json_and_its_end_as_an_exit_code() -> None:
    environment = Environment()
    environment.dead = 1
    lines: list[str] = []
    assert report.tell(checked(environment), as_json=False, write=lines.append) == 1
    assert "FAILED       0.0 s  dead letters" in lines
    assert lines[-1].startswith("1 of the steps failed, after")
    told: list[str] = []
    assert report.tell(checked(Environment()), as_json=True, write=told.append) == 0
    document = json.loads(told[0])
    assert document["ok"] is True
    assert document["steps"][0] == {"name": "settings", "state": "ok", "seconds": 0.0, "said": "", "faults": []}


def test_the_settings_that_are_asked_for_are_those_without_a_default() -> None:
    from shared.config.app_settings import TRIGGER_SETTINGS
    from shared.config.settings import read_settings
    from shared.errors import SettingsInvalid

    given = {CONNECTION: "UseDevelopmentStorage=true"}
    needed = set(TRIGGER_SETTINGS)
    while True:
        try:
            read_settings(given)
        except SettingsInvalid as error:
            needed.add(error.setting)
            given[error.setting] = "1"
        else:
            break
    assert needed == set(REQUIRED)


LAKE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stlake1"


@pytest.mark.parametrize(
    ("role", "scope", "expected"),
    [
        ("Storage Blob Data Reader", f"{LAKE}/blobServices/default/containers/finance", {("finance", "read")}),
        ("Storage Blob Data Contributor", f"{LAKE}/blobServices/default/containers/bronze", {("bronze", "write")}),
        ("Storage Blob Data Owner", LAKE, {("finance", "write"), ("bronze", "write")}),
        ("Storage Blob Data Reader", "/subscriptions/s", {("finance", "read"), ("bronze", "read")}),  # inherited
        ("Storage Blob Data Reader", f"{LAKE}2", set()),  # another account whose name begins alike
        ("Storage Queue Data Contributor", LAKE, {("queues", "write")}),
        ("Storage Table Data Contributor", f"{LAKE}/tableServices/default/tables/one", set()),
        ("Owner", LAKE, set()),  # of the account, not of its data
    ],
)
def test_a_role_gives_its_right_on_what_it_is_assigned_to(role: str, scope: str, expected: set[tuple[str, str]]) -> None:
    found = rights_of([{"roleDefinitionName": role, "scope": scope}], lake_id=LAKE, containers=("finance", "bronze"))
    assert {(right.place, right.action) for right in found} == expected


def test_a_subscription_is_read_as_it_was_made() -> None:
    from deploy.subscriptions import Subscription

    made = Subscription(container="finance", function=FINANCE_FUNCTION)
    body = made.body(url="https://app", key="k", lake_id=LAKE)
    url = body["properties"]["destination"]["properties"]["endpointUrl"]
    shown = {"properties": {**body["properties"], "provisioningState": "Succeeded"}}
    assert subscription_of(shown, url) == SubscriptionSeen(
        container="finance",
        function=FINANCE_FUNCTION,
        calls=frozenset(COMMITTING_CALLS),
        is_active=True,
        keeps_dead_letters=True,
    )


class Answering:
    """Command lines with scripted answers, by the words that a command begins with."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.commands: list[list[str]] = []

    def __call__(self, command: list[str], env: Mapping[str, str]) -> str:
        self.commands.append(command)
        text = " ".join(command)
        for words, answer in self.answers.items():
            if words.replace("_", " ") in text:
                if isinstance(answer, Exception):
                    raise answer
                return json.dumps(answer)
        return ""


def azure(**answers: Any) -> AzureDeployment:
    commands = Commands(Answering(**answers))
    return AzureDeployment(commands, read_environment(VARIABLES), key="k", call=lambda *_: (200, {}))


def test_in_azure_a_setting_whose_secret_does_not_resolve_is_told_with_the_reason() -> None:
    reference = {"name": "CALLBACK_PASSWORD", "properties": {"status": "AccessToKeyVaultDenied", "details": "no role"}}
    seen = azure(
        appsettings_list=[
            {"name": "CALLBACK_PASSWORD", "value": "@Microsoft.KeyVault(…)"},
            {"name": "HINT_QUEUE", "value": "q"},
        ],
        functionapp_show={"id": "/sites/func-1"},
        configreferences={"value": [reference]},
    ).settings()
    assert {name: setting.fault for name, setting in seen.items()} == {"CALLBACK_PASSWORD": "no role", "HINT_QUEUE": ""}


@pytest.mark.parametrize(("level", "may"), [("CAN_MANAGE_RUN", True), ("CAN_VIEW", False)])
def test_in_azure_the_job_may_be_run_by_whom_its_permissions_name(level: str, may: bool) -> None:
    job = {"settings": {"name": "customer360", "parameters": [{"name": "lake"}], "webhook_notifications": {"on_failure": [{}]}}}
    ours = {"service_principal_name": "app-functions", "all_permissions": [{"permission_level": level}]}
    seen = azure(**{"jobs/get": job, "permissions/jobs": {"access_control_list": [ours]}}).job("815")
    assert seen == JobSeen(
        name="customer360", parameters=frozenset({"lake"}), notified=frozenset({"on_failure"}), may_be_run=may
    )


def test_in_azure_a_job_that_is_not_there_is_none_and_another_refusal_is_told() -> None:
    assert azure(**{"jobs/get": CommandFailed("databricks api get", "Job 815 does not exist.")}).job("815") is None
    with pytest.raises(CommandFailed):
        azure(**{"jobs/get": CommandFailed("databricks api get", "PERMISSION_DENIED")}).job("815")
