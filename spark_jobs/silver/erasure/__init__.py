"""Erasure in the job: what of a key is in bronze is found, what is in silver goes.

| module | what it holds |
| --- | --- |
| `task` | The stage `erasure` of a batch, from search to VACUUM |
| `search` | Where in bronze a key is, among rows and rejects |
"""
