"""Reads and judges Bicep without its compiler, which no package registry has: what `pycep` parses, against Microsoft's types.

| module | what it does |
| --- | --- |
| `template` | one file as values: literals, and expressions that only a deployment could tell |
| `types` | Microsoft's generated types, and what of a value does not fit one |
| `references` | names that nothing declares, that nobody uses, and what modules hand to each other |
"""
