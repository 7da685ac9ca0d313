"""What a data engineer would use instead of the job, on the same customers: everything once, then small batches.

| module | what it holds |
| --- | --- |
| `workload` | what lands: a first load, small batches, and batches that change nothing |
| `oracle` | which rows are current then, made without any engine; and whether a contestant's are the same |
| `contestant` | what a contestant does, and what it spends on each step |
| `session` | the Spark session that contestants get |
| `ours` | the job of this project, in one of its layouts of gold |
| `sample` | the sample's notebooks, which begin again from all bytes |
| `merges` | Delta tables with history by a MERGE, the two ways that teams write it; gold rebuilt |
| `floor` | what the engine alone costs: the same, unchecked, and by hand |
| `auto_cdc` | Spark's own declarative pipelines; `RowLevelCatalog.java` is what Delta Lake lacks for them |
| `ducks` | DuckDB with tables of its own |
| `tables` | what was measured, as tables in Markdown |

Those that keep history keep it for events that come in order, and count nothing: no rejects, no late events, no row accounting.
"""
