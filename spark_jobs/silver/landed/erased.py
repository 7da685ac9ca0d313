"""Rows that are to be erased: conditions by which a key is known from its digests alone, as SQL over columns that hold it.

Nothing but ids and digests, which are hexadecimal, stands in the text of these conditions.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.erasure.keys import ErasedKey, salted
from spark_jobs.names import literal

#: What is wrong with a row whose key is to be erased, though landing still brings it: it is rejected, and kept nowhere.
ERASED = "erased:key"
#: What stands around a value in a record that nobody could read: quotes, blanks, the braces of a GUID.
_AROUND = literal(" \t\r\n\u00a0\"'{}")
#: What values are set apart by in records; a value that holds one of these itself is found in no reject.
_BETWEEN = r"[,;|\t\r\n]"


def is_key(key: ErasedKey, texts: Sequence[str]) -> str:
    """Return the condition that SQL expressions of the key's texts, in its order, are the key's."""
    same = (f"{_digest(key, text)} = {literal(one)}" for text, one in zip(texts, key.digests, strict=True))
    return f"coalesce({' and '.join(same)}, false)"


def holds_key(key: ErasedKey, values: str) -> str:
    """Return the condition that an array of texts holds all texts of the key, whichever column each is of.

    For records of which nobody can tell the columns. It may take a record of somebody else for one of this key, which costs a
    reject that nobody could use.
    """
    wanted = ", ".join(literal(one) for one in key.digests)
    found = f"flatten(transform({values}, value -> array({_digest(key, 'value')}, {_digest(key, 'lower(value)')})))"
    return f"coalesce(size(array_except(array({wanted}), {found})) = 0, false)"


def values_of_record(text: str) -> str:
    """Return the SQL expression of what may be the values of a record, over its raw text."""
    return f"transform(split({text}, {literal(_BETWEEN)}), value -> trim(both {_AROUND} from value))"


def values_of_json(text: str) -> str:
    """Return the SQL expression of the values of a record that is kept as JSON."""
    values = f"coalesce(map_values(from_json({text}, 'map<string,string>')), array())"
    return f"transform({values}, value -> trim(both {_AROUND} from value))"


def _digest(key: ErasedKey, text: str) -> str:
    return f"sha2(concat({literal(salted(key.erasure_id))}, {text}), 256)"
