"""Words that exports write where there is no value.

They are never taken for nothing unless the configuration lists them (`nulls`). They only do not speak against a type: one
`NULL` among dates does not make a column text for ever, its record is rejected with the advice to list the word.
"""

from __future__ import annotations

from typing import Final

#: In lower case.
NULL_WORDS: Final = ("null", "\\n", "n/a", "#n/a", "na", "nan", "none", "nil", "(null)", "-", "--")
