"""What a path in a landing container is."""

from datetime import UTC, datetime

import pytest

from shared.formats.landed_paths import (
    ChangelogInfo,
    DataFile,
    EntityMetadataFile,
    FinanceFile,
    Ignored,
    LabelFile,
    ModelFile,
    TimeFolder,
    Unreadable,
    classify_dataverse,
    classify_finance,
    parse_changelog,
    parse_time_folder,
)

FOLDER = TimeFolder(name="2024-10-10T00.29.50Z", at=datetime(2024, 10, 10, 0, 29, 50, tzinfo=UTC))


@pytest.mark.parametrize("stem", ["2023", "2018_001", "1", "4", "1900", "2024-05"])
def test_a_year_file_is_known_by_any_stem_in_use(stem: str) -> None:
    """Reference: Synapse Link, section 3.1: the stem is opaque."""
    path = f"contact/{stem}.csv"
    assert classify_dataverse(path) == DataFile(path=path, table="contact", stem=stem, folder=None)


def test_an_incremental_file_knows_its_folder() -> None:
    path = f"{FOLDER.name}/contact/1.csv"
    assert classify_dataverse(path) == DataFile(path=path, table="contact", stem="1", folder=FOLDER)


@pytest.mark.parametrize("name", ["2024-10-10T00.29.50Z", "2024-10-10T00:29:50Z", "2024-10-10T00:29:50.0000000Z"])
def test_both_spellings_of_a_time_folder_mean_the_same_time(name: str) -> None:
    """Reference: Synapse Link, section 3.3: dots on disk, colons and milliseconds in the docs."""
    assert parse_time_folder(name) == TimeFolder(name=name, at=FOLDER.at)


def test_time_folders_of_one_second_keep_their_order() -> None:
    folders = [parse_time_folder(f"2024-10-10T00:29:50.{fraction}Z") for fraction in ("001", "01", "9")]
    assert [folder.at.microsecond for folder in folders if folder] == [1000, 10000, 900000]


@pytest.mark.parametrize("name", ["contact", "2024-13-10T00.29.50Z", "2024-10-10T25.29.50Z", "2024-10-10", ""])
def test_other_folders_are_no_time_folders(name: str) -> None:
    assert parse_time_folder(name) is None


def test_the_changelog_names_the_folder_being_written() -> None:
    assert parse_changelog(b"\xef\xbb\xbf2024-10-10T00.29.50Z\r\n") == FOLDER
    assert parse_changelog(b"") is None
    assert classify_dataverse("Changelog/changelog.info") == ChangelogInfo(path="Changelog/changelog.info")


def test_models_and_metadata_are_told_from_rows() -> None:
    service = "Microsoft.Athena.TrickleFeedService"
    for prefix, folder in (("", None), (f"{FOLDER.name}/", FOLDER)):
        root, table = f"{prefix}model.json", f"{prefix}{service}/contact-model.json"
        assert classify_dataverse(root) == ModelFile(path=root, table=None, folder=folder)
        assert classify_dataverse(table) == ModelFile(path=table, table="contact", folder=folder)
        metadata = f"{prefix}{service}/contact-EntityMetadata.json"
        assert classify_dataverse(metadata) == EntityMetadataFile(path=metadata, table="contact", folder=folder)
        labels = f"{prefix}OptionsetMetadata/OptionsetMetadata.csv"
        assert classify_dataverse(labels) == LabelFile(
            path=labels, labels="OptionsetMetadata", stem="OptionsetMetadata", folder=folder
        )


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("contact/Snapshot/2023_1665480000.csv", "snapshot"),
        ("deltalake/contact_partitioned/_delta_log/00000000000000000000.json", "delta_export"),
        ("EntitySyncFailure/contact.csv", "sync_failure"),
        ("EntitySyncFailure/2023.csv", "sync_failure"),
        (f"{FOLDER.name}/EntitySyncFailure/2023.csv", "sync_failure"),
        ("Changelog/Synapse.log", "changelog"),
        ("Microsoft.Athena.TrickleFeedService/other.json", "service_file"),
        ("contact/readme.csv", "unknown"),
        ("contact/2023.parquet", "unknown"),
        ("contact", "unknown"),
        ("2023.csv", "unknown"),
        ("a/b/c/2023.csv", "unknown"),
        (FOLDER.name, "unknown"),
        ("", "unknown"),
        ("/2023.csv", "unknown"),
    ],
)
def test_anything_else_is_ignored_with_its_reason(path: str, reason: str) -> None:
    found = classify_dataverse(path)
    assert isinstance(found, Ignored)
    assert (found.path, found.reason) == (path, reason)
    assert found.detail


@pytest.mark.parametrize(
    ("path", "data_set", "stem", "form"),
    [
        ("customer_finance/2026-11.csv", "customer_finance", "2026-11", "text"),
        ("customer_finance/2026/11.CSV", "customer_finance", "11", "text"),
        ("customer_finance.csv", "customer_finance", "customer_finance", "text"),
        ("customer_finance/2026-11.csv.gz", "customer_finance", "2026-11", "gzip"),
        ("customer_finance/2026-11.TSV", "customer_finance", "2026-11", "text"),
        ("customer_finance/2026-11.txt", "customer_finance", "2026-11", "text"),
        ("customer_finance/2026-11.csv.zip", "customer_finance", "2026-11", "zip"),
        ("customer_finance/2026-11.ZIP", "customer_finance", "2026-11", "zip"),
        ("budget.xlsm", "budget", "budget", "workbook"),
        ("budget.v2.xlsx", "budget.v2", "budget.v2", "workbook"),
    ],
)
def test_a_finance_file_names_its_data_set(path: str, data_set: str, stem: str, form: str) -> None:
    found = classify_finance(path)
    assert isinstance(found, FinanceFile)
    assert (found.path, found.data_set, found.stem, found.form) == (path, data_set, stem, form)


@pytest.mark.parametrize("path", ["a/~$x.xlsx", "a/.x.csv", ".csv", "a/.csv"])
def test_unfinished_finance_files_are_ignored(path: str) -> None:
    assert isinstance(classify_finance(path), Ignored)


@pytest.mark.parametrize("path", ["a/readme.pdf", "a/x.gz", "a", "/x.csv", "x.xls"])
def test_other_finance_files_are_refused_so_that_somebody_sees_them(path: str) -> None:
    """Field case 36-zip-and-other-endings: in a finance container a file with data is never uninteresting."""
    assert isinstance(classify_finance(path), Unreadable)
