"""How jobs run here: their definitions, their runs, what runs a task, and what tells of the end.

| module | what |
| --- | --- |
| `definition` | jobs: read from the bundle, or as the API is given them; kept across restarts |
| `runs` | runs and task runs, and how each ended |
| `state` | the runs and tokens that are remembered, across restarts |
| `execution` | runs one run after the other, task by task |
| `worker` | what runs a task: the process of `local.spark_worker` |
| `webhooks` | what tells that a run ended |
"""
