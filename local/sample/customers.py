"""What the sample's customers are made of: invented names and addresses that are awkward in the ways real ones are.

Domains are reserved for examples (RFC 2606), telephone numbers are from ranges kept for fiction.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from decimal import Decimal

FIRST_NAMES: Final = (
    *("Ada", "Björn", "Chloë", "Dilnoza", "Émile", "Fatoumata", "Grzegorz", "Hélène", "İpek", "Jürgen", "Kwame", "Łucja"),
    *("María José", "Nguyệt", "Øystein", "Priya", "Quentin", "Räikkä", "Siobhán", "Tomáš", "Ulla", "Václav", "Wren", "Xóchitl"),
    *("Yūki", "Željko", "Ольга", "Θάνος", "陽菜", "민준", "عمر", "נועה"),
)
LAST_NAMES: Final = (
    *("Abara", "Bergström", "Castañeda", "D'Angelo", "Eriksen", "Fürst", "García-Núñez", "Håland", "Iyer", "Jóhannsdóttir"),
    *("Kowalczyk", "Lefèvre", "Müller", "Nakamura", "O'Brien", "Pérez", "Quispe", "Rossi", "Sørensen", "Trần", "Urbański"),
    *("van der Meer", "Wójcik", "Xu", "Yıldız", "Žižka", "Иванова", "Παπαδόπουλος", "佐藤", "김"),
)
# Each breaks a reader that splits at commas, at line ends, or that takes a quote for the end of a field.
AWKWARD_NAMES: Final = (
    ('Robert "Bob"', "Tables"),
    ("Anne, Marie", "Dupont, Jr."),
    ('"Quoted"', 'O"Neil'),
    ("Two\r\nLines", "Smith"),
    ("Trailing ", '"'),
    ("NULL", "True"),
    ("  Padded", "0012"),
    ("👩‍🚀 Zoë", "Āpse\tTab"),
)
PLACES: Final = (  # country, state, city, first characters of the postal code
    ("United States", "Washington", "Seattle", "981"),
    ("United States", "Connecticut", "Manchester", "060"),
    ("Deutschland", "Bayern", "München", "80"),
    ("France", "Île-de-France", "Saint-Denis", "93"),
    ("Polska", "Łódzkie", "Łódź", "90-"),
    ("Brasil", "São Paulo", "Ribeirão Preto", "14"),
    ("日本", "東京都", "渋谷区", "150-"),
    ("Éire", "County Cork", "Cobh, Great Island", "P24 "),
)
STREETS: Final = ("Example Road", "Größe-Straße", "Rue de l'Étoile", "Avenida 9 de Julho", "Musterweg", "Fictional Lane")
GENDERS: Final = ("Female", "Male", "Gender neutral")
DOMAINS: Final = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, kw_only=True)
class Customer:
    """One live customer as gold has to show it; the names are the columns of gold's table `customer`."""

    cid: str
    firstname: str
    lastname: str | None
    name: str
    gender: str
    email: str | None
    telephone: str
    country: str
    city: str | None
    state: str
    postcode: str
    streetaddress: str
    dateofbirth: date
    source: str = "Contoso Sales"
    income: Decimal | None = None  # this and the next two from finance; no finance data, no value
    spend: Decimal | None = None
    credit_limit: Decimal | None = None


FINANCIAL: Final = ("income", "spend", "credit_limit")
PERSONAL: Final = tuple(column.name for column in fields(Customer) if column.name not in FINANCIAL)


def telephone(chance: random.Random) -> str:
    """Make a telephone number as one person or another writes it; gold has all of them in one form."""
    last = chance.randrange(100)
    return (f"+1 206-555-01{last:02d}", f"+1 (425) 555 01{last:02d}", f"+180155501{last:02d}")[last % 3]


def invented(chance: random.Random, cid: int) -> Customer:
    """Make somebody with this cid; every so many cids one is awkward, has an empty value or none."""
    awkward = AWKWARD_NAMES[cid // 20 % len(AWKWARD_NAMES)] if cid % 20 == 7 else None
    firstname, lastname = awkward or (chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES))
    country, state, city, code = chance.choice(PLACES)
    street = f"{chance.randint(1, 999)} {chance.choice(STREETS)}"
    return Customer(
        cid=str(cid),
        firstname=firstname,
        lastname={11: None, 12: ""}.get(cid % 100, lastname),  # nothing, and the empty text: not the same
        name=f"{firstname} {lastname}",
        gender=chance.choice(GENDERS),
        email=None if cid % 100 == 13 else f"customer{cid}@{chance.choice(DOMAINS)}",
        telephone=telephone(chance),
        country=country,
        city=None if cid % 100 == 14 else city,
        state=state,
        postcode=f"{code}{chance.randrange(100):02d}",
        streetaddress=f'Flat {cid}, "Upper"\r\n{street}\n{city}' if cid % 25 == 3 else street,
        dateofbirth=date(1935, 1, 1) + timedelta(days=chance.randrange(25_000)),
    )
