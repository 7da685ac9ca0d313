"""The laptop stack: development only, imported by nothing that is deployed.

`python -m local up` starts Azurite, the functions, the Jobs emulator, the Customer Insights emulator and the bridge
that turns Azurite writes into Event Grid posts; `python -m local demo` shows the whole chain once, `python -m local check`
looks whether what is up works, `python -m local inspect FILE` tells how a finance file would be read, `python -m local sql
QUERY` asks the lake by name, and `python -m local status|files|runs|rejects|datasets|reprocess` asks the pipeline, on this
laptop or deployed.

| room or module | what |
| --- | --- |
| `__main__` | the command line |
| `toolchain` | set-up and doctor (`python -m local.toolchain`): standard library only, runs before anything is installed |
| `demo` | the chain shown once, and counted again |
| `verification` | the check of a deployment, against the stack of `make up` |
| `terminal` | the pipeline from a terminal: its API asked, its answers as tables or JSON |
| `inspection` | how a finance file would be read, before it lands |
| `jobs_emulator` | the Databricks Jobs API, running the wheel's entry points |
| `customer_insights_emulator` | the refresh API of Customer Insights, reading gold |
| `functions_host` | the functions, on Microsoft's own runtime library |
| `bridge` | Event Grid: what lands in Azurite is told to the functions |
| `spark_worker` | the process with a warm Spark in which entry points run |
| `lake` | the lake read from outside |
| `sample` | what the demo lands |
| `stack` | all of it as child processes: Azurite, ports, settings, start and stop |
| `emulation` | what everything that answers HTTP stands on |
| `errors` | the root of the errors |

Imports point down this list, and the processes import none of each other: the stack starts them by name.
"""
