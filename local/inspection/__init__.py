"""How a finance file would be read, before it lands (`python -m local inspect FILE`): no stack, no account, nothing is written.

| module | what |
| --- | --- |
| `command` | the command line |
| `file` | reads a file as the functions would, to its end |
| `values` | what the values of a column say of its type, as the job would find it |
| `printed` | how all that looks on a terminal |
"""
