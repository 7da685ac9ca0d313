"""What Customer Insights will make of gold, seen before it runs: unified profiles, measures, segments.

| room | what it holds |
| --- | --- |
| `rules` | `insights.toml`: read, checked, written for editors |
| `unify` | rows become profiles |
| `audience` | measures and segments |
| `judge` | whether profiles are to be believed |

| module | what it holds |
| --- | --- |
| `preview` | All tables of a preview, under Customer Insights' names |
| `intermediate` | Intermediate tables, each written once |
| `sources` | Where the tables are found |
| `results` | What a preview leaves in the lake |
| `page` | A preview as one HTML page |
| `steps` | What to click in Customer Insights |
| `task` | The insights task, an optional third of the job |
| `commands` | The command line |
| `comparing` | What it does with data |
| `__main__` | `python -m spark_jobs.insights` |

Facts, measurements and open questions: reference: Insights, sections 1 to 5.
"""
