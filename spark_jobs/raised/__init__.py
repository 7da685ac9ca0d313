"""What an error says that Spark, Delta Lake or the file utilities raised: by class and status, never by words.

| module | what it holds |
| --- | --- |
| `absence` | whether it proves that a place is absent |
| `states` | the SQLSTATEs that it carries: whether a query is at fault, or another writer was first |
"""
