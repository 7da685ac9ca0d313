"""The pipeline from a terminal, on this laptop or deployed: `python -m local status|files|runs|rejects|datasets|reprocess`.

| module | what |
| --- | --- |
| `terminal` | the command line, and what a command ends in |
| `options` | what a command may be told, made from what the API may be asked |
| `client` | asks the API, and reads every answer into the type that the app made it from |
| `answers` | how what it answers looks on a terminal |
"""

from __future__ import annotations

from typing import Final

COMMANDS: Final = ("status", "files", "runs", "rejects", "datasets", "reprocess")
"""What the command line does here; the rest of `python -m local` is about the stack."""
