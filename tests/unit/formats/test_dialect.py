"""Records and fields, as the dialect tells them apart."""

import pytest

from shared.formats.dialect import DATAVERSE, Dialect


def records(data: bytes, dialect: Dialect = DATAVERSE) -> list[bytes]:
    found, at = [], 0
    while (record := dialect.record(data, at, len(data))) is not None:
        start, end, at = record
        found.append(data[start:end])
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\nc,d\n", [b"a,b", b"c,d"]),
        (b"a,b\r\nc,d", [b"a,b", b"c,d"]),
        (b"cid,spend\r1,4438\r0,4387\r\n", [b"cid,spend", b"1,4438", b"0,4387"]),  # Synapse Link, section 14
        (b'"two\r\nlines",b\nc,d\n', [b'"two\r\nlines",b', b"c,d"]),  # a line break in quotes is data
        (b'"say ""hi""\n",b\n', [b'"say ""hi""\n",b']),
        (b'5" pipe,b\n6" pipe,c\n', [b'5" pipe,b', b'6" pipe,c']),  # a quote opens a field only as its first byte
        (b'"a"b"c,d\ne,f\n', [b'"a"b"c,d', b"e,f"]),
        (b"\n\r\n\na,b\n\n", [b"a,b"]),  # empty lines are no records
        (b",,\n", [b",,"]),
        (b'a,"open\nc,d\n', []),
        (b"", []),
    ],
)
def test_a_record_ends_at_the_first_line_break_outside_quotes(data: bytes, expected: list[bytes]) -> None:
    assert records(data) == expected


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (b'a,,""', [b"a", None, b""]),  # nothing is null, quotes around nothing are the empty string
        (b'"a,b","c""d"', [b"a,b", b'c"d']),
        (b'"ab"cd,e', [b"abcd", b"e"]),  # what follows the closing quote belongs to the value
        (b'"ab"c"d",e', [b'abc"d"', b"e"]),
        (b' "a",b', [b' "a"', b"b"]),
        (b",", [None, None]),
        (b"a\x00b,c", [b"a\x00b", b"c"]),
    ],
)
def test_fields_keep_their_bytes_and_tell_null_from_empty(record: bytes, expected: list[bytes | None]) -> None:
    assert DATAVERSE.fields(record) == expected


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"a,b\nc,d\ne,", 8),
        (b'a,b\nc,"d\ne,f\n', 4),  # the open quote holds everything after it back
        (b"a,b", 0),
        (b"a,b\r", 4),
    ],
)
def test_the_last_complete_record_is_found_with_quotes_in_mind(data: bytes, end: int) -> None:
    assert DATAVERSE.last_end(data, 0, len(data)) == end


def test_another_delimiter_is_another_dialect() -> None:
    assert Dialect(delimiter=b";").fields(b'a;"b;c";d,e') == [b"a", b"b;c", b"d,e"]


@pytest.mark.parametrize("delimiter", [b"", b'"', b"\n", b"\r", b",,", b"\xe9"])
def test_a_delimiter_that_the_parsers_could_not_read_is_refused(delimiter: bytes) -> None:
    with pytest.raises(ValueError, match="one ASCII character"):
        Dialect(delimiter=delimiter)
