"""Names and texts as SQL quotes them."""

from __future__ import annotations

#: Spark replaces `${env:…}`, `${system:…}` and `${<setting>}` in the text of SQL before it parses it, within quotes too. That
#: is turned off (`session`), but serverless compute may refuse to be told, so no name or text is ever spelled with it.
_SUBSTITUTED = "${"
_BREAK = "\ue000"  # of the area for private use
#: Blanks around a value, as a SQL literal.
BLANKS = r"' \t\r\n\u00a0'"


def quoted(name: str) -> str:
    """Return a name as a SQL identifier; one with `${` in it is that of a column which was renamed so (`spelled`)."""
    return backticked(spelled(name))


def backticked(name: str) -> str:
    """Return a name as the address of a column, outside of SQL text."""
    return "`" + name.replace("`", "``") + "`"


def spelled(name: str) -> str:
    """Return what a landed column is called within the job: without what Spark would replace, and distinct where names are."""
    return name.replace(_BREAK, 2 * _BREAK).replace(_SUBSTITUTED, f"${_BREAK}{{")


def literal(text: str) -> str:
    """Return a text as a SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace(_SUBSTITUTED, "\\u0024{") + "'"


def trimmed(expression: str) -> str:
    """Return the SQL expression of a text without the blanks around it.

    Fixed widths are padded with them, and none of them is content: keys, values and rules are all compared without.
    """
    return f"trim(both {BLANKS} from {expression})"
