"""The calls of the API: each takes the request's fields and answers with a document, or raises an ApiError.

Shapes and odd answers as measured or documented (reference: Databricks, sections 1.2 to 1.4; deploying, section 1); where a
workspace's own behaviour is unknown the comment says what was chosen.

| module | what |
| --- | --- |
| `job_calls` | jobs, and who may do what with them |
| `run_calls` | runs |
| `file_calls` | the files of the workspace, where a bundle keeps what it deployed |
| `documents` | jobs and runs as the API shows them |
| `fields` | the fields of a request, read |
"""
