"""Whether the preview is what Customer Insights made: profiles, measures and segments compared, and open questions settled.

| module | what it holds |
| --- | --- |
| `tables` | Where tables of both sides are read |
| `membership` | Which profile each row is in |
| `comparison` | How two sides differ, in counts |
| `kit` | The calibration kit: rows that undocumented behaviour treats one way or the other |
| `calibration` | What an instance made of the kit, and so which switches it is right with |

`tables` reads and `kit` writes; the others are pure.
"""
