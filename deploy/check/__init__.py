"""`python -m deploy check`: whether a deployed environment works, end to end, and what to do where it does not.

| module | what it is for |
| --- | --- |
| `facts` | what is seen of an environment, and the port that sees it |
| `verdicts` | what the facts say: each fault with its remedy |
| `canary` | a tiny data set, followed from landing to Customer Insights |
| `sequence` | the steps, one after the other, each with its time |
| `azure` | an environment in Azure, seen through `az` and `databricks` |
| `report` | what is told: a table, plain lines, or JSON |

Another environment has another adapter of the same port: `local.verification` sees the stack of `make up`.
"""
