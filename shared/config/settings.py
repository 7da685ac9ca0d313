"""The app's settings: read from the environment once, checked, frozen.

Azure Functions hands app settings over as environment variables; locally they stand in `local.settings.json`. A
connection `X` is either a connection string in `X`, or endpoints in `X__blobServiceUri`, `X__queueServiceUri` and
`X__tableServiceUri` for a managed identity (reference: Azure Functions, section 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from shared.errors import SettingsInvalid

StorageService = Literal["blob", "queue", "table"]

#: What the Functions host reads itself, to bind triggers.
TRIGGER_SETTINGS = ("SWEEP_SCHEDULE", "RECONCILE_SCHEDULE", "HINT_QUEUE")


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How to reach a storage account."""

    name: str
    connection_string: str = field(default="", repr=False)
    endpoints: Mapping[StorageService, str] = field(default_factory=dict)
    client_id: str = ""  # of a user-assigned identity

    def endpoint(self, service: StorageService) -> str:
        """Return a service's endpoint; raises `SettingsInvalid` where none is set."""
        found = self.endpoints.get(service)
        if not found:
            raise SettingsInvalid(f"{self.name}__{service}ServiceUri", "an endpoint, or a connection string in its stead")
        return found


@dataclass(frozen=True, kw_only=True)
class DispatchSettings:
    """When waiting parts become a batch, and how often a batch is tried."""

    quiet: timedelta = timedelta(seconds=30)  # nothing new for so long
    longest_wait: timedelta = timedelta(minutes=5)  # or the oldest part waits so long
    enough_parts: int = 1000  # or so many parts wait
    most_parts: int = 5000  # in one batch
    attempts: int = 3
    back_off: timedelta = timedelta(seconds=30)  # before the second attempt; doubles


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that may differ between two deployments."""

    lake: Connection
    ledger: Connection
    host: Connection  # the account of the Functions host, where hints are queued
    ledger_table: str = "ledger"
    hint_queue: str = "pipeline-hints"
    dataverse_containers: tuple[str, ...] = ()
    finance_container: str = "finance"
    configuration: str = "customer360.toml"  # beside host.json
    lake_for_spark: str = ""  # template with {container}
    slice_bytes: int = 64 << 20
    model_wait: timedelta = timedelta(hours=1)
    tail_wait: timedelta = timedelta(hours=1)
    dispatching: DispatchSettings = field(default_factory=DispatchSettings)
    databricks_host: str = ""
    databricks_token: str = field(default="", repr=False)
    databricks_job_id: int = 0
    callback_username: str = ""
    callback_password: str = field(default="", repr=False)
    customer_insights_root: str = ""  # empty: no refresh is asked for
    customer_insights_instance_id: str = ""
    customer_insights_data_source_id: str = ""
    customer_insights_subscription_key: str = field(default="", repr=False)
    customer_insights_token: str = field(default="", repr=False)  # only for the local emulator

    @property
    def landing_containers(self) -> tuple[str, ...]:
        """Every container that files land in."""
        return (*self.dataverse_containers, self.finance_container)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check the settings; raises `SettingsInvalid` naming the first that is absent or unusable."""
    read = _Reader(environment)
    lake = read.connection("LakeStorage")
    return Settings(
        lake=lake,
        ledger=read.connection("LedgerStorage", default=lake),
        host=read.connection("AzureWebJobsStorage", default=lake),
        dataverse_containers=tuple(name.strip() for name in read.text("DATAVERSE_CONTAINERS").split(",") if name.strip()),
        finance_container=read.text("FINANCE_CONTAINER", "finance"),
        configuration=read.text("CONFIGURATION", "customer360.toml"),
        lake_for_spark=read.text("LAKE_FOR_SPARK", ""),
        slice_bytes=read.whole("SLICE_MEGABYTES", 64) << 20,
        model_wait=read.seconds("MODEL_WAIT_SECONDS", 3600),
        tail_wait=read.seconds("TAIL_WAIT_SECONDS", 3600),
        dispatching=DispatchSettings(
            quiet=read.seconds("DISPATCH_QUIET_SECONDS", 30),
            longest_wait=read.seconds("DISPATCH_MAX_WAIT_SECONDS", 300),
            enough_parts=read.whole("DISPATCH_ENOUGH_PARTS", 1000),
            attempts=read.whole("RUN_ATTEMPTS", 3),
            back_off=read.seconds("RUN_BACK_OFF_SECONDS", 30),
        ),
        databricks_host=read.text("DATABRICKS_HOST"),
        databricks_token=read.text("DATABRICKS_TOKEN", ""),
        databricks_job_id=read.whole("DATABRICKS_JOB_ID"),
        callback_username=read.text("CALLBACK_USERNAME"),
        callback_password=read.text("CALLBACK_PASSWORD"),
        customer_insights_root=read.text("CUSTOMER_INSIGHTS_ROOT", ""),
        customer_insights_instance_id=read.text("CUSTOMER_INSIGHTS_INSTANCE_ID", ""),
        customer_insights_data_source_id=read.text("CUSTOMER_INSIGHTS_DATA_SOURCE_ID", ""),
        customer_insights_subscription_key=read.text("CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY", ""),
        customer_insights_token=read.text("CUSTOMER_INSIGHTS_TOKEN", ""),
    )


def check_trigger_settings(environment: Mapping[str, str]) -> None:
    """Check what the host reads in the app's stead: without one of these it starts no trigger; raises `SettingsInvalid`."""
    for name in TRIGGER_SETTINGS:
        if not environment.get(name, "").strip():
            raise SettingsInvalid(name, "a value: a trigger is bound to it")


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str | None = None) -> str:
        value = self._environment.get(name, "").strip() or default
        if value is None:
            raise SettingsInvalid(name, "a value; it has no default")
        return value

    def whole(self, name: str, default: int | None = None) -> int:
        text = self.text(name, None if default is None else str(default))
        if not text.isascii() or not text.isdigit():
            raise SettingsInvalid(name, "a whole number")
        return int(text)

    def seconds(self, name: str, default: float) -> timedelta:
        try:
            seconds = float(self.text(name, str(default)))
        except ValueError:
            seconds = -1
        if not 0 <= seconds < 10**9:
            raise SettingsInvalid(name, "a number of seconds")
        return timedelta(seconds=seconds)

    def connection(self, name: str, default: Connection | None = None) -> Connection:
        text = self._environment.get(name, "").strip()
        services: tuple[StorageService, ...] = ("blob", "queue", "table")
        endpoints = {
            service: endpoint
            for service in services
            if (endpoint := self._environment.get(f"{name}__{service}ServiceUri", "").strip())
        }
        if text and endpoints:
            raise SettingsInvalid(name, f"either a connection string in {name}, or endpoints in {name}__*, not both")
        if text or endpoints:
            client_id = self._environment.get(f"{name}__clientId", "").strip()
            return Connection(name=name, connection_string=text, endpoints=endpoints, client_id=client_id)
        if default is None:
            raise SettingsInvalid(name, f"a connection string, or {name}__blobServiceUri and its like")
        return default
