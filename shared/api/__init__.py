"""What HTTP asks of the pipeline and what it answers.

| module | what it holds |
| --- | --- |
| `files` | Landed files and rejects, a page at a time |
| `pages` | Pages of long lists |
| `reprocess` | Reprocess jobs |
| `runs` | Batches and their runs |
| `status` | What is going on, for people and for clients that wait |
"""
