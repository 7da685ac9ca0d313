"""A block of records that cannot be used costs memory by its bytes, and gives the rejects that reading one by one gives."""

from __future__ import annotations

from random import Random

import pytest

from shared.formats.blocks import _Reader, read_block  # the exact path is the oracle
from shared.formats.dialect import DATAVERSE, Dialect

ENDS = ("\n", "\r\n", "\r", "\n\n")


def block(seed: int, *, records: int = 6_000, quoted: bool = False) -> bytes:
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
    assert found.rejects.num_rows > 2_000
    assert found.rejects.to_pylist() == oracle.rejects.to_pylist()
    assert found.table.to_pylist() == oracle.table.to_pylist()
    assert found.numbers.to_pylist() == oracle.numbers.to_pylist()
    assert (found.records, found.widest) == (oracle.records, oracle.widest)
