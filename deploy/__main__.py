"""`python -m deploy provisioned` and `deployed` are what azd's hooks call; `python -m deploy check` tells whether it all works.

Environments are azd's: `azd env get-values` has to be in the variables, as `azd hooks run` and `azd env exec` see to.
"""

from __future__ import annotations

import argparse
import base64
import os
import sys
import time
from datetime import UTC, datetime
from secrets import token_hex

from deploy.check import report
from deploy.check.azure import AzureDeployment
from deploy.check.canary import Patience
from deploy.check.sequence import Check, name_of
from deploy.commands import Commands
from deploy.environment import Environment, read_environment
from deploy.errors import DeploymentError
from deploy.secrets import callback_password
from deploy.steps import after_deployment, after_provisioning, callback_key_of
from deploy.workspace import CALLBACK_USERNAME

_HOOKS = {"provisioned": after_provisioning, "deployed": after_deployment}


def main() -> int:
    """Run the hook or the check that is named; say what to do where it fails."""
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("command", choices=[*_HOOKS, "check"])
    parser.add_argument("--json", action="store_true", help="of a check: tell it as JSON")
    parser.add_argument("--no-canary", action="store_true", help="of a check: look only, and land nothing")
    given = parser.parse_args()
    try:
        commands, environment = Commands(), read_environment(os.environ)
        if given.command == "check":
            return report.tell(_check(commands, environment)(canary=not given.no_canary), as_json=given.json)
        _HOOKS[given.command](commands, environment, lambda text: print(text, flush=True))
    except DeploymentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _check(commands: Commands, environment: Environment) -> Check:
    def credentials(_: object) -> str:
        told = f"{CALLBACK_USERNAME}:{callback_password(commands, environment)}"
        return f"Basic {base64.b64encode(told.encode()).decode()}"

    return Check(
        deployed=AzureDeployment(commands, environment, key=callback_key_of(commands, environment)),
        name=name_of(datetime.now(UTC), token_hex(4)),
        credentials=credentials,
        patience=Patience(),
        seconds=time.monotonic,
        now=lambda: datetime.now(UTC),
        pause=time.sleep,
    )


if __name__ == "__main__":
    sys.exit(main())
