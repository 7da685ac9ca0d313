"""The one place where ports meet adapters: every collaborator is made on first use, and a test may replace any of them.

Importing this room, and so the function app, makes no client and no call.

| module | what it holds |
| --- | --- |
| `outside` | What the app is told, and what it reaches: settings, the time, clients of services |
| `use_cases` | Every use case, built over them |
"""

from __future__ import annotations

from shared.context.use_cases import Context

__all__ = ["Context", "context"]

context = Context()
"""The app's context; tests make their own."""
