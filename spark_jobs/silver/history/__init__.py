"""The history of an entity: AUTO CDC, SCD type 2 (reference: Databricks, section 4.2).

| module | what it holds |
| --- | --- |
| `plan` | what tells events apart, and what orders them |
| `intervals` | events of some keys in, every event with its interval out |
| `closings` | files that close rows by leaving them out: when, and whose |
| `leaving_out` | the same of one entity and one batch, with the keys that are there though their records were rejected |
"""
