"""What the functions and the Spark jobs hand to each other; the only part of `shared` that `spark_jobs` imports.

Standard library only, and part of the wheel that Databricks runs. Each document is one tree of frozen dataclasses, and `codec`
is the one decoder and the one encoder of them all. `docs/contracts.md` tells them in words; a test holds it to this room.

| module | what it holds |
| --- | --- |
| `manifest` | the batch manifest: what a run has to do |
| `entity` | how one entity is built, and the rules of its columns |
| `counts` | what became of the rows that an entity was given |
| `report` | what the silver task leaves for the gold task |
| `outcome` | what a run says of itself at its end |
| `publication` | the record of one version of gold |
| `arguments` | the job's parameters |
| `places` | where things live in the lake |
| `columns` | landed columns, lineage columns, and the columns of history |
| `values` | how values are written in finance files: a room of its own |
| `erasure` | whose rows are to leave the lake, and where they were found: a room of its own |
| `sql_types` | the SQL types that columns have, and the spelling of a decimal |
| `codec` | dataclasses from JSON and to JSON |
| `errors` | what is raised where a document is not as agreed |
"""
