"""An emulator of the Databricks Jobs API 2.2 that really runs the job: the wheel's entry points, on a warm local Spark.

Behaviour follows what the SDK sends and what a workspace was seen to answer (reference: Databricks, sections 1 and 2).
A call it does not know is answered 501, never with a false success. The Databricks CLI can deploy the bundle to it, as
docs/local.md shows.

| room or module | what |
| --- | --- |
| `__main__` | the workspace as a process |
| `server` | the workspace as a whole: HTTP and the thread that runs |
| `routes` | paths to calls, the bearer token |
| `calls` | a room of its own: what each call does |
| `running` | a room of its own: how jobs run |
| `errors` | Databricks' error codes |
| `faults` | what a test breaks: answers, runs, webhooks |

Stands on `local.emulation`, and on `local.stack.child` for the worker's process.
"""
