"""Erasure: everything of one key leaves silver, gold and bronze, and stays out until landing cannot bring it back.

| module | what it holds |
| --- | --- |
| `request` | What people may ask to be erased |
| `steps` | Carries erasures on: search, rewrite, clear, guard, search again |
| `rewriting` | What is left of a bronze part, under another name |
| `landing_files` | The files in landing that would bring it back |
"""
