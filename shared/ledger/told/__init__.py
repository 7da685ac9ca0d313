"""Steps that were stored, told as events: which fields of a record an event has (`shared/telemetry/log_events.py`).

| module | what it holds |
| --- | --- |
| `file_steps` | Steps of landed files and of their parts |
| `pipeline_steps` | Steps of batches, refreshes, reprocess jobs and erasures |
"""
