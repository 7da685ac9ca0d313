"""The gold task and the gold models: history becomes a publication that Customer Insights reads.

| module | what it holds |
| --- | --- |
| `basis` | what a publication is built on, read once |
| `build` | The build of one gold table |
| `cdm` | the CDM manifest and the entity documents that show a publication to Customer Insights |
| `collection` | Which files of gold nobody can want any more |
| `delta` | Gold as Delta tables below `gold/delta/` |
| `parquet` | a room of its own: the files that a gold table is made of |
| `models` | a room of its own: gold models, their headers and queries |
| `readiness` | `python -m spark_jobs.gold.readiness <gold folder>` |
| `staging` | everything that a publication is, except what makes it visible |
| `task` | The gold task |
| `traps` | What Customer Insights would stumble over, told by the record of a publication before it is staged |
| `validation` | Gold models checked before a run, by planning them |
"""
