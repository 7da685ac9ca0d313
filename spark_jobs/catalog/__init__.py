"""Tables under names that people can find, where the job is given a catalog (Unity Catalog, or the session's own).

| module | what it holds |
| --- | --- |
| `schemas` | where the catalog has silver and gold |
| `statements` | the SQL that registers, describes and protects a table |
| `published` | The rows of a published gold table, whatever files it is made of: a DataFrame, and the same as SQL |
| `personal` | which columns hold personal data |
| `registration` | what is not registered yet, registered |

The lake stays as it is: what is registered are external tables over the very folders, and nothing in the job reads a table by
such a name. So a lake works without a catalog, and what cannot be registered is a warning of the run's outcome, not a failure.
"""
