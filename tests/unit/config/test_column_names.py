"""What landed columns are called in silver: as they are where that can be, in any alphabet, and once."""

from __future__ import annotations

import pytest

from shared.config.names import column_names, is_reserved


def names(
    landed: list[str], known: dict[str, str] | None = None, *, renames: dict[str, str] | None = None, prefix: str = "crc33_"
) -> dict[str, str]:
    return column_names(known or {}, landed, prefixes=[prefix], renames=renames or {})


@pytest.mark.parametrize(
    ("landed", "renames", "expected"),
    [
        (["Id", "crc33_cid", "createdon"], {}, ["Id", "cid", "createdon"]),
        (["Id", "crc33_id"], {}, ["Id", "crc33_id"]),  # Spark does not tell case apart
        (["crc33_name", "name"], {}, ["crc33_name", "name"]),  # the standard column keeps its name
        (["crc33_versionnumber"], {}, ["crc33_versionnumber"]),  # what orders events is Dataverse's own, now or later
        (["crc33_mail"], {"CRC33_Mail": "email"}, ["email"]),
        (["Annual Income (USD)", "2026"], {}, ["Annual_Income_USD", "c_2026"]),
        (["a b", "a_b"], {}, ["a_b", "a_b_2"]),  # a column is never lost to another
        (["_source_file", "cid"], {}, ["cid"]),
        (["Gr\u00f6\u00dfe", "\u540d\u524d", "\u0394\u03b5\u03bb\u03c4\u03b1"], {}, ["Delta", "Grosse", "MingQian"]),
    ],
)
def test_column_names(landed: list[str], renames: dict[str, str], expected: list[str]) -> None:
    assert sorted(names(landed, renames=renames).values()) == sorted(expected)


def test_case_16_names_that_meet_stay_what_they_were_in_any_order_and_alone() -> None:
    first = names(["cid", "Discount %", "Discount $"])
    assert first == {"cid": "cid", "discount %": "Discount", "discount $": "Discount_2"}
    assert names(["cid", "Discount $", "Discount %"], first) == first
    assert names(["cid", "Discount $"], first) == first


def test_a_later_column_takes_no_name_that_was_given() -> None:
    first = names(["Id", "mserp_createdon"], prefix="mserp_")
    assert first == {"id": "Id", "mserp_createdon": "createdon"}
    later = names(["Id", "mserp_createdon", "createdon"], first, prefix="mserp_")
    assert later == {**first, "createdon": "createdon_2"}


def test_a_configured_rename_counts_also_where_a_name_was_given() -> None:
    first = names(["Id", "crc33_mail"])
    assert names(["Id", "crc33_mail"], first, renames={"crc33_mail": "email"})["crc33_mail"] == "email"


def test_the_name_of_rejected_rows_is_reserved() -> None:
    assert is_reserved("spend_REJECTED")
    assert not is_reserved("rejected")
