"""`python -m deploy provisioned` and `python -m deploy deployed`: what azd's hooks call."""

from __future__ import annotations

import argparse
import os
import sys

from deploy.commands import Commands
from deploy.environment import read_environment
from deploy.errors import DeploymentError
from deploy.steps import after_deployment, after_provisioning

_STEPS = {"provisioned": after_provisioning, "deployed": after_deployment}


def main() -> int:
    """Run the hook that is named; say what to do where it fails."""
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__)
    parser.add_argument("hook", choices=_STEPS)
    given = parser.parse_args()
    try:
        _STEPS[given.hook](Commands(), read_environment(os.environ), lambda text: print(text, flush=True))
    except DeploymentError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
