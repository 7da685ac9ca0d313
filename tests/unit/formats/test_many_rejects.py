"""A block of records that cannot be used costs memory by its bytes, and gives the rejects that reading one by one gives."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

import numpy as np
import pytest

from shared.contracts.columns import Column
from shared.formats.at_once.bounds import records_of
from shared.formats.at_once.fields import fields_of
from shared.formats.blocks import Parsed, _Reader, read_block  # the exact path is the oracle
from shared.formats.dialect import DATAVERSE, Dialect
from shared.formats.screen import Screen
from shared.formats.slices import Lineage, SliceSpec, read_slices
from shared.formats.table_schema import TableSchema
from tests.memory import peak_of

ENDS = ("\n", "\r\n", "\r", "\n\n")


def block(seed: int, *, records: int = 3_000, quoted: bool = False) -> bytes:
    """Records of one to five fields, a few of them empty, with line breaks of every kind."""
    chance = Random(seed)
    lines = []
    for _ in range(records):
        fields = [chance.choice(["", "a", "bc", "é", '"x,y"' if quoted else "z"]) for _ in range(chance.randrange(1, 6))]
        fields[0] = fields[0] or "k"
        lines.append(",".join(fields) + chance.choice(ENDS))
    return "".join(lines).encode()


@pytest.mark.parametrize("dialect", [DATAVERSE, Dialect(strict=True)], ids=["dataverse", "strict"])
@pytest.mark.parametrize("widest", [None, 0])
@pytest.mark.parametrize("quoted", [False, True])
def test_many_rejects_are_those_of_the_exact_path(dialect: Dialect, widest: int | None, quoted: bool) -> None:
    data = memoryview(block(7, quoted=quoted))
    found = read_block(data, dialect=dialect, width=3, min_width=2, exact=True, widest=widest)
    oracle = _Reader(dialect, 3, 2, widest).exact(data)
    assert found.rejects.num_rows > 1_000
    assert found.rejects.to_pylist() == oracle.rejects.to_pylist()
    assert found.table.to_pylist() == oracle.table.to_pylist()
    assert found.numbers.to_pylist() == oracle.numbers.to_pylist()
    assert (found.records, found.widest) == (oracle.records, oracle.widest)


PIECES = [
    b"a",
    b"b",
    b",",
    b",",
    b'"',
    b'"',
    b'""',
    b"\r",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"\xed\xa0\x80",
]
PIECES += [b"\xf0\x9f\x98", b"\x80", "é東😀".encode(), b"\\", b'\\"', b"a,b,c\n", b'"x","y"\n', b'"a"b', b'5"', b" "]
DIALECTS = [DATAVERSE, Dialect(strict=True), Dialect(strict=True, spaced=True), Dialect(strict=True, escape=b"\\")]


@pytest.mark.parametrize("seed", range(20))
def test_any_records_at_all_are_told_apart_at_once_as_one_by_one(seed: int) -> None:
    chance, compared = Random(seed), 0
    for _ in range(20):
        text = b"".join(chance.choice(PIECES) for _ in range(chance.randrange(1, 60)))
        dialect, (low, high) = chance.choice(DIALECTS), chance.choice([(2, 3), (1, 3), (3, 3), (1, 1)])
        data = memoryview(text[: dialect.last_end(text, 0, len(text))])
        reader = _Reader(dialect, high, low, chance.choice([None, 0, 2]))
        found, oracle = reader.at_once(data), reader.exact(data)
        if found is not None:
            compared += 1
            assert found.rejects.to_pylist() == oracle.rejects.to_pylist(), text
            assert found.table.to_pylist() == oracle.table.to_pylist(), text
            assert (found.numbers.to_pylist(), found.records) == (oracle.numbers.to_pylist(), oracle.records), text
            assert found.widest == oracle.widest, text
    assert compared


KINDS = pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b'1,"x, y"\n', b'1,"x"y\n'),
        (b'1,5" x\n', b'1" x,5" x\n'),
        (b"1,x\n", b"1,\xff\n"),
        (b'1,"x"\n', b'1,"x",2\n'),
        (b'1,"x\ny"\n', b'1,"x\ny"z\n'),
        (b'1,"x\ny"\n', b'1,"x\ny",2\n'),
        (b"1,x\n", b"x\n"),
    ],
    ids=[
        "text behind a quote",
        "stray quotes",
        "no text",
        "too wide",
        "over two lines",
        "over two lines, too wide",
        "one field",
    ],
)


@KINDS
def test_records_that_cannot_be_used_are_not_read_one_by_one(good: bytes, bad: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """One by one took seventy times as long as good rows take."""
    monkeypatch.setattr(_Reader, "exact", None)
    data = memoryview((good + bad) * 3_000)
    found = read_block(data, dialect=Dialect(strict=True), width=2, min_width=2, exact=True)
    assert (found.table.num_rows, found.rejects.num_rows) == (3_000, 3_000)


@KINDS
@pytest.mark.parametrize("share", [1, 20], ids=["all", "one of twenty"])
def test_records_that_cannot_be_used_are_told_apart_once(
    good: bytes, bad: bytes, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The screen and the fields of a reject told them apart anew, which took up to ten times as long as good rows take."""
    looked_through = Counter[str]()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(data: memoryview, *more: Any, **named: Any) -> Any:
            looked_through[name] += len(data)
            return function(data, *more, **named)

        return counted

    for module in [module for name, module in sys.modules.items() if name.startswith("shared.formats")]:
        for name in ("records_of", "marks_of", "parsed_rows"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
    data = (bad + good * (share - 1)) * 1_000
    spec = SliceSpec(
        schema=TableSchema(table="t", columns=(Column(name="a", type="string"), Column(name="b", type="string"))),
        lineage=Lineage(source_file="finance/t.csv", source_version="1", landed_at=datetime(2026, 11, 26, tzinfo=UTC)),
        dialect=Dialect(strict=True),
        final=True,
        screen=Screen(header=("a", "b")),
    )
    rejects = sum(found.rejects for found in read_slices([data], spec))
    assert rejects >= 1_000
    assert looked_through["records_of"] == looked_through["marks_of"] == len(data)
    assert looked_through["parsed_rows"] <= 2 * len(data), "once in vain"


def test_records_that_cannot_be_used_take_memory_by_their_bytes() -> None:
    """As objects they took 290 bytes for each of theirs, and so 2.3 GB for 8 MB."""
    data = b'1,"a"b\n' * 40_000
    found = read_strictly(data).rejects
    assert found.num_rows == 40_000
    assert peak_of(read_strictly, data, before=data[:7_000]) + found.nbytes < 60 * len(data)


def read_strictly(data: bytes) -> Parsed:
    return read_block(memoryview(data), dialect=Dialect(strict=True), width=2, min_width=2, exact=True)


RAW = [b'1,"a,b",', b"2,,x,y", b'3,"a""b","c\nd"', b",", b'"",1,2', "é;,ü".encode(), b'4" ""x,5', b'"""",', b"6"] * 2


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\n\r\n"])
@pytest.mark.parametrize("every", [1, 2])
def test_fields_of_rejected_records_are_split_at_once_as_one_by_one(end: bytes, every: int) -> None:
    dialect = Dialect(strict=True)
    records = records_of(memoryview(end.join(RAW)), dialect)
    assert records is not None
    chosen = np.arange(len(RAW)) % every == 0
    fields = [None if value is None else value.decode() for record in RAW[::every] for value in dialect.fields(record)]
    assert fields_of(records, chosen, dialect).to_pylist() == fields


def test_a_space_that_belongs_to_the_delimiter_is_no_part_of_a_field() -> None:
    dialect = Dialect(strict=True, spaced=True)
    raw = [b" a, b,c,  d, , ,", b" ", b", "]
    records = records_of(memoryview(b"\n".join(raw)), dialect)
    assert records is not None
    fields = [None if value is None else value.decode() for record in raw for value in dialect.fields(record)]
    assert fields_of(records, np.ones(3, np.bool_), dialect).to_pylist() == fields


def test_line_breaks_alone_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Halving them again and again took five seconds for each block."""
    monkeypatch.setattr(_Reader, "halved", None)
    for exact in (True, False):
        found = read_block(memoryview(b"\n\r\n\r" * 20_000), dialect=DATAVERSE, width=2, min_width=2, exact=exact)
        assert (found.records, found.table.num_rows, found.table.num_columns) == (0, 0, 2)
