"""What the app is told: its settings, and `customer360.toml`.

| module | what it holds |
| --- | --- |
| `settings` | The app's settings |
| `tables` | The configuration of entities |
"""
