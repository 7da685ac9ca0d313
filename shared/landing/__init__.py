"""Landed bytes to bronze: what an event or the sweep causes.

| module | what it holds |
| --- | --- |
| `bronze` | Writes slices of landed files as bronze parts, each exactly once |
| `column_sources` | Finds the columns that a landed Dataverse file is bound to, or says what it still waits for |
| `event` | What a landing event causes |
| `ingest` | Landed bytes to bronze |
| `labels` | Labels of choices, states and status reasons |
| `plan` | Decides what is to be done with a version of a landed file |
| `poison` | Landed files that nobody could take |
| `reading` | Reads one version of one landed file, slice by slice, and keeps ledger and bronze in step |
| `repeats` | Finance files that land again with the content that they had |
| `sweep` | Looks for landed files that are not settled, and takes them |
| `tails` | Reports what is held back for too long |
| `unsettled` | Which landed files are not settled |
"""
