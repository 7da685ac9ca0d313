"""Is data flowing, how fresh is gold, what is stuck and why: `GET /api/overview`, which the dashboard polls.

| module | what it holds |
| --- | --- |
| `days` | What happened on each day, from the tallies |
| `documents` | What the overview answers, as typed documents |
| `overview` | Reads what is kept for being shown, in at most ten calls, whatever happened before |
| `rebuild` | Counts everything again from the ledger |
| `signals` | What a person should look at though nothing waits for one: gold is old, data is late, a file is unlike others |
"""
