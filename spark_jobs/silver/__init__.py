"""The silver task: the parts of a batch become the history of each entity.

| module | what it holds |
| --- | --- |
| `bronze` | The bronze rows of one entity that a batch brings |
| `casts` | Landed text to typed values |
| `history` | AUTO CDC, SCD type 2 |
| `inference` | The types of finance columns, told by their values on first sight |
| `labels` | Labels beside the values of choices, states and status reasons |
| `landed` | Bronze rows of one entity as typed, checked, named events |
| `merge` | The merge of one entity of one batch |
| `observed` | Counting rows while they pass |
| `rules` | Column rules |
| `snapshots` | Snapshots |
| `task` | The silver task |
| `unique` | The rule `unique` |
"""
