"""What a merge does to its table.

| module | what it holds |
| --- | --- |
| `observed` | counting rows while they pass |
| `replacement` | the rows that change, kept until they take the place of those that were there |
"""
