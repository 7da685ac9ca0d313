"""What the emulators share, once; each has of its own `routes`, `handlers`, `state`, `errors`, `faults`, `server`, `__main__`.

| module | what |
| --- | --- |
| `server` | HTTP on a thread of this process |
| `routes` | what a method and a path mean, by werkzeug's matching |
| `application` | a service's calls behind its routes, fault switches, and 501 for what is not known |
| `faults` | what a test breaks, how often, and where |
| `errors` | an answer that is an error |

The functions host takes `server` and `routes`. Imports werkzeug, and of the project `local.errors` only.
"""
