"""The rules of unification, measures and segments as a file, `insights.toml`, without Spark.

| module | what it holds |
| --- | --- |
| `vocabulary` | What may stand in the file: its typed model |
| `reading` | The file read strictly, faults told by line, rule and field |
| `schema` | `insights.schema.json`, made from the model |
| `lint` | What Customer Insights would refuse, or make nothing good of |
| `switches` | What Microsoft does not document, decided in one place |
"""
