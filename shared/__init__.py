"""The pipeline without its triggers, as rooms with one way down; each room's `__init__` is its contents page.

| room | what is in it |
| --- | --- |
| `context` | joins ports and adapters; the only module that knows the adapters |
| `api` | what HTTP asks and answers |
| `orchestration` | bronze parts to one run, a run's end to a publication and a refresh; doing things again |
| `landing` | landed bytes to bronze |
| `ledger` | the record of every file, part, batch, refresh and reprocess job |
| `config` | the app's settings, and `customer360.toml` |
| `formats` | what landed files look like: paths, models, CSV, workbooks, labels |
| `adapters` | Azure Storage, Databricks, Customer Insights, and their memory twins |
| `contracts` | what the functions and the Spark jobs hand to each other |
| `telemetry` | what the pipeline tells of itself: events, and what is measured and traced by them |
| `ports`, `errors`, `concurrency` | what is needed from outside, what can go wrong, many calls at a time; know no room |

Imports point down this list only, and only `context` knows `adapters` (`pyproject.toml`, import-linter).

To follow one file, read `landing.event`, `landing.ingest`, `orchestration.dispatch`, `orchestration.conclude`, and
`landing.sweep` for what events missed.
"""
