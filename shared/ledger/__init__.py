"""The record of every landed file, part, batch, refresh and reprocess job.

| module | what it holds |
| --- | --- |
| `contract_keeping` | The contracts of finance data sets: a document for each version, kept in bronze |
| `identities` | Which table an entity is, and what its columns are called: decided on first sight, kept in bronze |
| `label_records` | The part of the ledger that says which labels are known, per table and per label file |
| `ledger` | The record of every landed file, part, batch, refresh and reprocess job, and the log of every step they took |
| `part_records` | The part of the ledger that holds bronze parts |
| `pipeline_records` | The part of the ledger that says what runs and what ran |
| `records` | What the ledger remembers |
| `rows` | How records become rows of the ledger's table, and rows become records |
| `silver_types` | The types that the columns of a silver table have |
| `states` | Every state of every thing in the ledger, and every step between them, as one table |
| `table_records` | The part of the ledger that says what each table of silver and gold holds |
| `tallies` | Counts, by day, that are written with what they count |
| `told` | Steps that were stored, told as events |
| `waiting` | What waits |
"""
