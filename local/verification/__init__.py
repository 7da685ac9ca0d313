"""`python -m local check`: the check of a deployment (`deploy.check`) against the stack of `make up`.

| module | what |
| --- | --- |
| `laptop` | the stack as the check sees it: its settings, Azurite, the emulated workspace, the bridge; and that check |

An outside client: knows where things listen, and imports nothing of what runs there.
"""
