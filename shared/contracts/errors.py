"""What is raised where a document is not as agreed.

```
ContractError    what one deployable wrote is not what the other one expects; terminal: the same bytes are refused again
```

It belongs to neither tree of errors (`PipelineError` of the functions, `JobError` of the job): both sides read documents, and
neither may import the other. Where a document is read, the reader decides what the refusal means to it.
"""

from __future__ import annotations

_LONGEST = 120  # characters of what a document holds; the sentence is recorded and logged as it is


def shown(text: str) -> str:
    """Return what a document holds as one short line that every store and log can take."""
    line = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text[: _LONGEST + 1])
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


class ContractError(Exception):
    """A document is not of the form agreed; says which one, where in it, what is expected there, and what stands there instead.

    What the document holds is shortened: whatever is written there, the refusal can be recorded. Attributes: `document` (which
    one, as `outcome of batch b…`), `place` in it (`parts[3].rows`; empty: the whole), `expected`, `got`.
    """

    def __init__(self, document: str, place: str, *, expected: str, got: str) -> None:
        self.document = document
        self.place = place = shown(place)
        self.expected = expected
        self.got = got = shown(got)
        super().__init__(f"{document}{', ' if place else ''}{place}: expected {expected}, got {got}")
