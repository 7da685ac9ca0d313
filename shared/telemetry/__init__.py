"""What the pipeline tells of itself: log events with stable names and fields, and what is measured and traced by them.

Code tells an event, once, where it happened; everything else follows from that (`docs/operations.md` has the tables). The
standard library alone: what exports is an adapter, imported when something is to be exported.

| module | what it holds |
| --- | --- |
| `log_events` | Every event and the fields that it has, and how one is told |
| `measures` | What is counted and measured by events |
| `traces` | The way of a batch, from landing to Customer Insights, as spans |
| `exporting` | Who exports, by the environment; the handler that hands events over |
"""
