"""Which columns hold personal data, told by the names that Dynamics 365 gives them, and by those that say it themselves.

A tag is for whoever writes a policy over all tables (mask what is tagged so): it protects nothing by itself, and a column that
is not tagged is not proven to be harmless. Names: reference: Synapse Link, section 7; gold's models keep them.
"""

from __future__ import annotations

import re
from typing import Final

#: The kind of personal data -> what the whole name of such a column looks like, in lower case.
KINDS: Final = {
    "email": re.compile(r"e_?mail(address)?\d*|.*_e_?mail(address)?\d*|email.*"),
    "phone": re.compile(
        r"(mobile|home|assistant|business)?_?(tele)?phone\d*(_e164)?|.*_(tele)?phone\d*|mobilephone|fax|telephone\d"
    ),
    "name": re.compile(r"full_?name|first_?name|last_?name|middle_?name|nick_?name|customer_?name|name"),
    "birth": re.compile(r"birth_?(date|day)|date_of_birth"),
    "address": re.compile(
        r"address\d?_(line\d|name|composite|postalcode|postofficebox|city|latitude|longitude)|postal_?code|street"
    ),
    "identity": re.compile(r"government_?id|tax_?id|passport.*|iban|national_?id"),
}


def personal(column: str) -> str | None:
    """Return the kind of personal data that a column holds by its name, None where it says nothing."""
    name = column.lower()
    return next((kind for kind, wanted in KINDS.items() if wanted.fullmatch(name)), None)
