"""Finance files: from what lands to a header, and the text below it; each refused with the way out where nobody can tell.

| module | what it holds |
| --- | --- |
| `cells` | The cells of an `.xlsx` workbook as text |
| `data_set` | The room of contracts: made from a first file, and what later ones are compared with |
| `errors` | Why a finance file cannot be read |
| `expected` | How a later file is read: by the contract, as far as the file leaves it open |
| `fit` | Which dialect fits the records of a file |
| `header` | Which record of a file is its header |
| `layout` | Where in a file its table stands, how it is written, and what its columns are called |
| `options` | What the configuration says about how a data set's files are read, and the TOML that says it |
| `shapes` | What a cell looks like: a number, a date, or text |
| `source` | From a landed finance file to a header and the text below it |
| `text` | A room of its own: from the bytes of a file to its text |
| `totals` | Records that are none: totals, notes and titles of sections |
| `words` | Words that name columns |
| `workbook` | Workbooks as CSV text |
"""
