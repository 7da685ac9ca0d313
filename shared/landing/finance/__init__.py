"""Landed finance files: what is found out of one before its plan, by the contract of its data set.

| module | what it holds |
| --- | --- |
| `agreement` | What a finance file and the contract of its data set agree on, while the file is read |
| `finance_files` | Finds out what the plan of a finance file depends on |
| `repeats` | Finance files that land again with the content that they had |
"""
