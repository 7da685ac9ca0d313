"""Landed bytes to bronze: what an event or the sweep causes.

| module | what it holds |
| --- | --- |
| `bronze` | Writes slices of landed files as bronze parts, each exactly once |
| `column_sources` | Finds the columns that a landed Dataverse file is bound to, or says what it still waits for |
| `dataverse_files` | Finds out what the plan of a file of Dataverse rows depends on |
| `event` | What a landing event causes |
| `finance` | The room of finance files: what is found out of one, by the contract of its data set |
| `ingest` | Landed bytes to bronze |
| `labels` | Labels of choices, states and status reasons |
| `plan` | Decides what is to be done with a version of a landed file |
| `poison` | Landed files that nobody could take |
| `reading` | Reads one version of one landed file, slice by slice, and keeps ledger and bronze in step |
| `sweep` | Looks for landed files that are not settled, and takes them |
| `tails` | Reports what is held back for too long |
| `unsettled` | Which landed files are not settled |
"""
