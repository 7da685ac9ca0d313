"""The Databricks job: bronze parts become history (silver), history becomes a publication (gold).

| module | what it holds |
| --- | --- |
| `batch` | the batch manifest and the outcome document, as records |
| `silver`, `gold` | the two tasks; each has a `main` that the wheel names as its entry point |
| `names`, `casts`, `rules` | SQL expressions that turn landed text into typed, checked, named columns |
| `unique` | the rule that no two keys share a value |
| `labels` | the labels of choices and states beside their values |
| `bronze`, `landed`, `inference` | the rows that a batch brings: read, typed and checked; the types of finance columns |
| `history`, `repeated` | AUTO CDC: events in, intervals out; which keys have several events at all |
| `merge`, `observed` | the merge of one entity, and its counts |
| `models`, `query`, `validation` | gold models: what their headers say, their rows, and whether they can run at all |
| `build` | a gold table: of what changed where that can be told, else of everything |
| `snapshots` | finance files that close the keys which they leave out |
| `tables` | tables of Delta Lake |
| `lake`, `session` | files outside DataFrames, and the Spark session |
| `publication`, `layouts`, `collection` | what gold is made of, where its files lie, and when they may go |
| `gold_delta` | gold as Delta tables too |
| `traps` | what Customer Insights would stumble over, told by a publication's record |
| `readiness`, `parquet_files`, `delta_log` | the same of a gold folder: its manifest, its files, its Delta tables |

Nothing here knows Azure, and nothing here uses what Spark Connect lacks (RDDs, the JVM, Python UDFs), so that the same
wheel runs on a job cluster, on serverless compute and on a laptop.
"""
