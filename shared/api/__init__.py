"""What HTTP asks of the pipeline and what it answers.

| module | what it holds |
| --- | --- |
| `attention` | What waits for a person |
| `data_sets` | Finance data sets: how each is read, why, and what a person should know |
| `details` | One thing in full, for whoever wants to know why |
| `documents` | What the API answers, as typed documents |
| `erasure` | Requests to erase, and their receipts |
| `files` | Landed files and rejects, a page at a time |
| `openapi` | The description of the API, made from the documents |
| `overview` | Is data flowing, how fresh is gold, what is stuck and why |
| `pages` | Pages of long lists |
| `queries` | What lists may be asked, as typed queries |
| `reprocess` | Requests to do something again, and reprocess jobs |
| `runs` | Batches and their runs |
| `status` | What is going on, for people and for clients that wait |
"""
