"""What the functions and the Spark jobs hand to each other; the only part of `shared` that `spark_jobs` imports.

| module | what it holds |
| --- | --- |
| `manifest` | The batch manifest |
| `outcome` | The outcome document of a run, read and checked |
| `places` | Where things live in the lake |
"""
