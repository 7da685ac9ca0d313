"""The two hooks, step by step. Each step may be repeated: it finds what is there and renews it."""

from __future__ import annotations

from collections.abc import Callable

from deploy import ready, secrets
from deploy.commands import Commands
from deploy.environment import Environment
from deploy.subscriptions import subscribe
from deploy.workspace import Workspace

CALLBACK_KEY = "databricks"  # a function key of its own, so that it can be revoked alone
_EVENT_GRID_KEY = "blobs_extension"  # the host makes it when it has indexed a blob trigger

Say = Callable[[str], None]


def after_provisioning(commands: Commands, environment: Environment, say: Say) -> None:
    """Give secrets their first values."""
    say("Secrets that have no value yet")
    for to_do in secrets.give_first_values(commands, environment):
        say(f"  to do: {to_do}")


def after_deployment(commands: Commands, environment: Environment, say: Say, ask: ready.Get = ready.get) -> None:
    """Join the app, Databricks and Event Grid; end with the app saying that it is ready."""
    say("Keys of the app, once it runs")
    event_grid_key = commands.wait_for(
        f"the key {_EVENT_GRID_KEY}",
        lambda: _keys(commands, environment, "systemKeys").get(_EVENT_GRID_KEY),
        hint="The host makes it when it has indexed the functions: look at the app's log stream.",
    )
    commands.hide(event_grid_key)
    callback_key = callback_key_of(commands, environment)

    say("Databricks: identities, storage credential, notification destination")
    workspace = Workspace(commands, environment)
    workspace.admit(environment.functions_client_id, "customer360 functions")
    workspace.admit(environment.job_client_id, "customer360 job")
    workspace.make_credential()
    if environment.catalog:
        say(f"Databricks: the job's right to give names in the catalog {environment.catalog}")
        for to_do in workspace.open_catalog():
            say(f"  to do: {to_do}")
    destination = workspace.make_destination(
        url=f"{environment.functions_url}/api/callback/databricks?code={callback_key}",
        password=secrets.callback_password(commands, environment),
    )

    say(f"Databricks: the bundle, target {environment.target}")
    job_id = workspace.deploy_bundle(destination)
    commands("azd", "env", "set", "DATABRICKS_JOB_ID", str(job_id))
    _set(commands, environment, "DATABRICKS_JOB_ID", str(job_id))

    say("Event subscriptions")
    subscribe(commands, environment, event_grid_key)

    say("Smoke test: GET /api/ready")
    commands.wait_for(
        "the app, ready",
        lambda: ready.look(environment.functions_url, callback_key, ask),
        hint="Running `azd hooks run postdeploy` again goes on from here.",
    )
    say(f"Ready: {environment.functions_url}")


def _keys(commands: Commands, environment: Environment, kind: str) -> dict[str, str]:
    where = ("-g", environment.resource_group, "-n", environment.functions_name)
    listed = commands.json("az", "functionapp", "keys", "list", *where, "-o", "json") or {}
    found: dict[str, str] = listed.get(kind) or {}
    return found


def callback_key_of(commands: Commands, environment: Environment) -> str:
    """Return the function key of the callback, made where there is none."""
    if CALLBACK_KEY not in _keys(commands, environment, "functionKeys"):
        where = ("-g", environment.resource_group, "-n", environment.functions_name)
        made = ("--key-type", "functionKeys", "--key-name", CALLBACK_KEY)
        commands("az", "functionapp", "keys", "set", *where, *made, "-o", "none")
    key = commands.wait_for(
        f"the function key {CALLBACK_KEY}",
        lambda: _keys(commands, environment, "functionKeys").get(CALLBACK_KEY),
        hint="Does whoever deploys have the role Contributor on the resource group?",
    )
    return commands.hide(key)


def _set(commands: Commands, environment: Environment, name: str, value: str) -> None:
    where = ("-g", environment.resource_group, "-n", environment.functions_name)
    commands("az", "functionapp", "config", "appsettings", "set", *where, "--settings", f"{name}={value}", "-o", "none")
