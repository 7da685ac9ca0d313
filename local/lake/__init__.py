"""The lake read from outside, with no word of the pipeline's own counts.

| module | what |
| --- | --- |
| `view` | bronze parts, rejects, gold and a run's outcome |
| `manifest` | which files a table of gold has, by its entity in the CDM manifest, and which of their rows count |

Read by the demo, by the tests of the whole stack, and (`manifest`) by the Customer Insights emulator.
"""
