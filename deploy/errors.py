"""What can go wrong after a deployment.

DeploymentError
├── EnvironmentIncomplete   azd does not know something yet
├── CommandFailed           a command line of others failed; carries what it said, without secrets
└── NotThere                what was waited for did not come
"""

from __future__ import annotations


class DeploymentError(Exception):
    """A step failed; the sentence says what to do, and running the hook again goes on from there."""


class EnvironmentIncomplete(DeploymentError):
    """azd has no value for something that `infra/main.bicep` puts out."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not set: run `azd provision` first, or start this through `azd hooks run`.")
        self.name = name


class CommandFailed(DeploymentError):
    """A command line of others ended with an error."""

    def __init__(self, command: str, said: str) -> None:
        super().__init__(f"`{command}` failed: {said or 'it said nothing'}")
        self.command, self.said = command, said


class NotThere(DeploymentError):
    """Something that takes its time did not come in time."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what} is still not there. {hint}")
        self.what, self.hint = what, hint
