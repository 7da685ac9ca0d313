"""The model of the app settings: what each is called, of which type, what it stands for if it is left out, and what it means.

Reading, its errors, the list of what a deployment needs and `docs/configuration.md` all come from these types.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from shared.config.refresh_settings import RefreshScope

Whole = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(ge=0, lt=10**9)]

#: What the Functions host reads itself, to bind triggers.
TRIGGER_SETTINGS: Final = ("SWEEP_SCHEDULE", "RECONCILE_SCHEDULE", "HINT_QUEUE")


class StorageSettings(Struct, frozen=True, kw_only=True):
    """Storage accounts; each is a connection string under this name, or endpoints under names that begin with it."""

    LakeStorage: Annotated[str, Meta(description="the account of landing, bronze, silver and gold")]
    LedgerStorage: Annotated[str, Meta(description="the account whose table `ledger` keeps the records")] = "LakeStorage"
    AzureWebJobsStorage: Annotated[str, Meta(description="of the Functions host; hints are queued there")] = "LakeStorage"


class AppSettings(Struct, frozen=True, kw_only=True, rename="upper"):
    """Every setting that is no connection, in the order in which the page shows them."""

    dataverse_containers: Annotated[str, Meta(description="containers that Synapse Link exports to, comma-separated")]
    finance_container: Annotated[str, Meta(description="container that finance files are dropped into")] = "finance"
    configuration: Annotated[
        str, Meta(description="file beside `host.json` that names keys, types and rules: below, `customer360.toml`")
    ] = "customer360.toml"
    lake_for_spark: Annotated[
        str,
        Meta(
            description="how the job reaches the lake, with `{container}` in it: `abfss://{container}@account.dfs.core.windows.net`;"
            " left out, as the job's own default says"
        ),
    ] = ""
    slice_megabytes: Annotated[Whole, Meta(description="how much of a landed file becomes one bronze part")] = 64
    model_wait_seconds: Annotated[
        Seconds, Meta(description="how long a closed incremental folder's `model.json` may be late")
    ] = 3600
    tail_wait_seconds: Annotated[
        Seconds,
        Meta(description="how long the end of a growing file may be held back as incomplete before it is reported"),
    ] = 3600
    write_quiet_seconds: Annotated[
        Seconds,
        Meta(
            description="a finance file is taken when nothing was written to it for so long: some are written in several steps"
        ),
    ] = 2
    dispatch_quiet_seconds: Annotated[Seconds, Meta(description="parts are dispatched when nothing new came for so long")] = 30
    dispatch_max_wait_seconds: Annotated[Seconds, Meta(description="or when the oldest waits so long")] = 300
    dispatch_enough_parts: Annotated[Whole, Meta(description="or when so many wait")] = 1000
    run_attempts: Annotated[Whole, Meta(description="how often a batch is tried when the platform fails")] = 3
    run_back_off_seconds: Annotated[Seconds, Meta(description="wait before the second attempt; doubles")] = 30
    sweep_schedule: Annotated[
        str, Meta(description="NCRONTAB of the sweep over landed files: `0 */5 * * * *`; its trigger needs it set")
    ] = ""
    reconcile_schedule: Annotated[
        str, Meta(description="NCRONTAB of the look at runs and refreshes: `30 * * * * *`; its trigger needs it set")
    ] = ""
    hint_queue: Annotated[str, Meta(description="queue of hints; its trigger needs it set")] = "pipeline-hints"
    databricks_host: Annotated[str, Meta(description="workspace URL")]
    databricks_job_id: Annotated[Whole, Meta(description="the job of `databricks.yml` in that workspace")]
    databricks_token: Annotated[
        str,
        Meta(
            description="personal access token; left out, what azure-identity finds (managed identity, service principal,"
            " Azure CLI)"
        ),
    ] = ""
    callback_username: Annotated[str, Meta(description="basic authentication of the notification destination: user")]
    callback_password: Annotated[str, Meta(description="and password")]
    customer_insights_root: Annotated[str, Meta(description="`https://api.ci.ai.dynamics.com/v1`")] = ""
    customer_insights_instance_id: Annotated[str, Meta(description="the instance")] = ""
    customer_insights_data_source_id: Annotated[
        str, Meta(description="the data source of gold, where `CUSTOMER_INSIGHTS_REFRESH` is `data_source`")
    ] = ""
    customer_insights_subscription_key: Annotated[str, Meta(description="subscription key")] = ""
    customer_insights_token: Annotated[str, Meta(description="a fixed bearer token, for the local emulator only")] = ""
    customer_insights_refresh: Annotated[
        RefreshScope,
        Meta(
            description="what is refreshed after a publication: `data_source`, `all` (every process of the instance), or `off`:"
            " then by the schedule that is set in Customer Insights"
        ),
    ] = "off"
    refresh_longest_seconds: Annotated[
        Seconds, Meta(description="a refresh that has not ended so long after it began counts as failed")
    ] = 86400
    refresh_interval_seconds: Annotated[
        Seconds, Meta(description="between the beginnings of two refreshes; what is published meanwhile is read by one of them")
    ] = 3600
    refresh_quiet_hours: Annotated[
        str, Meta(description="part of the day in which no refresh begins, in UTC: `22:00-06:00`; left out, none")
    ] = ""
