"""How the storage clients connect: with patience, and without asking the environment for a proxy at every single call."""

from __future__ import annotations

import os
import urllib.request
from typing import Any

from azure.core.pipeline.transport import RequestsTransport

_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def patient() -> dict[str, Any]:
    """Return the options of a client: few retries, and a transport of its own, with the timeouts of the storage SDK.

    requests looks for proxies, certificates and a `.netrc` in each call, a tenth of what the call costs; here only where
    the environment names a proxy or certificates when the client is made.
    """
    told = bool(urllib.request.getproxies()) or any(name in os.environ for name in _CERTIFICATES)
    transport = RequestsTransport(connection_timeout=20, read_timeout=60, use_env_settings=told)
    return {"retry_total": 4, "retry_backoff_factor": 0.2, "transport": transport}
