"""What is computed of profiles: measures and segments.

| module | what it holds |
| --- | --- |
| `comparisons` | Conditions as SQL |
| `measures` | A figure for each profile, by dimension, or of all |
| `segments` | Profiles by conditions |
"""
