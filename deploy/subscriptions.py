"""One event subscription for each landing container, made once the app runs: Event Grid asks it for a handshake.

The filter lets through what commits a file's bytes, and nothing else: an account with a hierarchical namespace also tells of
files that were only created, at length 0 (reference: Azure Functions, section 4). The sweep finds what no event told of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deploy.commands import Commands, private_file
from deploy.environment import Environment
from deploy.errors import DeploymentError

API_VERSION = "2025-02-15"
DATAVERSE_FUNCTION = "on_dataverse_landed"
FINANCE_FUNCTION = "on_finance_landed"
COMMITTING_CALLS = ("FlushWithClose", "PutBlob", "PutBlockList", "CopyBlob")
DEAD_LETTERS = "deadletter"
_MANAGEMENT = "https://management.azure.com"


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Which function is told of which container."""

    container: str
    function: str

    @property
    def name(self) -> str:
        """The container's: both may have 63 characters of the same kind."""
        return self.container

    def body(self, *, url: str, key: str, lake_id: str) -> dict[str, Any]:
        """Return it as Azure's resource manager takes it."""
        return {
            "properties": {
                "destination": {
                    "endpointType": "WebHook",
                    "properties": {
                        "endpointUrl": f"{url}/runtime/webhooks/blobs?functionName=Host.Functions.{self.function}&code={key}"
                    },
                },
                "filter": {
                    "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
                    "subjectBeginsWith": f"/blobServices/default/containers/{self.container}/blobs/",
                    "advancedFilters": [
                        {"operatorType": "StringIn", "key": "data.api", "values": list(COMMITTING_CALLS)},
                    ],
                },
                "eventDeliverySchema": "EventGridSchema",
                "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
                "deadLetterWithResourceIdentity": {
                    "identity": {"type": "SystemAssigned"},
                    "deadLetterDestination": {
                        "endpointType": "StorageBlob",
                        "properties": {"resourceId": lake_id, "blobContainerName": DEAD_LETTERS},
                    },
                },
            }
        }


def subscriptions(environment: Environment) -> Iterator[Subscription]:
    """Yield the subscriptions that an environment needs."""
    for container in environment.dataverse_containers:
        yield Subscription(container=container, function=DATAVERSE_FUNCTION)
    yield Subscription(container=environment.finance_container, function=FINANCE_FUNCTION)


def subscribe(commands: Commands, environment: Environment, key: str) -> None:
    """Make or renew every subscription; raises `NotThere` where the handshake does not succeed in the end."""
    for subscription in subscriptions(environment):
        body = subscription.body(url=environment.functions_url, key=key, lake_id=environment.lake_id)
        commands.wait_for(
            f"the event subscription {subscription.name}",
            lambda name=subscription.name, body=body: _put(commands, environment, name, body),  # type: ignore[misc] # its values now
            hint="The app has to answer Event Grid's handshake: does it run, and has it indexed its functions?",
        )


def _put(commands: Commands, environment: Environment, name: str, body: dict[str, Any]) -> bool:
    url = f"{_MANAGEMENT}{environment.topic_id}/eventSubscriptions/{name}?api-version={API_VERSION}"
    with private_file(json.dumps(body)) as file:
        commands("az", "rest", "--method", "put", "--url", url, "--body", f"@{file}", "-o", "none")
    return commands.wait_for(f"an answer about {name}", lambda: _made(commands, url, name), hint="Event Grid is still at it.")


def _made(commands: Commands, url: str, name: str) -> bool | None:
    asked = ("--query", "properties.provisioningState", "-o", "json")
    state = commands.json("az", "rest", "--method", "get", "--url", url, *asked)
    if state in ("Failed", "Canceled"):
        raise DeploymentError(f"Event Grid did not make the subscription {name}: {state}")
    return True if state == "Succeeded" else None
