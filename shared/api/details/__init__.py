"""One thing in full, for whoever wants to know why: `GET /api/story`, `GET /api/rejects/records`, `GET /api/tables/{name}`.

| module | what it holds |
| --- | --- |
| `rejected_records` | The rejected records of a part: where each is and what is wrong with it, never what it holds |
| `silver_table` | A table of silver: its columns, their types, what the newest run found of its values |
| `story` | One landed file's way, from its bytes to Customer Insights |
"""
