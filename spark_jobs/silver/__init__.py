"""The silver task: the parts of a batch become the history of each entity.

| module | what it holds |
| --- | --- |
| `task` | the silver task |
| `merge` | the merge of one entity of one batch |
| `stored` | what silver holds of the entity when its merge begins, read once |
| `landed` | a room of its own: bronze rows as typed, checked, named events |
| `erasure` | a room of its own: what is to leave is found, and taken out |
| `sides` | those events and the stored ones in one form, and what becomes of them |
| `history` | a room of its own: AUTO CDC, SCD type 2 |
| `effect` | a room of its own: what a merge does to its table, counted while it passes and kept until it is written |
| `restating` | a table brought to what its events are told apart by now, and to the text that landed |
| `unique` | the column rule that compares rows with each other |
| `labels` | labels beside the values of choices, states and status reasons |
"""
