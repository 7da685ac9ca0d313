"""Gold model files made for tests: a header with one input, and the query that a test is about."""

from __future__ import annotations


def model_text(query: str, *columns: str, by: str = "cid", kind: str = "string") -> str:
    """Spell a model file of the key `cid` over silver's `customer`, of which it reads text columns (`cid`, `name`)."""
    declared = ", ".join(f'{name} = "{kind}"' for name in columns or ("cid", "name"))
    header = f'primary_key = "cid"\n\n[inputs.customer]\nby = "{by}"\ncolumns = {{ {declared} }}\n'
    return f"/*\n{header}*/\n{query}"
