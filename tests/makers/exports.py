"""Exports as programs and people write them: one table, and the habit that each kind has of writing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Rows = Sequence[Sequence[str | None]]
NAMES = ("id", "name", "city", "amount")
ROWS: Rows = (
    ("1001", "Meier", "Bern", "12.50"),
    ("1002", "O'Neil", "Ulm", "-3.00"),
    ("1003", "Kim", "Graz", "1250.75"),
    ("1004", "Lee", "Wien", "8.10"),
    ("1005", "Roth", "Bern", "77.00"),
)


@dataclass(frozen=True, kw_only=True)
class Export:
    """A file, and the rows that it holds: no reader may make others of it."""

    data: bytes = field(repr=False)
    rows: Rows = ROWS
    name: str = "s.csv"


def lines(rows: Rows = ROWS, names: Sequence[str] = NAMES, *, delimiter: str = ",") -> list[str]:
    """Write a table as lines, nothing quoted."""
    return [delimiter.join(value or "" for value in row) for row in (names, *rows)]


def text(parts: Sequence[str], *, end: str = "\r\n") -> bytes:
    """Write lines as a file."""
    return (end.join(parts) + end).encode()


def exports() -> dict[str, Export]:
    """Return an export of each kind."""
    table, head, body = lines(), lines()[0], lines()[1:]
    return {
        **{
            f"delimiter {mark!r}": Export(data=text(lines(delimiter=mark)))
            for mark in (";", "\t", "|", ":", "~", "#", "^", "\x01")
        },
        **{f"line end {end!r}": Export(data=text(table, end=end)) for end in ("\n", "\r\n", "\r", "\r\r\n")},
        **{f"below the table: {line}": Export(data=text([*table, line])) for line in _ENDS},
        **{f"among the records: {line}": Export(data=text([*table[:3], line, *table[3:]])) for line in _AMONG},
        **{f"above the header: {line}": Export(data=text([line, *table])) for line in _ABOVE},
        **{
            f"below the header: {line}": Export(data=text([head, line, *body]))
            for line in ("--,----,----,------", ",,,EUR", "int,text,text,dec")
        },
        **{f"{byte!r} at the end": Export(data=text(table) + byte) for byte in (b"\x1a", b"\x00" * 64, b"\r\n\r\n")},
        "single quotes around some values": Export(data=text([head, *(line.replace("Bern", "'Bern'") for line in body)])),
        "single quotes where needed": Export(
            data=text([head, "1,'Meier, Bo',x,1", "2,Kim,'y, z',2", "3,Lee,z,3"]),
            rows=(("1", "Meier, Bo", "x", "1"), ("2", "Kim", "y, z", "2"), ("3", "Lee", "z", "3")),
        ),
        "escaped delimiters": Export(
            data=text([head, "1,Meier\\, Bo,x,1", "2,Kim\\, Al,y,2"]),
            rows=(("1", "Meier, Bo", "x", "1"), ("2", "Kim, Al", "y", "2")),
        ),
        "quotes around each line": Export(data=text([f'"{line}"' for line in table])),
        "a space before quotes": Export(
            data=text([head, '1, "Meier, Bo", "x", 1', '2, "Kim", "y", 2']),
            rows=(("1", "Meier, Bo", "x", "1"), ("2", "Kim", "y", "2")),
        ),
        "no header, text alone": Export(
            data=text(["Meier,Bern", "Kim,Ulm", "Lee,Graz"]), rows=(("Meier", "Bern"), ("Kim", "Ulm"), ("Lee", "Graz"))
        ),
        "no header, codes": Export(
            data=text(["DE,open", "AT,open", "CH,done"]), rows=(("DE", "open"), ("AT", "open"), ("CH", "done"))
        ),
        "no header, one column": Export(data=text(["Meier", "Kim", "Lee"]), rows=(("Meier",), ("Kim",), ("Lee",))),
        "no header, numbers": Export(data=text(body)),
        "a title above text": Export(data=text(["ACME,October", "name,city", "Meier,Bern"]), rows=(("Meier", "Bern"),)),
        "an index without a name": Export(data=text([head, *(f"{place},{line}" for place, line in enumerate(body))])),
        "a line break in a last value": Export(
            data=b"id,name,city,note\r\n1,A,x,one\ntwo\r\n2,B,y,n\r\n3,C,z,n\r\n",
            rows=(("1", "A", "x", "one\ntwo"), ("2", "B", "y", "n"), ("3", "C", "z", "n")),
        ),
        "fixed width": Export(data=text([f"{a:<8}{b:<12}{c:<10}{d or '':>9}" for a, b, c, d in (NAMES, *ROWS)])),
        "two tables": Export(data=text([*table, "", "day,shop,town,total", "2026-10-01,A,B,5", "2026-10-02,A,B,6"])),
        "two tables of text": Export(
            data=text(["code,name", "A,Bo", "B,Al", "", "plant,city", "X,Ulm"]), rows=(("A", "Bo"), ("B", "Al"))
        ),
        "an error message": Export(data=text(["Error, the report could not be run", "Please, try again"]), rows=()),
        "a bank's QIF": Export(data=text(["!Type:Bank", "D10/1/26", "T-5.00", "PShop", "^"]), rows=()),
        "decimal commas between commas": Export(
            data=text([head, "1,Bo,x,5,00", "2,Al,y,6,50"]), rows=(("1", "Bo", "x", "5,00"),)
        ),
    }


_ENDS = (
    *(
        "Total,,,1344.35",
        "Grand Total:,,,1344.35",
        "Total (EUR),,,1344.35",
        "Total for October,,,1344.35",
        ",,Total,1344.35",
        ",,,1344.35",
    ),
    *(
        "Summe,,,1344.35",
        "Gesamtsumme EUR,,,1344.35",
        "Closing balance,,,95.00",
        "End of report,,,",
        "5 records,,,",
        "Generated by ERP",
    ),
    *("(5 rows affected)", "Bern Total,,,89.50", "Solde,,,95.00", "Endsaldo:,,,95.00"),
)
_AMONG = (
    "id,name,city,amount",
    "\ufeffid,name,city,amount",
    "",
    ",,,",
    "Section B,,,",
    "Subtotal,,,9.50",
    "Bern Total,,,9.50",
    "North",
)
_ABOVE = ("", "Report of October", "Company:,ACME,,", "sep=,", "# made by ERP", "ACME Corp,Monthly,October,", "\ufeff")
