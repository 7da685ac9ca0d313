"""What is to be done with a version of a landed file, decided without looking anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters.memory import MemoryClock
from shared.contracts.columns import Column
from shared.formats.cuts import Limits
from shared.formats.dialect import Dialect
from shared.formats.finance.data_set.verdict import Verdict
from shared.formats.finance.errors import CompressionError, ContractBrokenError
from shared.formats.finance.layout import Layout
from shared.formats.finance.options import FinanceConfig
from shared.formats.finance.source import FinanceSource
from shared.formats.finance.text.encoding import DecodedText
from shared.formats.fingerprint import fingerprint
from shared.formats.label_files import LabelFileError
from shared.formats.landed_paths import (
    ChangelogInfo,
    DataFile,
    FinanceFile,
    Ignored,
    LabelFile,
    ModelFile,
    TimeFolder,
)
from shared.formats.screen import Screen
from shared.formats.table_schema import TableSchema
from shared.landing import plan
from shared.landing.column_sources import ColumnsAbandoned, ColumnsPending, ColumnsUnusable
from shared.landing.plan import LARGEST_METADATA, Plan, Read, Restart, Settle, Wait
from shared.ledger.records import LandedFile
from shared.ports import BlobVersion

AT = MemoryClock()()
YEAR_FILE = DataFile(path="contact/2024.csv", table="contact", stem="2024", folder=None)
IN_FOLDER = replace(YEAR_FILE, folder=TimeFolder(name="2026-11-23T10.11.12Z", at=AT))
FINANCE_FILE = FinanceFile(path="income/2024.csv", data_set="income", stem="2024", form="text")
LABELS = LabelFile(path="OptionsetMetadata/1.csv", labels="OptionsetMetadata", stem="1", folder=None)
READ_BEFORE = b"the bytes before the offset"


def make_blob(size: int = 1000, path: str = YEAR_FILE.path, **changes: Any) -> BlobVersion:
    blob = BlobVersion(container="dataverse-x", path=path, etag="v2", size=size, created_at=AT, modified_at=AT)
    return replace(blob, **changes)


def make_schema(*names: str) -> TableSchema:
    return TableSchema(table="contact", columns=tuple(Column(name=name, type="string") for name in names))


CONTACT = make_schema("Id", "versionnumber", "IsDelete")


def make_record(**changes: Any) -> LandedFile:
    return replace(LandedFile(container="dataverse-x", path=YEAR_FILE.path), **changes)


def read_before(**changes: Any) -> LandedFile:
    """Make the record of a year file of which 500 bytes were read."""
    known: dict[str, Any] = {"offset": 500, "records": 7, "width": 3, "fingerprint": fingerprint(READ_BEFORE)}
    known |= {"schema_version": CONTACT.version, "version": "v1", "created_at": AT, "content_md5": "same"}
    return make_record(**known | changes)


def decide(record: LandedFile | None = None, **changes: Any) -> Plan:
    """Decide about a version of the year file that has grown since it was read, but for the changes given."""
    found: dict[str, Any] = {
        "blob": make_blob(),
        "file": YEAR_FILE,
        "columns": CONTACT,
        "overlap": READ_BEFORE,
        "earlier": {CONTACT.version: CONTACT},
    } | changes
    blob, file, columns = found.pop("blob"), found.pop("file"), found.pop("columns")
    return plan.dataverse(record or read_before(), blob, file, columns, slice_bytes=64, limits=Limits(), **found)


def test_a_file_that_grew_is_read_from_where_reading_stopped() -> None:
    decided = decide()
    assert isinstance(decided, Read)
    assert (decided.grows, decided.spec.start, decided.spec.first_record, decided.spec.widest) == (True, 500, 8, 3)
    assert (decided.spec.lineage.source_version, decided.spec.max_bytes) == ("v2", 64)


def test_a_file_never_seen_is_read_from_its_start() -> None:
    decided = decide(make_record(), overlap=b"")
    assert isinstance(decided, Read)
    assert (decided.spec.start, decided.spec.first_record) == (0, 1)


def test_a_file_of_an_export_folder_is_read_as_a_whole() -> None:
    decided = decide(make_record(), file=IN_FOLDER, overlap=b"")
    assert isinstance(decided, Read)
    assert (decided.grows, decided.spec.start, decided.spec.final) == (False, 0, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"blob": make_blob(499)},  # it shrank
        {"overlap": b"other bytes at this place"},  # it was written anew, as long or longer
        {"blob": make_blob(created_at=AT + timedelta(hours=1), is_append_blob=True)},  # another blob of this name
        {"blob": make_blob(500, content_md5="other")},  # as long as it was: nothing was appended, so something was changed
        {"blob": make_blob(500)},  # likewise, where storage keeps no hash
        {"record": read_before(held_back=20), "blob": make_blob(520)},  # likewise, though its last record was held back
    ],
)
def test_a_file_that_is_not_what_was_read_starts_anew(changes: dict[str, Any]) -> None:
    assert decide(**changes) == Restart()


@pytest.mark.parametrize(
    "blob",
    [
        {"content_md5": "same"},  # its metadata was written
        {"is_append_blob": True},  # bytes that are there never change
    ],
)
def test_a_new_version_that_cannot_hold_other_bytes_does_not_start_anew(blob: dict[str, Any]) -> None:
    assert isinstance(decide(blob=make_blob(500, **blob)), Read)


def test_columns_that_bronze_does_not_hold_are_never_taken_for_the_same() -> None:
    decided = decide(earlier={})
    assert isinstance(decided, Settle)
    assert (decided.state, decided.reason) == ("rejected", "columns_unknown")


def test_a_whole_file_is_taken_up_where_an_attempt_had_counted_it_to() -> None:
    record = read_before(reading="v2")
    decided = plan.resumed(decide(record, file=IN_FOLDER, overlap=b""), record, make_blob())
    assert isinstance(decided, Read)
    assert (decided.spec.start, decided.spec.first_record) == (500, 8)
    other = read_before(reading="v2", schema_version="another")
    assert plan.resumed(decide(record, file=IN_FOLDER, overlap=b""), other, make_blob()) == Restart()


def test_columns_that_moved_reject_the_rest_of_a_file() -> None:
    decided = decide(columns=make_schema("Id", "new", "versionnumber", "IsDelete"), earlier={CONTACT.version: CONTACT})
    assert isinstance(decided, Settle)
    assert (decided.state, decided.reason) == ("rejected", "columns_moved")


def test_columns_that_were_added_behind_do_not() -> None:
    added = make_schema("Id", "versionnumber", "IsDelete", "new")
    decided = decide(columns=added, earlier={CONTACT.version: CONTACT})
    assert isinstance(decided, Read)
    assert decided.spec.min_width == CONTACT.width  # rows from before are narrower, and legal


@pytest.mark.parametrize(
    ("columns", "decided"),
    [
        (ColumnsPending(reason="folder_open", detail="d"), Wait(reason="folder_open", detail="d")),
        (
            ColumnsAbandoned(reason="folder_abandoned", detail="d"),
            Settle(state="ignored", reason="folder_abandoned", detail="d"),
        ),
        (ColumnsUnusable(reason="model_missing", detail="d"), Settle(state="rejected", reason="model_missing", detail="d")),
    ],
)
def test_without_columns_nothing_is_read_whatever_became_of_the_bytes(columns: Any, decided: Plan) -> None:
    assert decide(columns=columns, blob=make_blob(1)) == decided


def make_source(*names: str) -> FinanceSource:
    schema = TableSchema(table="income", columns=tuple(Column(name=name, type="string") for name in names))
    layout = Layout(dialect=Dialect(delimiter=b";"), names=names, header=names, header_row=1, data_at=11)
    text = DecodedText((), file="income/2024.csv", data_set="income")
    return FinanceSource(schema=schema, layout=layout, screen=Screen(header=names), text=text, chunks=iter(()))


def decide_finance(source: FinanceSource, verdict: Verdict) -> Plan:
    return plan.finance(
        make_blob(),
        FINANCE_FILE,
        source,
        verdict,
        config=FinanceConfig(),
        contract_version=3,
        read_as="3-ab",
        slice_bytes=64,
        limits=Limits(),
    )


def test_a_finance_file_is_read_behind_its_header_in_its_own_dialect_and_names_the_version_of_the_contract() -> None:
    decided = decide_finance(make_source("cid", "income"), Verdict(kind="same"))
    assert isinstance(decided, Read)
    assert (decided.spec.start, decided.spec.final, decided.spec.dialect.delimiter) == (11, True, b";")
    assert (decided.spec.lineage.contract_version, decided.read_as, decided.max_rejected) == (3, "3-ab", 0.5)


def test_a_file_that_breaks_the_contract_is_refused_with_what_differs_and_what_to_do() -> None:
    broken = Verdict(
        kind="broken", differs=("without the columns income",), advice="land it with them", toml="[finance.income]"
    )
    with pytest.raises(ContractBrokenError) as refusal:
        decide_finance(make_source("cid", "x"), broken)
    settled = plan.unreadable(refusal.value)
    assert (settled.state, settled.reason) == ("rejected", "contract_broken")
    assert settled.detail.startswith("without the columns income; land it with them; to read it so, paste")


def test_what_differs_is_told_of_a_file_that_is_taken() -> None:
    assert plan.told(Verdict(kind="compatible", differs=("with the new columns year",))).endswith(": with the new columns year")
    assert plan.told(Verdict(kind="same")) == ""


def test_a_finance_file_whose_content_landed_before_is_not_read_again() -> None:
    decided = plan.same_content()
    assert (decided.state, decided.reason) == ("ingested", "same_content")


def test_a_finance_file_that_cannot_be_read_is_rejected_with_its_reason() -> None:
    decided = plan.unreadable(CompressionError("income/2024.csv.gz", "ends before its end mark"))
    assert decided == Settle(state="rejected", reason="not_gzip", detail="ends before its end mark")


@pytest.mark.parametrize("known", [{"read_as": "2-ab"}, {"read_as": ""}, {"schema_version": "other"}])
def test_a_half_read_finance_file_is_not_gone_on_with_where_it_was_read_otherwise(known: dict[str, Any]) -> None:
    source = make_source("cid", "income")
    decided = decide_finance(source, Verdict(kind="same"))
    begun = make_record(
        reading="v2", offset=40, records=3, **{"schema_version": source.schema.version, "read_as": "3-ab"} | known
    )
    assert plan.resumed(decided, begun, make_blob()) == Restart()
    assert isinstance(
        plan.resumed(decided, replace(begun, read_as="3-ab", schema_version=source.schema.version), make_blob()), Read
    )


@pytest.mark.parametrize(
    ("changes", "worth_it"),
    [
        ({"state": "ingested", "size": 1000, "fingerprint": "f"}, True),
        ({"state": "ingested", "size": 999, "fingerprint": "f"}, False),
        ({"state": "rejected", "size": 1000, "fingerprint": "f"}, False),  # it may be read with another configuration
        ({"state": "ingested", "size": 1000}, False),
    ],
)
def test_content_is_compared_only_where_it_may_be_the_same(changes: dict[str, Any], worth_it: bool) -> None:
    assert plan.may_be_the_same(make_record(**changes), make_blob()) is worth_it


@pytest.mark.parametrize(
    ("record", "blob", "bytes_worth_it"),
    [
        ({}, {}, 500),
        ({"held_back": 20}, {}, 520),  # what was held back was part of that version too
        ({"version": ""}, {}, 0),  # what was read of it is not known to be one version
        ({"content_md5": ""}, {}, 0),  # storage kept none: there is nothing to compare with
        ({"offset": 0}, {}, 0),  # nothing was read of it
        ({"reason": "being_read"}, {}, 0),  # it was not read to its end, and the MD5 is of all of it
        ({}, {"is_append_blob": True}, 0),  # bytes that are there never change
        ({}, {"size": 500}, 0),  # it is not longer
        ({"offset": 1 << 30}, {"size": 2 << 30}, 0),  # larger than what storage keeps an MD5 of by itself
    ],
)
def test_the_beginning_is_compared_only_where_storage_tells_what_it_was(
    record: dict[str, Any], blob: dict[str, Any], bytes_worth_it: int
) -> None:
    assert plan.worth_comparing(read_before(**record), make_blob(**blob)) == bytes_worth_it


def test_an_empty_file_of_rows_is_passed_over_until_something_is_written_to_it() -> None:
    for kind in (YEAR_FILE, IN_FOLDER, FINANCE_FILE):
        assert plan.by_size(make_blob(0), kind) == Settle(
            state="ignored", reason="empty", detail="nothing was written to it yet"
        )
        assert plan.by_size(make_blob(1), kind) is None


def test_metadata_beyond_any_measure_is_rejected_unread() -> None:
    decided = plan.by_size(make_blob(LARGEST_METADATA + 1), LABELS)
    assert decided is not None
    assert (decided.state, decided.reason) == ("rejected", "metadata_too_large")
    assert plan.by_size(make_blob(LARGEST_METADATA), LABELS) is None


def test_a_name_that_says_enough_settles_the_file() -> None:
    ignored = plan.by_name(Ignored(path="x", reason="snapshot", detail="d"))
    assert ignored == Settle(state="ignored", reason="snapshot", detail="d")
    for kind in (ModelFile(path="model.json", table=None, folder=None), ChangelogInfo(path="Changelog/changelog.info")):
        assert plan.by_name(kind).reason == "metadata"


def test_a_label_file_is_ingested_with_the_number_of_records_that_cannot_be_read_or_rejected() -> None:
    assert plan.labels(0).detail == "choices and states, kept as they landed"
    assert plan.labels(2).detail.endswith("; 2 unreadable")
    rejected = plan.labels(LabelFileError("record 3: no UTF-8"))
    assert (rejected.state, rejected.reason, rejected.detail) == ("rejected", "labels_unreadable", "record 3: no UTF-8")
