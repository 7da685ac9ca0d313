"""Counts, by day, that are written with what they count: what is shown is read, and never computed from history.

| module | what it holds |
| --- | --- |
| `increments` | What a step adds, by name |
| `tally` | Rows that one writer each adds to, and their sums |
"""
