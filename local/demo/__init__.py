"""The demo (`python -m local demo`): the sample in two waves, what becomes of it, and everything counted again.

| module | what |
| --- | --- |
| `demo` | lands, follows the API until it is idle, reads the lake |
| `steps` | the API's documents read as the steps of the chain |
| `check` | what came out, against what the sample says has to come out |
| `tables` | how all that looks on a terminal |

An outside client: imports `local.sample` and `local.lake`, nothing of the stack that it looks at.
"""
