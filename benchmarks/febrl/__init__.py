"""FEBRL: made-up people with duplicates, and what finds them.

| module | what it holds |
| --- | --- |
| `sets` | where the four sets lie, and their columns |
| `alike` | how alike pairs of one person are in two of them, and pairs of people made up |
| `__main__` | `python -m benchmarks.febrl`: the rules, chosen on febrl1 and febrl2 alone |
| `quality` | those rules on each set: precision, recall, wrong clusters; accidents forecast and observed |
| `beside` | Splink on the same sets |
"""
