"""The Databricks job: bronze parts become history (silver), history becomes a publication (gold).

| room | what it holds |
| --- | --- |
| `silver` | the silver task: rows that a batch brings, typed, checked, and merged into the history of each entity |
| `gold` | the gold task: models, their tables, publications, and what Customer Insights would stumble over |
| `insights` | what Customer Insights will make of gold: profiles, measures, segments, seen before it runs |
| `catalog` | their tables under names that people can find, where the job is given a catalog |
| `raised` | what an error says that Spark, Delta Lake or the file utilities raised |

The tasks stand on the ground floor, and none imports another.

| module | what it holds |
| --- | --- |
| `errors` | the one tree of errors, told apart by what to do |
| `documents` | the documents of `shared.contracts` as files of the lake |
| `names` | names and texts as SQL quotes them |
| `tables` | tables of Delta Lake |
| `repeated` | which keys have several rows at all |
| `driver` | few rows, which pass through the driver |
| `lake`, `session` | files outside DataFrames, and the Spark session |
| `findings` | what Customer Insights would stumble over, and its limits |
| `parquet_files`, `delta_log` | what files say of themselves, read without Spark |

Nothing here knows Azure, or more of `shared` than its contracts, and nothing here uses what Spark Connect lacks (RDDs, the
JVM, Python UDFs), so that the same wheel runs on a job cluster, on serverless compute and on a laptop.
"""
