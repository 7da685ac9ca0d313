"""The Databricks job: bronze parts become history (silver), history becomes a publication (gold).

| module | what it holds |
| --- | --- |
| `batch` | the batch manifest and the outcome document, as records |
| `silver`, `gold` | the two tasks; each has a `main` that the wheel names as its entry point |
| `names`, `casts`, `rules` | SQL expressions that turn landed text into typed, checked, named columns |
| `unique` | the rule that no two keys share a value |
| `labels` | the labels of choices and states beside their values |
| `history` | AUTO CDC: events in, intervals out |
| `models`, `query`, `validation` | gold models: what their headers say, their rows, and whether they can run at all |
| `tables` | the silver tables of Delta Lake |
| `lake`, `session` | files outside DataFrames, and the Spark session |
| `readiness` | what Customer Insights would stumble over |

Nothing here knows Azure, and nothing here uses what Spark Connect lacks (RDDs, the JVM, Python UDFs), so that the same
wheel runs on a job cluster, on serverless compute and on a laptop.
"""
