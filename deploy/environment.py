"""What azd knows of a deployed environment: the outputs of `infra/main.bicep`, which it hands to hooks as variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deploy.errors import EnvironmentIncomplete


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One deployed environment; holds no secret."""

    resource_group: str
    functions_name: str
    functions_url: str
    functions_client_id: str
    job_client_id: str
    vault_name: str
    lake_name: str
    lake_id: str
    topic_id: str
    access_connector_id: str
    databricks_host: str
    dataverse_containers: tuple[str, ...]
    finance_container: str
    target: str = "prod"  # of the bundle; `prod_cluster` for workspaces without serverless compute
    catalog: str = ""  # where silver and gold get names; empty: nowhere
    schema: str = "customer360"  # what the names of its schemas begin with
    insights: str = "off"  # whether each run previews Customer Insights: off or on
    customer_insights: bool = False  # whether refreshes are asked for, which takes a key


def read_environment(variables: Mapping[str, str]) -> Environment:
    """Read azd's variables; raises `EnvironmentIncomplete` for the first that is absent."""

    def told(name: str) -> str:
        value = variables.get(name, "").strip()
        if not value:
            raise EnvironmentIncomplete(name)
        return value

    return Environment(
        resource_group=told("AZURE_RESOURCE_GROUP"),
        functions_name=told("FUNCTIONS_NAME"),
        functions_url=told("FUNCTIONS_URL").rstrip("/"),
        functions_client_id=told("FUNCTIONS_CLIENT_ID"),
        job_client_id=told("JOB_CLIENT_ID"),
        vault_name=told("VAULT_NAME"),
        lake_name=told("LAKE_NAME"),
        lake_id=told("LAKE_ID"),
        topic_id=told("SYSTEM_TOPIC_ID"),
        access_connector_id=told("ACCESS_CONNECTOR_ID"),
        databricks_host=told("DATABRICKS_HOST").rstrip("/"),
        dataverse_containers=tuple(told("LANDING_DATAVERSE").split(",")),
        finance_container=told("LANDING_FINANCE"),
        target=variables.get("BUNDLE_TARGET", "").strip() or "prod",
        catalog=variables.get("CATALOG", "").strip(),
        schema=variables.get("CATALOG_SCHEMA", "").strip() or "customer360",
        insights=variables.get("INSIGHTS_PREVIEW", "").strip() or "off",
        customer_insights=variables.get("CUSTOMER_INSIGHTS_REFRESH", "").strip() not in {"", "off"},
    )
