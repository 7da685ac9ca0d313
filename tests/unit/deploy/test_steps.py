"""The hooks after `azd provision` and `azd deploy`, over command lines that are answered by a script."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy import ready
from deploy.commands import WAITS, Commands, private_file, run
from deploy.environment import Environment, read_environment
from deploy.errors import CommandFailed, DeploymentError, EnvironmentIncomplete, NotThere
from deploy.steps import after_deployment, after_provisioning
from deploy.subscriptions import DATAVERSE_FUNCTION, FINANCE_FUNCTION, Subscription, subscriptions

ROOT = Path(__file__).parents[3]
VARIABLES = {
    "AZURE_RESOURCE_GROUP": "rg-prod",
    "FUNCTIONS_NAME": "func-1",
    "FUNCTIONS_URL": "https://func-1.azurewebsites.net",
    "FUNCTIONS_CLIENT_ID": "app-functions",
    "JOB_CLIENT_ID": "app-job",
    "VAULT_NAME": "kv-1",
    "LAKE_NAME": "stlake1",
    "LAKE_ID": "/subscriptions/s/lake",
    "SYSTEM_TOPIC_ID": "/subscriptions/s/topic",
    "ACCESS_CONNECTOR_ID": "/subscriptions/s/connector",
    "DATABRICKS_HOST": "https://adb-1.azuredatabricks.net",
    "LANDING_DATAVERSE": "dataverse-one,dataverse-two",
    "LANDING_FINANCE": "finance",
}
SECRETS = ("key-of-event-grid", "key-of-the-callback", "password-of-the-callback")


class Cloud:
    """Azure and Databricks as their command lines show them: keeps what is made, and answers what is asked."""

    def __init__(self) -> None:
        self.commands: list[list[str]] = []
        self.bodies: list[tuple[str, Any]] = []  # what was sent in files, by what it was sent to
        self.made: dict[str, Any] = {}
        self.secrets = {"callback-password": SECRETS[2]}
        self.function_keys: dict[str, str] = {}
        self.system_keys = {"blobs_extension": SECRETS[0]}
        self.refusals: list[tuple[str, int]] = []  # a word of a command, and how often it is refused yet

    def refuse(self, word: str, times: int) -> None:
        self.refusals.append((word, times))

    def __call__(self, command: list[str], env: Mapping[str, str]) -> str:
        self.commands.append(command)
        for place, (word, times) in enumerate(self.refusals):
            if times and word in " ".join(command):
                self.refusals[place] = (word, times - 1)
                raise CommandFailed(command[0], f"Forbidden: {' '.join(SECRETS)}")
        told = self._az(command) if command[0] == "az" else self._databricks(command) if command[0] == "databricks" else None
        return "" if told is None else json.dumps(told)

    def body_of(self, command: list[str]) -> Any:
        (file,) = (word.removeprefix("@") for word in command if word.startswith("@"))
        assert Path(file).stat().st_mode & 0o077 == 0, "others could read it"
        return json.loads(Path(file).read_text(encoding="utf-8"))

    def _az(self, command: list[str]) -> Any:
        match command[1:4]:
            case ["keyvault", "secret", "list"]:
                return list(self.secrets)
            case ["keyvault", "secret", "show"]:
                return self.secrets["callback-password"]
            case ["keyvault", "secret", "set"]:
                file = Path(command[command.index("--file") + 1])
                self.secrets[command[command.index("--name") + 1]] = file.read_text(encoding="utf-8")
            case ["functionapp", "keys", "list"]:
                return {"functionKeys": self.function_keys, "systemKeys": self.system_keys}
            case ["functionapp", "keys", "set"]:
                self.function_keys[command[command.index("--key-name") + 1]] = SECRETS[1]
            case ["rest", "--method", "put"]:
                self.bodies.append((command[command.index("--url") + 1], self.body_of(command)))
            case ["rest", "--method", "get"]:
                return "Succeeded"
        return None

    def _databricks(self, command: list[str]) -> Any:
        if command[1:3] == ["bundle", "summary"]:
            return {"resources": {"jobs": {"customer360": {"id": "815"}}}}
        if command[1] != "api":
            return None
        method, path = command[2], command[3].partition("?")[0]
        if method == "get":
            listed = [body for at, body in self.made.items() if at.startswith(path + "#")]
            return {"Resources": listed[:1], "results": listed, "storage_credentials": listed}
        body = self.body_of(command)
        self.bodies.append((path, body))
        made = {"id": f"id-{len(self.made)}", **body}
        if method == "post":
            self.made[f"{path}#{len(self.made)}"] = made
        return made


def deployed(cloud: Cloud, ask: ready.Get = lambda _url, _headers: (200, "{}"), **extra: str) -> list[str]:
    """Run the second hook; return what it said."""
    said: list[str] = []
    waited: list[float] = []
    commands = Commands(cloud, sleep=waited.append)
    after_deployment(commands, read_environment(VARIABLES | extra), said.append, ask)
    return said


def environment() -> Environment:
    return read_environment(VARIABLES)


def test_every_landing_container_has_one_subscription_to_the_function_that_takes_it() -> None:
    told = {one.container: one.function for one in subscriptions(environment())}
    assert told == {"dataverse-one": DATAVERSE_FUNCTION, "dataverse-two": DATAVERSE_FUNCTION, "finance": FINANCE_FUNCTION}


def test_the_functions_that_are_subscribed_are_those_that_take_landed_files() -> None:
    source = (ROOT / "function_app" / "landing.py").read_text(encoding="utf-8")
    assert source.count("source=func.BlobSource.EVENT_GRID") == 2
    assert f"def {DATAVERSE_FUNCTION}(" in source
    assert f"def {FINANCE_FUNCTION}(" in source


def test_a_subscription_lets_through_what_commits_bytes_and_keeps_what_could_not_be_delivered() -> None:
    body = Subscription(container="finance", function=FINANCE_FUNCTION).body(url="https://app", key="k", lake_id="/lake")
    told = body["properties"]
    assert told["destination"]["properties"]["endpointUrl"] == (
        "https://app/runtime/webhooks/blobs?functionName=Host.Functions.on_finance_landed&code=k"
    )
    assert told["filter"]["subjectBeginsWith"] == "/blobServices/default/containers/finance/blobs/", "without / finance2 too"
    assert told["filter"]["includedEventTypes"] == ["Microsoft.Storage.BlobCreated"]
    (only,) = told["filter"]["advancedFilters"]
    assert (only["key"], set(only["values"])) == ("data.api", {"FlushWithClose", "PutBlob", "PutBlockList", "CopyBlob"})
    kept = told["deadLetterWithResourceIdentity"]
    assert kept["identity"]["type"] == "SystemAssigned"
    assert kept["deadLetterDestination"]["properties"] == {"resourceId": "/lake", "blobContainerName": "deadletter"}


def test_the_first_hook_makes_the_callbacks_password_once_and_says_which_key_a_person_has_to_bring() -> None:
    cloud = Cloud()
    cloud.secrets = {}
    said: list[str] = []
    told = read_environment(VARIABLES | {"CUSTOMER_INSIGHTS_REFRESH": "all"})
    after_provisioning(Commands(cloud), told, said.append)
    password = cloud.secrets["callback-password"]
    assert len(password) >= 32
    after_provisioning(Commands(cloud), told, said.append)
    assert cloud.secrets["callback-password"] == password
    assert password not in str(cloud.commands) + str(said)
    assert "--name customer-insights-key" in said[-1]


def test_the_second_hook_joins_app_workspace_and_events_in_an_order_in_which_each_finds_what_it_needs() -> None:
    cloud = Cloud()
    said = deployed(cloud)
    assert [line for line in said if not line.startswith(" ")] == [
        "Keys of the app, once it runs",
        "Databricks: identities, storage credential, notification destination",
        "Databricks: the bundle, target prod",
        "Event subscriptions",
        "Smoke test: GET /api/ready",
        "Ready: https://func-1.azurewebsites.net",
    ]
    sent = dict(cloud.bodies)
    webhook = sent["/api/2.0/notification-destinations"]["config"]["generic_webhook"]
    assert webhook == {
        "url": f"https://func-1.azurewebsites.net/api/callback/databricks?code={SECRETS[1]}",
        "username": "databricks",
        "password": SECRETS[2],
    }
    subscribed = [place for place, _ in cloud.bodies if "/eventSubscriptions/" in place]
    assert [place.partition("?")[0].rpartition("/")[2] for place in subscribed] == ["dataverse-one", "dataverse-two", "finance"]
    assert ["azd", "env", "set", "DATABRICKS_JOB_ID", "815"] in cloud.commands
    assert any("DATABRICKS_JOB_ID=815" in command for command in cloud.commands)


def test_with_a_catalog_the_job_may_make_its_schemas_there_or_its_owner_is_told_how_to_let_it() -> None:
    cloud = Cloud()
    said = deployed(cloud, CATALOG="main")
    assert dict(cloud.bodies)["/api/2.1/unity-catalog/permissions/catalog/main"] == {
        "changes": [{"principal": "app-job", "add": ["USE_CATALOG", "CREATE_SCHEMA"]}]
    }
    assert not any("to do" in line for line in said)

    cloud.refuse("permissions/catalog", 1)
    said = deployed(cloud, CATALOG="main")
    (to_do,) = [line for line in said if "to do" in line]
    assert to_do.startswith("  to do: GRANT USE CATALOG, CREATE SCHEMA ON CATALOG `main` TO `app-job`;")
    assert said[-1].startswith("Ready"), "names are a convenience"


def test_the_second_hook_may_be_repeated_and_makes_nothing_twice() -> None:
    cloud = Cloud()
    deployed(cloud)
    made = dict(cloud.made)
    deployed(cloud)
    assert cloud.made == made


def test_no_secret_is_said_or_in_an_argument_or_in_an_error() -> None:
    cloud = Cloud()
    said = deployed(cloud)
    texts = [*said, *(word for command in cloud.commands for word in command)]
    cloud.refuse("notification-destinations", 1)
    with pytest.raises(CommandFailed) as raised:
        deployed(cloud)
    for secret in SECRETS:
        assert not any(secret in text for text in [*texts, str(raised.value)])


@pytest.mark.parametrize("word", ["keys list", "rest --method put", "keyvault secret list"])
def test_what_takes_its_time_is_asked_for_again(word: str) -> None:
    cloud = Cloud()
    cloud.refuse(word, 3)
    if word.startswith("keyvault"):
        after_provisioning(Commands(cloud, sleep=lambda _: None), environment(), lambda _: None)
    else:
        assert deployed(cloud)[-1].startswith("Ready")


def test_what_never_comes_ends_the_hook_with_what_was_said_last() -> None:
    cloud = Cloud()
    with pytest.raises(NotThere, match="CALLBACK_PASSWORD: expected a value"):
        deployed(cloud, lambda _url, _headers: (503, '{"detail": "CALLBACK_PASSWORD: expected a value"}'))
    cloud.system_keys = {}
    with pytest.raises(NotThere, match="blobs_extension"):
        deployed(cloud)


def test_it_waits_longer_each_time_and_a_quarter_of_an_hour_at_most() -> None:
    waited: list[float] = []
    with pytest.raises(NotThere):
        Commands(Cloud(), sleep=waited.append).wait_for("it", lambda: None, hint="")
    assert waited == sorted(waited)
    assert 10 * 60 < sum(WAITS) < 15 * 60


@pytest.mark.parametrize("name", VARIABLES)
def test_an_output_that_azd_does_not_know_is_named(name: str) -> None:
    with pytest.raises(EnvironmentIncomplete, match=name):
        read_environment({**VARIABLES, name: " "})


def test_the_bundle_gets_every_variable_that_it_asks_for() -> None:
    import yaml

    from deploy.workspace import Workspace

    asked = yaml.safe_load((ROOT / "databricks.yml").read_text(encoding="utf-8"))["variables"]
    given = Workspace(Commands(Cloud()), environment()).bundle_variables("d-1")
    assert given.keys() == {f"BUNDLE_VAR_{name}" for name in asked}
    assert [name for name, value in given.items() if not value] == ["BUNDLE_VAR_catalog"], (
        "nothing has a name unless it is asked for"
    )


def test_a_command_that_is_not_installed_is_named() -> None:
    with pytest.raises(CommandFailed, match="not installed"):
        run(["no-such-command-of-anybody"], {})


def test_a_command_that_fails_tells_what_it_said() -> None:
    with pytest.raises(CommandFailed, match="out of order"):
        run([sys.executable, "-c", "import sys; sys.exit('out of order')"], {})
    assert run([sys.executable, "-c", "import os; print(os.environ['TOLD'])"], {"TOLD": "yes"}) == "yes\n"


def test_a_private_file_is_gone_afterwards() -> None:
    with private_file("secret") as name:
        assert Path(name).stat().st_mode & 0o777 == 0o600
    assert not Path(name).exists()


def test_the_smoke_test_says_what_the_app_says() -> None:
    def answer(status: int, text: str) -> Callable[[str, dict[str, str]], tuple[int, str]]:
        return lambda _url, _headers: (status, text)

    assert ready.look("https://app", "key", answer(200, "{}")) is True
    with pytest.raises(DeploymentError, match="503: the lake"):
        ready.look("https://app", "key", answer(503, '{"detail": "the lake"}'))
    with pytest.raises(DeploymentError, match="404: Not Found"):
        ready.look("https://app", "key", answer(404, "Not Found"))


@pytest.mark.parametrize(("hook", "command"), [("postprovision", "provisioned"), ("postdeploy", "deployed")])
def test_both_shells_of_a_hook_call_the_same(hook: str, command: str) -> None:
    for suffix in ("sh", "ps1"):
        lines = (ROOT / "infra" / "hooks" / f"{hook}.{suffix}").read_text(encoding="utf-8").splitlines()
        assert sum(line.endswith(f"-m deploy {command}") for line in lines) == 1
    told = subprocess.run(
        ["sh", str(ROOT / "infra" / "hooks" / f"{hook}.sh")],
        env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("AZURE_RESOURCE_GROUP is not set"), told.stderr
