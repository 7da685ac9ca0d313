"""Gold models: plain Spark SQL files whose header says what they need, so that only what changed is computed again.

| module | what it holds |
| --- | --- |
| `definition` | a model and its inputs, as records |
| `header` | the header of a model file, read and checked; how one is written is said there |
| `files` | the model files of the package, or of a folder |
| `declared` | values of silver as the types that a model declares |
| `query` | a model as a query over silver |
| `inputs` | the rows that a model reads, looked at |
| `phones` | telephone numbers in E.164 |
| `semantic_types` | what a column means, in Customer Insights' words and as a trait |

The files themselves lie in `spark_jobs/gold/`; `spark_jobs.gold.validation` plans them before a run.
"""
