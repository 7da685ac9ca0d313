"""Bronze parts to one run, a run to a publication, a publication to a refresh; doing things again; and erasing.

| module | what it holds |
| --- | --- |
| `callback` | The webhook of a Databricks job |
| `conclude` | Follows the active run to its end |
| `dispatch` | Turns bronze parts that wait into one batch and one run, never more than one at a time |
| `erasure` | Everything of one key leaves: a room of its own |
| `hints` | Hints without a flood |
| `listing` | Says what the parts of a batch are, once and for all |
| `publish` | Makes a publication visible |
| `reconcile` | One look at everything that goes on |
| `refresh` | Asks Customer Insights to read the newest publication, and follows that refresh to its end |
| `reprocess` | What people may ask to be done again |
| `reprocess_steps` | Carries reprocess jobs on, a piece at a time, so that newly landed files keep flowing beside them |
| `selection` | What a reprocess job names: landed files, parts, batches |
| `when` | Decides when waiting parts become a batch |
"""
