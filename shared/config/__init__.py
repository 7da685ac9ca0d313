"""What the app is told: its settings, and `customer360.toml`.

| module | what it holds |
| --- | --- |
| `app_settings` | What may stand in the app settings: the typed model of them |
| `limits` | What a landed file may cost before it is refused |
| `mistakes` | What does not fit a model, where, and what is known or expected there |
| `names` | What landed columns and tables are called in silver |
| `configuration_page` | `docs/configuration.md`, made from both models |
| `pinned` | The section of `customer360.toml` that pins a finance data set |
| `refresh_settings` | When Customer Insights is asked to refresh, and what |
| `schema` | `customer360.schema.json`, made from the model |
| `settings` | The app's settings |
| `tables` | The configuration of entities, and what it means for one table |
| `vocabulary` | What may stand in `customer360.toml`: the typed model of the file |
"""
