"""A stand-in for the Azure Functions host, around Microsoft's own Python runtime library.

The library that runs the functions is the one that runs in Azure; what calls it here (HTTP, queues, timers, the
blobs webhook) is a test double of the host, good for development only (reference: Azure Functions, section 14). Scaling, keys,
leases and bindings other than those of this project are not reproduced: an app that uses them is refused at start.
`func start` takes over where Azure Functions Core Tools is installed.

| module | what |
| --- | --- |
| `__main__` | the host as a process, as `func start` is one |
| `host` | the host as a whole: host.json read, everything that triggers started |
| `functions` | the app's functions and the settings that their bindings name |
| `runtime` | Microsoft's library, driven |
| `messages` | what that exchanges with a host |
| `triggers` | from what happened to an invocation |
| `web` | HTTP: the app's routes, the blobs webhook, the admin endpoint |
| `routes` | the host's route templates, as rules of werkzeug |
| `queues` | pumps with retries and poison queues |
| `timers` | schedules |

Stands on `local.emulation` for HTTP; imports nothing of the app, which the library finds in the current folder.
"""
