"""The smoke test: the app says that it is ready, which takes its settings, its identity's roles and its storage."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable

from deploy.errors import DeploymentError

Answer = tuple[int, str]
Get = Callable[[str, dict[str, str]], Answer]


def get(url: str, headers: dict[str, str]) -> Answer:
    """Ask over HTTPS; return status and text, or raise `DeploymentError` where nobody answers."""
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the app's own URL, which azd told
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - likewise
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        raise DeploymentError(f"The app does not answer: {error}") from error


def look(url: str, key: str, ask: Get = get) -> bool | None:
    """Return True where the app is ready; raises `DeploymentError` with the app's own sentence where it says why not."""
    status, text = ask(f"{url}/api/ready", {"x-functions-key": key})
    if status == 200:
        return True
    raise DeploymentError(f"GET /api/ready answered {status}: {_detail(text)}")


def _detail(text: str) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return text[:200] or "nothing"
