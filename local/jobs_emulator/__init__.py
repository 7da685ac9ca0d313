"""An emulator of the Databricks Jobs API 2.2 that really runs the job: the wheel's entry points, on a warm local Spark.

Behaviour follows what the SDK sends and what a workspace was seen to answer (reference: Databricks, sections 1 and 2).
A call it does not know is answered 501, never with a false success.

| module | what |
| --- | --- |
| `__main__` | the workspace as a process |
| `server` | the workspace as a whole: HTTP and the thread that runs |
| `routes` | paths to calls, the bearer token |
| `handlers` | the calls |
| `documents` | jobs and runs as the API shows them |
| `runs` | runs and task runs, and how each ended |
| `state` | the runs and tokens that are remembered, across restarts |
| `errors` | Databricks' error codes |
| `faults` | what a test breaks: answers, runs, webhooks |
| `definition` | the job, read from the bundle |
| `execution` | runs one run after the other, task by task |
| `worker` | what runs a task: the process of `local.spark_worker` |
| `webhooks` | what tells that a run ended |

Stands on `local.emulation`, and on `local.stack.child` for the worker's process.
"""
