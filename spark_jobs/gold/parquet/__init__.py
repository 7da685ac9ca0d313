"""The files that a gold table is made of: where they lie, how rows become some, and what of them a batch touches.

| module | what it holds |
| --- | --- |
| `hours` | The folders of increments: `IncrementalData/yyyy/mm/dd/hh/Upserts` and `Deletes` |
| `increments` | What a batch changes of a table as files of their own, and when those are too many |
| `layouts` | Where the files of a gold table lie and how the manifest names them |
| `touched` | The values that changed rows touch: what of a table is computed again |
| `writing` | Rows written as parquet files, and what is told of each |
"""
