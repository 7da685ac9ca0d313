"""What landed files look like; pure, and knows neither lake nor ledger.

| module | what it holds |
| --- | --- |
| `at_once` | The room of all records of a block at once, as arrays: for blocks in which many cannot be used |
| `blocks` | One block of complete records to columns of text |
| `cuts` | Blocks of complete records from a stream of chunks, and where each slice is cut |
| `dialect` | Where records end in bytes, and the one CSV dialect that the pipeline reads |
| `finance` | The room of finance files: from what lands to a header, and the text below it |
| `fingerprint` | Tells a file that grew from one that was written anew, by the bytes before the place where reading stopped |
| `label_files` | The two forms in which Synapse Link tells labels, read into one |
| `landed_paths` | What a landed path is: pure classification of blob names |
| `rejects` | Records of a block that cannot be used, as columns |
| `screen` | What the records of a finance file are looked through for |
| `slices` | The kernel: a stream of landed bytes becomes bronze parts, one per slice |
| `model_json` | What Synapse Link's `model.json` says |
| `table_schema` | Which columns a table has |
"""
