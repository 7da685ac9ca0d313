"""The app's settings: read from the environment once, checked, frozen.

Azure Functions hands app settings over as environment variables; locally they stand in `local.settings.json`. A
connection `X` is either a connection string in `X`, or endpoints in `X__blobServiceUri`, `X__queueServiceUri` and
`X__tableServiceUri` for a managed identity (reference: Azure Functions, section 7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, get_args, get_origin

from msgspec import NODEFAULT, structs

from shared.config.app_settings import TRIGGER_SETTINGS, AppSettings, Seconds, Whole
from shared.config.refresh_settings import RefreshSettings, read_hours
from shared.errors import SettingsInvalid

StorageService = Literal["blob", "queue", "table"]


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
    write_quiet: timedelta = timedelta(seconds=2)  # a finance file is taken when nothing was written to it for so long
    dispatching: DispatchSettings = field(default_factory=DispatchSettings)
    databricks_host: str = ""
    databricks_token: str = field(default="", repr=False)
    databricks_job_id: int = 0
    callback_username: str = ""
    callback_password: str = field(default="", repr=False)
    customer_insights_root: str = ""
    customer_insights_instance_id: str = ""
    customer_insights_subscription_key: str = field(default="", repr=False)
    customer_insights_token: str = field(default="", repr=False)  # only for the local emulator
    refreshing: RefreshSettings = field(default_factory=RefreshSettings)

    @property
    def landing_containers(self) -> tuple[str, ...]:
        """Every container that files land in."""
        return (*self.dataverse_containers, self.finance_container)


#: What the environment may tell; to look it up takes 2 ms, and a host reads its settings each time that it is asked something.
_TOLD = structs.fields(AppSettings)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check the settings; raises `SettingsInvalid` naming the first that is absent or unusable."""
    lake = _connection(environment, "LakeStorage")
    told = AppSettings(**{field.name: _value(environment, field) for field in _TOLD})
    return Settings(
        lake=lake,
        ledger=_connection(environment, "LedgerStorage", default=lake),
        host=_connection(environment, "AzureWebJobsStorage", default=lake),
        dataverse_containers=tuple(name.strip() for name in told.dataverse_containers.split(",") if name.strip()),
        finance_container=told.finance_container,
        configuration=told.configuration,
        lake_for_spark=told.lake_for_spark,
        hint_queue=told.hint_queue,
        slice_bytes=told.slice_megabytes << 20,
        model_wait=timedelta(seconds=told.model_wait_seconds),
        tail_wait=timedelta(seconds=told.tail_wait_seconds),
        write_quiet=timedelta(seconds=told.write_quiet_seconds),
        dispatching=DispatchSettings(
            quiet=timedelta(seconds=told.dispatch_quiet_seconds),
            longest_wait=timedelta(seconds=told.dispatch_max_wait_seconds),
            enough_parts=told.dispatch_enough_parts,
            attempts=told.run_attempts,
            back_off=timedelta(seconds=told.run_back_off_seconds),
        ),
        databricks_host=told.databricks_host,
        databricks_token=told.databricks_token,
        databricks_job_id=told.databricks_job_id,
        callback_username=told.callback_username,
        callback_password=told.callback_password,
        customer_insights_root=told.customer_insights_root,
        customer_insights_instance_id=told.customer_insights_instance_id,
        customer_insights_subscription_key=told.customer_insights_subscription_key,
        customer_insights_token=told.customer_insights_token,
        refreshing=_refreshing(told),
    )


def check_trigger_settings(environment: Mapping[str, str]) -> None:
    """Check what the host reads in the app's stead: without one of these it starts no trigger; raises `SettingsInvalid`."""
    for name in TRIGGER_SETTINGS:
        if not environment.get(name, "").strip():
            raise SettingsInvalid(name, "a value: a trigger is bound to it")


def _refreshing(told: AppSettings) -> RefreshSettings:
    """Return when and what is refreshed; raises `SettingsInvalid` where something is that cannot be reached."""
    if told.customer_insights_refresh != "off":
        for field in ("customer_insights_root", "customer_insights_instance_id", "customer_insights_data_source_id"):
            wanted = field != "customer_insights_data_source_id" or told.customer_insights_refresh == "data_source"
            if wanted and not getattr(told, field):
                raise SettingsInvalid(field.upper(), "a value, since CUSTOMER_INSIGHTS_REFRESH is not off")
    try:
        quiet_hours = read_hours(told.refresh_quiet_hours) if told.refresh_quiet_hours else None
    except ValueError as error:
        raise SettingsInvalid("REFRESH_QUIET_HOURS", "hours of the day in UTC, as 22:00-06:00") from error
    return RefreshSettings(
        scope=told.customer_insights_refresh,
        data_source_id=told.customer_insights_data_source_id,
        longest=timedelta(seconds=told.refresh_longest_seconds),
        interval=timedelta(seconds=told.refresh_interval_seconds),
        quiet_hours=quiet_hours,
    )


def _value(environment: Mapping[str, str], field: structs.FieldInfo) -> Any:
    """Read one setting as its type says; raises `SettingsInvalid`."""
    name, text = field.encode_name, environment.get(field.encode_name, "").strip()
    if not text:
        if field.default is NODEFAULT:
            raise SettingsInvalid(name, "a value; it has no default")
        return field.default
    if _is(field, Whole):
        if not text.isascii() or not text.isdigit():
            raise SettingsInvalid(name, "a whole number")
        return int(text)
    kind: Any = field.type
    known = get_args(kind.__origin__) if get_origin(kind.__origin__) is Literal else (text,)
    if text not in known:
        raise SettingsInvalid(name, f"one of {', '.join(known)}")
    return _seconds(name, text) if _is(field, Seconds) else text


def _is(field: structs.FieldInfo, kind: Any) -> bool:
    """Say whether a setting is of a kind; `Annotated` within `Annotated` is one, with what both say of it."""
    of: Any = field.type
    return of.__origin__ is kind.__origin__ and set(kind.__metadata__) <= set(of.__metadata__)


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 10**9:
        raise SettingsInvalid(name, "a number of seconds")
    return seconds


def _connection(environment: Mapping[str, str], name: str, *, default: Connection | None = None) -> Connection:
    text = environment.get(name, "").strip()
    services: tuple[StorageService, ...] = ("blob", "queue", "table")
    endpoints = {
        service: endpoint for service in services if (endpoint := environment.get(f"{name}__{service}ServiceUri", "").strip())
    }
    if text and endpoints:
        raise SettingsInvalid(name, f"either a connection string in {name}, or endpoints in {name}__*, not both")
    if text or endpoints:
        client_id = environment.get(f"{name}__clientId", "").strip()
        return Connection(name=name, connection_string=text, endpoints=endpoints, client_id=client_id)
    if default is None:
        raise SettingsInvalid(name, f"a connection string, or {name}__blobServiceUri and its like")
    return default
