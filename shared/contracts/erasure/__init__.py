"""Erasure: what is to leave the lake, and where it was found.

| module | what it holds |
| --- | --- |
| `keys` | whose rows: a key that nobody can read back |
| `found` | what a search found, for the functions to take out of bronze |
"""
