"""Calls to one instance of Customer Insights - Data: over azure-core's pipeline, with key and token, and errors of ours."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from azure.core import PipelineClient
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, HeadersPolicy, RetryPolicy
from azure.core.rest import HttpRequest

from shared.errors import ServiceRefused, ServiceUnavailable

_SCOPE = "https://api.ci.ai.microsoft.com/.default"  # not the host of the API
_SERVICE = "Customer Insights"


class StaticToken:
    """A bearer token from a setting: for the local emulator, which has no Entra."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Return the token, for ever valid."""
        return AccessToken(self._token, 2**31 - 1)


class CustomerInsightsHttp:
    """One instance: `root` is `https://api.ci.ai.dynamics.com/v1`."""

    def __init__(self, *, root: str, instance_id: str, subscription_key: str, credential: Any) -> None:
        self._place = f"{root.rstrip('/')}/instances/{instance_id}"
        self._client: PipelineClient[Any, Any] = PipelineClient(
            base_url=root,
            policies=[
                HeadersPolicy({"Ocp-Apim-Subscription-Key": subscription_key}),
                RetryPolicy(retry_total=2, retry_backoff_factor=0.2),
                BearerTokenCredentialPolicy(credential, _SCOPE, enforce_https=root.startswith("https")),
            ],
        )

    def send(self, method: str, path: str, document: Mapping[str, Any] | None = None, *, absent_is_none: bool = False) -> Any:
        """Return what a path below the instance answers; raises `ServiceUnavailable` or `ServiceRefused`."""
        url = f"{self._place}/{path}"
        headers = {"Accept": "application/json"}
        content = None
        if document is not None:
            headers["Content-Type"] = "application/json-patch+json; charset=utf-8"  # as Microsoft's client says it
            content = json.dumps(document).encode()
        request = HttpRequest(method, url, headers=headers, content=content)
        try:
            # What may have gone through is not sent again: there is no idempotency key, so the caller looks first.
            retries: dict[str, Any] = {} if method == "GET" else {"retry_total": 0}
            # enforce_https is read per request
            response = self._client.send_request(request, enforce_https=url.startswith("https"), **retries)
        except AzureError as error:
            raise ServiceUnavailable(_SERVICE, type(error).__name__) from error
        if response.status_code == 404 and absent_is_none:
            return None
        if response.status_code in {408, 429} or (response.status_code >= 500 and response.status_code != 501):
            after = response.headers.get("Retry-After", "")
            raise ServiceUnavailable(_SERVICE, str(response.status_code), retry_after=float(after) if after.isdigit() else None)
        if response.status_code >= 400:
            raise ServiceRefused(_SERVICE, str(response.status_code), _error_code(response))
        return response.json() if response.content else None


def _error_code(response: Any) -> str:
    try:
        return str(cast("dict[str, Any]", response.json()).get("errorCode", ""))
    except (ValueError, AttributeError):
        return "no error code"
