"""Event Grid for Azurite (`python -m local.bridge`): what lands is told to the functions, as a hint.

| module | what |
| --- | --- |
| `bridge` | looks into landing, makes the events, posts them, remembers what was sent |
| `subscriptions` | lists whom it tells of what, for who checks |
| `__main__` | the process: looks twice a second |

Knows the functions by their webhook only.
"""
