"""Customer Insights from a workstation: what is set there as files, and what it made compared with the preview.

| room | what it holds |
| --- | --- |
| `configuration` | measures, segments and relationships: pulled, planned, applied, watched |
| `verification` | the preview against the real tables, and the calibration kit |

| module | what it holds |
| --- | --- |
| `instance` | One instance, over HTTP |
| `commands` | The command line |
| `verifying` | What it does with tables |
| `errors` | What a person is told, with the way out |
| `__main__` | `python -m customer_insights` |

Stands on the rules of the preview (`spark_jobs.insights.rules`) and on the adapters of the functions, which know neither it
nor each other; it is deployed nowhere (docs/adr/0020-configuration-from-a-workstation.md).
"""
