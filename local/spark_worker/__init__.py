"""A warm Spark with Delta Lake on the lake in Azurite, in a process of its own (`python -m local.spark_worker`).

Stands for the driver of a Databricks cluster: the session is there before the job, `sys.argv` is set as for a wheel
task (reference: Databricks, section 1.7), `dbutils` exists, and every task starts with freshly imported modules.

| module | what |
| --- | --- |
| `__main__` | warms up, then takes orders: a line of JSON each, answered by a file each |
| `session` | the job's own laptop session, led to Azurite |
| `entry_points` | finds and runs an entry point of the installed wheel |
| `dbutils` | `dbutils.fs` on Hadoop's file systems |
| `by_name` | the same session for whoever asks the lake in SQL: `python -m local sql` |

Imports `spark_jobs`, and `local.stack.azurite` for the account; the Jobs emulator starts it as a process.
"""
