"""The fast and the exact path give the same records, rejects and places, in every dialect in which the fast one is used."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.formats.blocks import LEAF, Parsed, _Reader, read_block  # the exact path is the oracle
from shared.formats.dialect import BOM, DATAVERSE, Dialect
from tests.examples import examples


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    delimiter, quote = draw(st.sampled_from((b",", b";", b"\t", b"|", b" ", b"~"))), draw(st.sampled_from((b'"', b'"', b"'")))
    return Dialect(
        delimiter=delimiter,
        quote=quote,
        escape=draw(st.sampled_from((b"", b"", b"\\", b"^"))),
        spaced=delimiter != b" " and draw(st.booleans()),
        unescaped=draw(st.booleans()),
        strict=True,
    )


def text(dialect: Dialect, random: Random) -> bytes:
    """Return complete records: mostly regular ones, with marks of the dialect where they belong, and where they do not."""
    marks = [dialect.delimiter, dialect.quote, dialect.escape or b"\\", b"\\\\", b"\n", b" ", dialect.quote * 2, BOM, b"\xff"]
    plain = [b"", b"a", b"12.5", "é".encode(), b"two words", b"'", b"x\x00"]

    def value() -> bytes:
        found = random.choice(plain)
        if random.random() < odd:
            found += random.choice(marks) + random.choice(plain)
        wrapped = dialect.quote + found.replace(dialect.quote, dialect.quote * 2) + dialect.quote
        return wrapped if random.random() < quoted else found

    odd, quoted = random.choice((0, 0.02, 0.2)), random.choice((0, 0.3, 1))
    mark = dialect.delimiter + (b" " if dialect.spaced else b"")
    lines = []
    for _ in range(random.choice((1, 3, 10, 40))):
        width = random.choice((3, 3, 3, 3, 3, 3, 2, 4)) if random.random() < odd * 2 else 3
        lines.append(mark.join(value() for _ in range(width)))
    end = random.choice((b"\n", b"\r\n", b"\r"))
    data = end.join(lines) + end
    filled = data * (1 + random.choice((0, 0, 2 * LEAF // len(data))))
    return filled[: dialect.last_end(filled, 0, len(filled))]


def seen(parsed: Parsed) -> tuple[object, ...]:
    return (parsed.table.to_pylist(), parsed.numbers.to_pylist(), parsed.rejects.to_pylist(), parsed.records, parsed.widest)


@settings(max_examples=examples(150), suppress_health_check=list(HealthCheck))
@given(
    dialect=dialects() | st.just(DATAVERSE),
    seed=st.integers(0, 2**32),
    least=st.sampled_from((2, 3)),
    widest=st.none() | st.just(0),
)
def test_a_block_is_read_by_the_fast_path_as_by_the_exact_one(
    dialect: Dialect, seed: int, least: int, widest: int | None
) -> None:
    data = memoryview(text(dialect, Random(seed)))
    found = read_block(data, dialect=dialect, width=3, min_width=least, exact=True, widest=widest)
    assert seen(found) == seen(_Reader(dialect, 3, least, widest).exact(data))
