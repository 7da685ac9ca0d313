"""Settings are checked when the app starts, and never shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.config.settings import read_settings
from shared.errors import SettingsInvalid

REQUIRED = {
    "LakeStorage": "AccountName=lake;AccountKey=key-of-the-lake",
    "DATAVERSE_CONTAINERS": "dataverse-a, dataverse-b",
    "DATABRICKS_HOST": "https://adb-1.azuredatabricks.net",
    "DATABRICKS_JOB_ID": "360",
    "CALLBACK_USERNAME": "databricks",
    "CALLBACK_PASSWORD": "word-that-passes",
}


def test_the_required_ones_suffice() -> None:
    settings = read_settings(REQUIRED)
    assert settings.landing_containers == ("dataverse-a", "dataverse-b", "finance")
    assert settings.ledger == settings.lake
    assert settings.dispatching.quiet == timedelta(seconds=30)


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_an_absent_one_is_named(name: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        read_settings({key: value for key, value in REQUIRED.items() if key != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABRICKS_JOB_ID", "12x"), ("DATABRICKS_JOB_ID", "-1"), ("DISPATCH_QUIET_SECONDS", "soon"),
     ("DISPATCH_QUIET_SECONDS", "nan"), ("RUN_ATTEMPTS", "1.5")],
)  # fmt: skip
def test_an_unusable_one_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid) as raised:
        read_settings(REQUIRED | {name: value})
    assert name in str(raised.value)
    assert value not in str(raised.value)


def test_an_identity_needs_endpoints_and_excludes_a_connection_string() -> None:
    # Azure Functions, section 7: an exact `LakeStorage` beats every `LakeStorage__*`, silently.
    endpoints = {"LakeStorage__blobServiceUri": "https://lake.blob.core.windows.net", "LakeStorage__clientId": "c"}
    with pytest.raises(SettingsInvalid, match="not both"):
        read_settings(REQUIRED | endpoints)
    without = {key: value for key, value in REQUIRED.items() if key != "LakeStorage"}
    lake = read_settings(without | endpoints).lake
    assert (lake.endpoint("blob"), lake.client_id) == ("https://lake.blob.core.windows.net", "c")
    with pytest.raises(SettingsInvalid, match="LakeStorage__tableServiceUri"):
        lake.endpoint("table")


def test_no_secret_is_shown() -> None:
    shown = repr(read_settings(REQUIRED | {"DATABRICKS_TOKEN": "dapi-secret", "CUSTOMER_INSIGHTS_TOKEN": "ci-secret"}))
    for secret in ("key-of-the-lake", "word-that-passes", "dapi-secret", "ci-secret"):
        assert secret not in shown


@pytest.mark.parametrize("scope", ["data_source", "all"])
def test_a_refresh_that_nobody_could_ask_for_is_refused(scope: str) -> None:
    given = REQUIRED | {"CUSTOMER_INSIGHTS_REFRESH": scope, "CUSTOMER_INSIGHTS_ROOT": "https://api"}
    with pytest.raises(SettingsInvalid, match="CUSTOMER_INSIGHTS_INSTANCE_ID"):
        read_settings(given)
    given["CUSTOMER_INSIGHTS_INSTANCE_ID"] = "i"
    if scope == "data_source":
        with pytest.raises(SettingsInvalid, match="CUSTOMER_INSIGHTS_DATA_SOURCE_ID"):
            read_settings(given)
    given["CUSTOMER_INSIGHTS_DATA_SOURCE_ID"] = "d"
    assert read_settings(given).refreshing.scope == scope


def test_nothing_is_refreshed_unless_somebody_says_so() -> None:
    assert read_settings(REQUIRED | {"CUSTOMER_INSIGHTS_INSTANCE_ID": "i"}).refreshing.scope == "off"


@pytest.mark.parametrize(("name", "value"), [("CUSTOMER_INSIGHTS_REFRESH", "yes"), ("REFRESH_QUIET_HOURS", "nights")])
def test_what_a_refresh_setting_cannot_be_is_told(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name):
        read_settings(REQUIRED | {name: value})
