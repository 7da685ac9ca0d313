"""What every lake does: one suite for the memory twin and for Azurite."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.blob import BlobServiceClient

from shared.adapters.blob_lake import BlobLake, blob_service
from shared.adapters.memory import MemoryLake
from shared.errors import LandedFileChanged, ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.ports import Lake


@dataclass(frozen=True)
class Land:
    """A foreign system: it writes without asking, and takes away."""

    put: Callable[[str, bytes], Any]
    remove: Callable[[str], Any]

    def __call__(self, path: str, data: bytes) -> None:
        self.put(path, data)


@pytest.fixture(params=["memory", pytest.param("azurite", marks=pytest.mark.azurite)])
def lake_and_land(request: pytest.FixtureRequest) -> Iterator[tuple[Lake, str, Land]]:
    container = f"c{uuid.uuid4().hex[:12]}"
    if request.param == "memory":
        memory = MemoryLake(chunk_size=1000)
        yield memory, container, Land(partial(memory.put, container), partial(memory.remove, container))
        return
    service = blob_service(request.getfixturevalue("azurite"))
    blobs = service.create_container(container)
    yield BlobLake(service), container, Land(partial(blobs.upload_blob, overwrite=True), blobs.delete_blob)
    service.close()


def test_a_blob_that_does_not_exist_has_no_head(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, _ = lake_and_land
    assert lake.head(container, "a/b.csv") is None
    assert lake.head("nowhere-at-all", "a/b.csv") is None


def test_head_tells_size_version_and_metadata(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, _ = lake_and_land
    assert lake.create(container, "a/b.parquet", b"12345", metadata={"end": "5"})
    head = lake.head(container, "a/b.parquet")
    assert head is not None
    assert (head.size, head.metadata, head.etag[:1]) == (5, {"end": "5"}, "0")
    assert head.modified_at.tzinfo is not None


def test_create_never_overwrites(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, _ = lake_and_land
    assert lake.create(container, "part", b"first")
    assert not lake.create(container, "part", b"second")
    assert b"".join(lake.read(container, "part")) == b"first"


def test_what_is_deleted_is_gone_and_may_be_deleted_again(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, _ = lake_and_land
    assert lake.create(container, "part", b"first")
    for _ in range(2):
        lake.delete(container, "part")
        assert lake.head(container, "part") is None
    assert lake.create(container, "part", b"second")


def test_replace_succeeds_only_on_the_version_that_was_seen(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    assert lake.replace(container, "manifest", b"1", if_match=None)
    assert not lake.replace(container, "manifest", b"2", if_match=None)
    seen = lake.head(container, "manifest")
    assert seen is not None
    land("manifest", b"foreign")
    assert not lake.replace(container, "manifest", b"2", if_match=seen.etag)
    now = lake.head(container, "manifest")
    assert now is not None
    assert lake.replace(container, "manifest", b"3", if_match=now.etag)
    assert b"".join(lake.read(container, "manifest")) == b"3"


@pytest.mark.parametrize(
    ("start", "end"), [(0, None), (0, 10), (7, 3000), (2999, 3000), (3000, 3000), (0, 99_999), (1000, None)]
)
def test_read_gives_the_bytes_of_a_range(lake_and_land: tuple[Lake, str, Land], start: int, end: int | None) -> None:
    lake, container, land = lake_and_land
    data = bytes(range(250)) * 12
    land("2024.csv", data)
    assert b"".join(lake.read(container, "2024.csv", start=start, end=end)) == data[start:end]


def test_read_refuses_another_version(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    land("2024.csv", b"one\n")
    seen = lake.head(container, "2024.csv")
    assert seen is not None
    land("2024.csv", b"one\ntwo\n")
    with pytest.raises(LandedFileChanged):
        b"".join(lake.read(container, "2024.csv", if_match=seen.etag))


def test_a_file_that_changes_while_it_is_read_is_noticed(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    data = b"0123456789" * 1_000_000  # several requests, whatever the chunk size
    land("2024.csv", data)
    seen = lake.head(container, "2024.csv")
    assert seen is not None
    chunks = iter(lake.read(container, "2024.csv", if_match=seen.etag))
    next(chunks)
    land("2024.csv", data + b"more")
    with pytest.raises(LandedFileChanged):
        list(chunks)


def test_reading_a_blob_that_is_gone_says_so(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, _ = lake_and_land
    with pytest.raises(LandedFileChanged):
        b"".join(lake.read(container, "gone.csv"))


def test_list_yields_names_in_order_below_a_prefix(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    for path in ("b/2.csv", "b/1.csv", "a.csv", "bc.csv"):
        land(path, b"x")
    assert [blob.path for blob in lake.list(container, "b/")] == ["b/1.csv", "b/2.csv"]
    assert [blob.path for blob in lake.list(container)] == ["a.csv", "b/1.csv", "b/2.csv", "bc.csv"]
    listed, head = next(iter(lake.list(container))), lake.head(container, "a.csv")
    assert head is not None
    assert listed.etag == head.etag


def test_listing_a_container_that_does_not_exist_is_empty(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, _, _ = lake_and_land
    assert list(lake.list("nowhere-at-all")) == []


def test_names_with_spaces_and_other_alphabets_survive(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    path = "Umsätze 2026/März #1 50%+.csv"
    land(path, b"cid\n1\n")
    assert [blob.path for blob in lake.list(container)] == [path]
    assert b"".join(lake.read(container, path)) == b"cid\n1\n"


@pytest.mark.parametrize("start", [0, 7, 2999])
def test_open_tells_the_version_and_gives_the_bytes_in_one_call(lake_and_land: tuple[Lake, str, Land], start: int) -> None:
    lake, container, land = lake_and_land
    data = bytes(range(250)) * 12
    land("2024.csv", data)
    opened, head = lake.open(container, "2024.csv", start=start), lake.head(container, "2024.csv")
    assert opened is not None
    assert opened.blob == head
    assert b"".join(opened.chunks) == data[start:]


@pytest.mark.parametrize("start", [3000, 9999])
def test_open_behind_the_end_gives_no_bytes(lake_and_land: tuple[Lake, str, Land], start: int) -> None:
    lake, container, land = lake_and_land
    land("2024.csv", b"x" * 3000)
    opened = lake.open(container, "2024.csv", start=start)
    assert opened is not None
    assert (opened.blob.size, list(opened.chunks)) == (3000, [])


def test_open_of_nothing_or_of_the_version_that_is_known_is_none(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    assert lake.open(container, "2024.csv") is None
    land("2024.csv", b"1")
    known = lake.head(container, "2024.csv")
    assert known is not None
    assert lake.open(container, "2024.csv", unless=known.etag) is None
    land("2024.csv", b"12")
    assert lake.open(container, "2024.csv", unless=known.etag) is not None


def test_a_file_that_changes_after_it_was_opened_is_noticed(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    data = b"0123456789" * 1_000_000
    land("2024.csv", data)
    opened = lake.open(container, "2024.csv")
    assert opened is not None
    next(opened.chunks)
    land("2024.csv", data + b"more")
    with pytest.raises(LandedFileChanged):
        list(opened.chunks)


def test_nothing_but_the_head_tells_metadata(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, _ = lake_and_land
    lake.create(container, "part", b"12345", metadata={"end": "5"})
    opened = lake.open(container, "part")
    assert opened is not None
    assert (opened.blob.metadata, b"".join(opened.chunks)) == ({}, b"12345")
    assert [blob.metadata for blob in lake.list(container)] == [{}]


def test_a_listing_tells_what_the_head_tells(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    land("2024.csv", b"12345")
    assert list(lake.list(container)) == [lake.head(container, "2024.csv")]


def test_every_write_is_another_version_and_the_blob_stays_as_old_as_it_is(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    versions = []
    for _ in range(2):
        land("2024.csv", b"the same")
        versions.append(lake.head(container, "2024.csv"))
    first, second = versions
    assert first is not None
    assert second is not None
    assert first.etag != second.etag
    assert second.created_at == first.created_at
    assert second.modified_at >= first.modified_at


@pytest.mark.parametrize("start", [0, 1])
def test_an_empty_blob_has_no_bytes(lake_and_land: tuple[Lake, str, Land], start: int) -> None:
    lake, container, land = lake_and_land
    land("2024.csv", b"")
    opened = lake.open(container, "2024.csv", start=start)
    assert opened is not None
    assert (opened.blob.size, list(opened.chunks)) == (0, [])
    assert b"".join(lake.read(container, "2024.csv")) == b""


def test_a_range_behind_the_end_means_that_the_file_became_shorter(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    land("2024.csv", b"x" * 3000)
    with pytest.raises(LandedFileChanged):
        b"".join(lake.read(container, "2024.csv", start=9999))


@pytest.mark.parametrize("data", [None, b"short"], ids=["gone", "shorter"])
def test_a_file_that_goes_or_shrinks_after_it_was_opened_is_noticed(
    lake_and_land: tuple[Lake, str, Land], data: bytes | None
) -> None:
    lake, container, land = lake_and_land
    land("2024.csv", b"0123456789" * 1_000_000)
    opened = lake.open(container, "2024.csv")
    assert opened is not None
    next(opened.chunks)
    if data is None:
        land.remove("2024.csv")
    else:
        land("2024.csv", data)
    with pytest.raises(LandedFileChanged):
        list(opened.chunks)


def test_nothing_is_replaced_where_nothing_is(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, land = lake_and_land
    land("manifest", b"1")
    seen = lake.head(container, "manifest")
    assert seen is not None
    land.remove("manifest")
    assert not lake.replace(container, "manifest", b"2", if_match=seen.etag)
    assert lake.head(container, "manifest") is None
    assert lake.create(container, "manifest", b"3")


def test_of_many_that_write_at_once_one_succeeds(lake_and_land: tuple[Lake, str, Land]) -> None:
    lake, container, _ = lake_and_land
    names = [str(number).encode() for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        created = list(threads.map(lambda name: lake.create(container, "part", name), names))
        assert created.count(True) == 1
        assert b"".join(lake.read(container, "part")) == names[created.index(True)]
        seen = lake.head(container, "part")
        assert seen is not None
        replaced = list(threads.map(lambda name: lake.replace(container, "part", name, if_match=seen.etag), names))
    assert replaced.count(True) == 1
    assert b"".join(lake.read(container, "part")) == names[replaced.index(True)]


# What only the real thing has


@pytest.fixture
def service(azurite: str) -> Iterator[BlobServiceClient]:
    service = blob_service(azurite)
    yield service
    service.close()


@pytest.mark.azurite
def test_folders_of_a_hierarchical_namespace_are_no_files(service: BlobServiceClient) -> None:
    blobs = service.create_container(f"c{uuid.uuid4().hex[:12]}")
    blobs.upload_blob("contact", b"", metadata={"hdi_isfolder": "true"})
    blobs.upload_blob("contact/2024.csv", b"1")
    assert [blob.path for blob in BlobLake(service).list(blobs.container_name)] == ["contact/2024.csv"]


def test_an_account_that_does_not_answer_is_unavailable_whatever_is_asked() -> None:
    nowhere = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;BlobEndpoint=http://127.0.0.1:1/a;"
    lake = BlobLake(BlobServiceClient.from_connection_string(nowhere, retry_total=0))
    calls: list[Callable[[], Any]] = [
        lambda: lake.head("c", "p"),
        lambda: list(lake.read("c", "p")),
        lambda: lake.open("c", "p"),
        lambda: lake.create("c", "p", b"1"),
        lambda: lake.replace("c", "p", b"1", if_match="0x1"),
        lambda: list(lake.list("c")),
    ]
    for call in calls:
        with pytest.raises(ServiceUnavailable):
            call()
