"""The contract of a finance data set: made from its first file, kept, and what every later file is read by and compared with.

| module | what it holds |
| --- | --- |
| `terms` | What it says about reading, and the TOML that would pin it |
| `verdict` | What a later file is against the contract |
| `versions` | One version of a contract, as it is kept, and what follows it |
"""
