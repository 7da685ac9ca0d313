"""The Databricks job: bronze parts become history (silver), history becomes a publication (gold).

| module | what it holds |
| --- | --- |
| `silver` | the silver task: rows that a batch brings, typed, checked, and merged into the history of each entity |
| `gold` | the gold task: models, their tables, publications, and what Customer Insights would stumble over |
| `batch` | the batch manifest and the outcome document, as records |
| `names` | what a landed column is called in silver, and how SQL quotes it |
| `repeated` | which keys have several rows at all |
| `tables` | tables of Delta Lake |
| `lake`, `session` | files outside DataFrames, and the Spark session |
| `parquet_files`, `delta_log` | what files say of themselves, read without Spark |

Nothing here knows Azure, and nothing here uses what Spark Connect lacks (RDDs, the JVM, Python UDFs), so that the same
wheel runs on a job cluster, on serverless compute and on a laptop.
"""
