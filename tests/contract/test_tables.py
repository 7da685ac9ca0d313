"""What every tables port does: one suite for the memory twin and for Azurite."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import AccountSasPermissions, ResourceTypes, generate_account_sas

from shared.adapters.memory import MemoryTables
from shared.adapters.table_store import TableStore, table_service
from shared.errors import LedgerChanged, ServiceRefused
from shared.ports import Write

if TYPE_CHECKING:
    from shared.ports import Tables


@pytest.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.azurite)])
def tables(request: pytest.FixtureRequest) -> Tables:
    if request.param == "memory":
        return MemoryTables()
    return TableStore(table_service(request.getfixturevalue("azurite")), f"t{uuid.uuid4().hex[:12]}")


def insert(key: str, **values: str | int | float | bool | datetime) -> Write:
    return Write(kind="insert", key=key, values=values)


def test_what_was_written_is_read_with_its_types(tables: Tables) -> None:
    at = datetime(2026, 11, 23, 10, 11, 12, 345678, tzinfo=UTC)
    tables.commit("p", [insert("r", text="ä\nb", small=1, large=2**40, yes=True, at=at, ratio=0.5, empty="")])
    row = tables.get("p", "r")
    assert row is not None
    assert row.values == {
        "text": "ä\nb", "small": 1, "large": 2**40, "yes": True, "at": at, "ratio": 0.5, "empty": "",
    }  # fmt: skip
    assert isinstance(row.values["yes"], bool)


def test_what_was_never_written_is_none(tables: Tables) -> None:
    assert tables.get("p", "r") is None
    assert list(tables.range("p", "", "~")) == []


def test_insert_refuses_a_row_that_exists(tables: Tables) -> None:
    tables.commit("p", [insert("r", n=1)])
    with pytest.raises(LedgerChanged):
        tables.commit("p", [insert("r", n=2)])


def test_replace_needs_the_tag_of_the_version_that_was_read(tables: Tables) -> None:
    tables.commit("p", [insert("r", n=1, old="x")])
    first = tables.get("p", "r")
    assert first is not None
    tables.commit("p", [Write(kind="replace", key="r", values={"n": 2}, etag=first.etag)])
    with pytest.raises(LedgerChanged):
        tables.commit("p", [Write(kind="replace", key="r", values={"n": 3}, etag=first.etag)])
    now = tables.get("p", "r")
    assert now is not None
    assert now.values == {"n": 2}


def test_a_transaction_does_all_or_nothing(tables: Tables) -> None:
    tables.commit("p", [insert("taken", n=1)])
    with pytest.raises(LedgerChanged) as raised:
        tables.commit("p", [insert("new", n=1), insert("taken", n=2), insert("newer", n=3)])
    assert raised.value.partition == "p"
    assert [row.key for row in tables.range("p", "", "~")] == ["taken"]


def test_a_transaction_may_mix_kinds(tables: Tables) -> None:
    tables.commit("p", [insert("a", n=1), insert("b", n=1)])
    a = tables.get("p", "a")
    assert a is not None
    tables.commit(
        "p",
        [
            Write(kind="replace", key="a", values={"n": 2}, etag=a.etag),
            Write(kind="delete", key="b"),
            Write(kind="upsert", key="c", values={"n": 3}),
            insert("d", n=4),
        ],
    )
    assert [(row.key, row.values["n"]) for row in tables.range("p", "", "~")] == [("a", 2), ("c", 3), ("d", 4)]


def test_upsert_and_delete_may_be_repeated(tables: Tables) -> None:
    tables.commit("p", [Write(kind="upsert", key="r", values={"n": 1})])
    tables.commit("p", [Write(kind="upsert", key="r", values={"n": 2})])
    tables.commit("p", [Write(kind="delete", key="r")])
    tables.commit("p", [Write(kind="delete", key="r")])
    assert tables.get("p", "r") is None


def test_a_transaction_that_deletes_what_is_not_there_does_nothing(tables: Tables) -> None:
    with pytest.raises(LedgerChanged):
        tables.commit("p", [insert("new", n=1), Write(kind="delete", key="gone")])
    assert list(tables.range("p", "", "~")) == []


def test_range_is_half_open_ordered_and_of_one_partition(tables: Tables) -> None:
    tables.commit("p", [insert(row, n=1) for row in ("file-b", "file-a", "log-a", "file-a=2Fb", "file-", "fil")])
    tables.commit("q", [insert("file-z", n=1)])
    assert [row.key for row in tables.range("p", "file-", "file-~")] == [
        "file-",
        "file-a",
        "file-a=2Fb",
        "file-b",
    ]
    assert [row.key for row in tables.range("p", "file-a ", "file-~")] == ["file-a=2Fb", "file-b"]


def test_range_yields_more_than_one_page(tables: Tables) -> None:
    for start in range(0, 1100, 100):
        tables.commit("p", [insert(f"{number:05d}", n=number) for number in range(start, start + 100)])
    assert [row.values["n"] for row in tables.range("p", "", "~")] == list(range(1100))


def test_a_refused_transaction_names_the_row_that_was_not_as_expected(tables: Tables) -> None:
    tables.commit("p", [insert("taken", n=1)])
    with pytest.raises(LedgerChanged) as raised:
        tables.commit("p", [insert("new", n=1), insert("taken", n=2), insert("newer", n=3)])
    assert raised.value.row == "taken"


def test_a_transaction_writes_what_single_writes_write(tables: Tables) -> None:
    at = datetime(2026, 11, 23, 10, 11, 12, 345678, tzinfo=UTC)
    values: dict[str, str | int | float | bool | datetime] = {
        "text": 'ä\r\n--b"',
        "small": 1,
        "large": 2**40,
        "yes": True,
        "at": at,
        "ratio": 1.0,
        "empty": "",
    }
    tables.commit("p", [insert("alone", **values)])
    tables.commit("p", [insert("a", **values), Write(kind="upsert", key="b", values=values)])
    assert [row.values for row in tables.range("p", "", "~")] == [values] * 3
    assert all(isinstance(row.values["ratio"], float) for row in tables.range("p", "", "~"))


def test_a_transaction_takes_every_character_that_a_key_may_hold(tables: Tables) -> None:
    rows = ["a'b", "a b", "a=2Fb", "a!$&()*+,;@b", "a%b", "ä"]
    tables.commit("it's", [Write(kind="upsert", key=row, values={"n": 1}) for row in rows])
    assert sorted(row.key for row in tables.range("it's", "", "\uffff")) == sorted(rows)
    tables.commit("it's", [Write(kind="delete", key=row) for row in rows])
    assert list(tables.range("it's", "", "\uffff")) == []


@pytest.mark.parametrize(
    "writes",
    [
        [insert("r", text="x" * (32 * 1024 + 1))],  # 64 KB of UTF-16
        [insert("r", text="𝄞" * (16 * 1024 + 1))],  # characters of two units each
        [insert("r", **{f"p{number}": 1 for number in range(253)})],
        [insert("r", **{f"p{number}": "x" * 32_000 for number in range(20)})],  # 1 MB
        [insert(f"r{number}", **{f"p{n}": "x" * 32_000 for n in range(10)}) for number in range(8)],  # 4 MB
        [insert("r" * 513, n=1)],
        [insert("a/b", n=1)],
        [insert("a\nb", n=1)],
    ],
    ids=["text", "wide text", "properties", "row", "transaction", "long key", "slash", "line break"],
)
def test_what_is_too_large_or_not_valid_is_refused_and_not_tried_again(tables: Tables, writes: list[Write]) -> None:
    for many in (writes, [*writes, insert("beside", n=1)]):
        with pytest.raises(ServiceRefused):
            tables.commit("p", many)
    assert list(tables.range("p", "", "\uffff")) == []


def test_what_is_just_small_enough_is_written(tables: Tables) -> None:
    tables.commit("p", [insert("r", text="x" * (32 * 1024)), insert("s", **{f"p{number}": 1 for number in range(252)})])
    assert [row.key for row in tables.range("p", "", "~")] == ["r", "s"]


@pytest.mark.azurite
def test_a_transaction_is_let_in_by_a_shared_access_signature(azurite: str) -> None:
    told = dict(part.split("=", 1) for part in azurite.rstrip(";").split(";"))
    signature = generate_account_sas(
        AzureNamedKeyCredential(told["AccountName"], told["AccountKey"]),
        resource_types=ResourceTypes(service=True, container=True, object=True),
        permission=AccountSasPermissions(read=True, write=True, delete=True, list=True, add=True, create=True, update=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    connection = f"TableEndpoint={told['TableEndpoint']};SharedAccessSignature={signature}"
    tables = TableStore(table_service(connection), f"t{uuid.uuid4().hex[:12]}")
    tables.commit("p", [insert("a", n=1), insert("b", n=2)])
    assert [row.key for row in tables.range("p", "", "~")] == ["a", "b"]
