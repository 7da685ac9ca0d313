"""Measures, segments and relationships of an instance as files: pulled first, planned from the rules, applied when confirmed.

| module | what it holds |
| --- | --- |
| `documents` | The kinds, what of a document is configuration, and how two differ |
| `snapshot` | What was pulled, in a folder |
| `examples` | What pulled documents show of the form that the instance expects |
| `spelling` | A rule in the form of a pulled document |
| `plan` | What would be written |
| `apply` | Writes it, one after the other, each guarded and read back |

Only `apply` and `snapshot` act; the others decide, and read nothing but what they are given.
"""
