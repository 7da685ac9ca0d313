"""`infra/` says what it should: who may do what, which settings the app gets, what alerts listen for. No cloud, no compiler.

Whether Azure knows the properties is asked in `tests/official`.
"""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest

from shared.config.settings import check_trigger_settings, read_settings
from shared.contracts.places import BRONZE, GOLD, PIPELINE, SILVER
from shared.telemetry.exporting import Route, route
from shared.telemetry.log_events import EVENTS, FIELDS, thing_of
from tests.bicep.references import mistaken_calls, undeclared, unused
from tests.bicep.template import Expression, Template, read_template

ROOT = Path(__file__).parents[3]
INFRA = ROOT / "infra"
FILES = [INFRA / "main.bicep", *sorted((INFRA / "modules").glob("*.bicep"))]
TEMPLATES = {path.stem: read_template(path) for path in FILES}
_ASSIGNMENT = "Microsoft.Authorization/roleAssignments@2022-04-01"
#: Azure's own ids of the roles that are given (learn.microsoft.com, "Azure built-in roles").
_ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": "Storage Blob Delegator",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
}
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def source(value: Any) -> Any:
    """Return what an expression is written as."""
    return value.source if isinstance(value, Expression) else value


def planted(place: str, old: str, new: str) -> Template:
    """Return a template of `infra/` in which something is replaced."""
    path = next(path for path in FILES if path.stem == place)
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{place} has no {old}"
    return read_template(path, text.replace(old, new, 1))


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_name_is_declared_and_used_and_every_module_gets_what_it_takes(name: str) -> None:
    assert undeclared(TEMPLATES[name]) == set()
    assert unused(TEMPLATES[name]) == set()
    assert list(mistaken_calls(TEMPLATES[name])) == []


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("functions", "serverFarmId: plan.id", "serverFarmId: plans.id"),  # a resource that is not declared
        ("functions", "${lakeName}.blob.", "${lakesName}.blob."),  # one inside a string
        ("vault", "tenantId: tenant().tenantId", "tenantId: tenants().tenantId"),  # a function that there is not
        ("lake-roles", "for right in written", "for right in writes"),
        ("main", "    makesWorkspace: makesWorkspace\n", ""),
        ("main", "isPrivate: privateNetwork", "isClosed: privateNetwork"),
        ("main", "identities.outputs.functionsClientId", "identities.outputs.functionsClient"),
        ("events", "param tags object", "param tags object\nparam retention int"),  # nobody uses it
    ],
)  # fmt: skip
def test_a_planted_fault_in_a_name_is_found(place: str, old: str, new: str) -> None:
    template = planted(place, old, new)
    assert undeclared(template) | unused(template) | set(mistaken_calls(template))


def runtime_names(template: Template) -> set[str]:
    """Return what is named or placed by something that only the deployment itself brings to light: the compiler refuses it."""
    found = set()
    bodies = {symbol: resource.body for symbol, resource in template.resources.items()}
    bodies |= {symbol: module.body for symbol, module in template.modules.items()}
    for symbol, body in bodies.items():
        told = json.dumps([source(body.get(place)) for place in ("name", "scope")], default=repr)
        if re.search(r'"(properties|outputs|identity)"|\.(properties|outputs|identity)\b', told):
            found.add(symbol)
    return found


@pytest.mark.parametrize("name", TEMPLATES)
def test_names_and_scopes_are_known_before_anything_is_deployed(name: str) -> None:
    assert runtime_names(TEMPLATES[name]) == set()


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("monitoring", "guid(insights.id, publisherId", "guid(insights.properties.InstrumentationKey, publisherId"),
        ("main", "scope: resourceGroup(lakeGroup)", "scope: resourceGroup(lake.outputs.accountId)"),
        ("events", "name: name\n", "name: 'evgt-${lake.properties.creationTime}'\n"),
    ],
)
def test_a_name_that_only_the_deployment_knows_is_found(place: str, old: str, new: str) -> None:
    assert runtime_names(planted(place, old, new))


def test_what_azd_hands_over_is_what_the_template_takes() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text(encoding="utf-8"))["parameters"]
    taken = TEMPLATES["main"].parameters
    assert set(given) <= set(taken)
    assert {name for name, one in taken.items() if one["default"] is None} <= set(given)
    assert all(re.fullmatch(r"\$\{[A-Z_]+(=\w+)?\}", one["value"]) for one in given.values()), "azd fills them in"


def test_the_hooks_get_every_output_that_they_read() -> None:
    from tests.unit.deploy.test_steps import VARIABLES

    assert set(VARIABLES) <= set(TEMPLATES["main"].outputs)


# Who may do what ------------------------------------------------------------------------------------------------------


def test_every_role_that_is_given_is_one_of_azures_and_bears_its_name() -> None:
    named = {found for template in TEMPLATES.values() for found in _ID.findall(template.text)}
    assert named == set(_ROLES)
    for template in TEMPLATES.values():
        for symbol, guid in re.findall(r"(\w+)(?: =|:) '([0-9a-f-]{36})'", template.text):
            words = re.sub(r"(?<!^)([A-Z])", r" \1", symbol).lower()
            assert words in _ROLES[guid].lower(), f"{symbol} is {_ROLES[guid]}"


def lake_rights() -> set[tuple[str, str, str]]:
    """Return who may what in which container of the lake, as its template says."""
    template = TEMPLATES["lake-roles"]
    lists = {name: template.variables[name] for name in ("written", "always")}
    lists["byCustomerInsights"] = template.variables["byCustomerInsights"].choices[1]
    role_of = {"written": "Contributor", "always": "Reader", "byCustomerInsights": "Reader"}
    rights = {(source(one["principal"]), role_of[name], one["container"]) for name, listed in lists.items() for one in listed}
    lands = template.resources["deployerLands"].body
    assert "blobDataContributor" in json.dumps(source(lands["properties"]["roleDefinitionId"]))
    return rights | {
        ("functionsPrincipalId", "Reader", "landing"),
        (source(lands["properties"]["principalId"]), "Contributor", source(lands["scope"])),
    }


def test_in_the_lake_each_may_do_what_it_does_and_in_no_other_container() -> None:
    assert lake_rights() == {
        ("functionsPrincipalId", "Reader", "landing"),  # landing is read-only
        ("functionsPrincipalId", "Contributor", BRONZE),
        ("functionsPrincipalId", "Contributor", PIPELINE),
        ("functionsPrincipalId", "Contributor", GOLD),  # they publish: the manifest is theirs
        ("connectorPrincipalId", "Reader", BRONZE),  # bronze is append-only, and the functions append
        ("connectorPrincipalId", "Contributor", SILVER),
        ("connectorPrincipalId", "Contributor", GOLD),
        ("connectorPrincipalId", "Contributor", PIPELINE),
        ("topicPrincipalId", "Contributor", "deadletter"),
        ("readerPrincipalId", "Reader", GOLD),
        ("deployerPrincipalId", "Contributor", "finance"),  # the canary lands as a finance file would
    }


def test_the_lists_of_rights_are_given_at_their_containers_with_the_role_that_they_are_named_after() -> None:
    expected = {
        "functionsReadLanding": ("landed", "blobDataReader"),
        "mayWrite": ("writable", "blobDataContributor"),
        "mayRead": ("readable", "blobDataReader"),
    }
    template = TEMPLATES["lake-roles"]
    for symbol, (containers, role) in expected.items():
        body = template.resources[symbol].body
        index = source(body["scope"])["operator"]["operands"]
        assert (index["operand_1"], index["operand_2"]) == (containers, "index")
        assert role in json.dumps(source(body["properties"]["roleDefinitionId"]))
    assert source(TEMPLATES["lake-roles"].variables["read"])["function"]["type"] == "concat"


def test_over_a_whole_account_only_what_has_no_smaller_scope_is_given() -> None:
    found = {}
    for resource in TEMPLATES["lake-roles"].resources.values():
        if resource.kind == _ASSIGNMENT and source(resource.body["scope"]) == "account":
            role = re.search(r"\w*(?:Data|Delegator)\w*", json.dumps(source(resource.body["properties"]["roleDefinitionId"])))
            assert role
            found[resource.symbol] = (source(resource.body["properties"]["principalId"]), role[0])
    assert found == {
        "connectorDelegates": ("connectorPrincipalId", "blobDelegator"),
        "functionsQueue": ("functionsPrincipalId", "queueDataContributor"),  # the poison queue, which the host makes
        "functionsTable": ("functionsPrincipalId", "tableDataContributor"),  # the ledger
        "deployerReads": ("deployerPrincipalId", "blobDataReader"),
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            "{ container: 'bronze', principal: connectorPrincipalId }",
            "{ container: 'silver', principal: connectorPrincipalId }",
        ),
        (
            "{ container: 'pipeline', principal: functionsPrincipalId }",
            "{ container: 'silver', principal: functionsPrincipalId }",
        ),
        ("principal: topicPrincipalId", "principal: functionsPrincipalId"),
        ("{ container: 'gold', principal: readerPrincipalId }", "{ container: 'silver', principal: readerPrincipalId }"),
    ],
)
def test_a_planted_fault_in_a_right_is_found(old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TEMPLATES, "lake-roles", planted("lake-roles", old, new))
    with pytest.raises(AssertionError):
        test_in_the_lake_each_may_do_what_it_does_and_in_no_other_container()


def test_the_lake_has_the_containers_that_the_code_names() -> None:
    assert set(TEMPLATES["lake"].variables["layers"]) == {BRONZE, SILVER, GOLD, PIPELINE, "deadletter"}


# No keys --------------------------------------------------------------------------------------------------------------


def test_no_account_takes_a_key_and_no_template_reads_one() -> None:
    accounts = [
        resource
        for template in TEMPLATES.values()
        for resource in template.resources.values()
        if resource.kind.startswith("Microsoft.Storage/storageAccounts@") and not resource.existing
    ]
    assert len(accounts) == 2
    for account in accounts:
        assert account.body["properties"]["allowSharedKeyAccess"] is False
        assert account.body["properties"]["allowBlobPublicAccess"] is False
    assert TEMPLATES["monitoring"].resources["insights"].body["properties"]["DisableLocalAuth"] is True
    for template in TEMPLATES.values():
        assert not re.search(r"list\w*\(|AccountKey|SharedAccess", template.text), template.path.name
    assert not re.search(r"@secure|password|key: ", TEMPLATES["main"].text, re.IGNORECASE), (
        "no secret goes through a deployment"
    )


def app_settings() -> dict[str, Any]:
    """Return the settings that the app gets, with Customer Insights."""
    merged = TEMPLATES["functions"].resources["settings"].body["properties"]
    refreshing = TEMPLATES["functions"].variables["customerInsights"].choices[0]
    return {**merged.choices[0], **refreshing}


def test_the_settings_are_those_that_the_app_reads_and_suffice() -> None:
    settings = app_settings()
    environment = {name: str(source(value)) for name, value in settings.items()} | {
        "DATABRICKS_JOB_ID": "1",
        "CUSTOMER_INSIGHTS_REFRESH": "all",
    }
    told = read_settings(environment)
    check_trigger_settings(environment)
    assert told.lake.endpoint("blob").startswith("https://")
    assert told.ledger.endpoint("table")
    assert told.host.endpoint("queue")
    assert told.customer_insights_root.startswith("https://")
    documented = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    of_the_host = {
        "APPLICATIONINSIGHTS_CONNECTION_STRING",
        "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
        "PYTHON_THREADPOOL_THREAD_COUNT",
    }
    for name in settings.keys() - of_the_host:
        assert f"`{name.partition('__')[0]}`" in documented, name


def test_the_app_exports_metrics_and_traces_itself_and_the_host_its_logs_in_every_version_of_python() -> None:
    environment = {name: str(source(value)) for name, value in app_settings().items()}
    versions = re.findall(r"'(3\.\d+)'", TEMPLATES["main"].text.partition("param pythonVersion")[0].rpartition("@allowed")[2])
    assert len(versions) == 3
    for version in versions:
        major, minor = map(int, version.split("."))
        assert route(environment, (major, minor)) == Route(to="azure_monitor")
    assert json.loads((ROOT / "host.json").read_text(encoding="utf-8"))["telemetryMode"] == "OpenTelemetry"


def test_a_connection_has_an_identity_and_endpoints_and_no_string_beside_them() -> None:
    settings = app_settings()
    for connection in ("AzureWebJobsStorage", "LakeStorage", "LedgerStorage"):
        assert connection not in settings, "an exact name beats every one with __"
        assert settings[f"{connection}__credential"] == "managedidentity"
        assert source(settings[f"{connection}__clientId"]) == "identityClientId"
    for connection in ("AzureWebJobsStorage", "LakeStorage"):
        assert {f"{connection}__{service}ServiceUri" for service in ("blob", "queue")} <= set(settings)


def test_secrets_are_references_to_the_vault_and_the_app_is_deployed_without_a_key() -> None:
    from deploy.secrets import CALLBACK_PASSWORD, CUSTOMER_INSIGHTS_KEY

    settings = app_settings()
    expected = {"CALLBACK_PASSWORD": CALLBACK_PASSWORD, "CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY": CUSTOMER_INSIGHTS_KEY}
    for setting, name in expected.items():
        assert source(settings[setting]) == f"@Microsoft.KeyVault(SecretUri=${{vaultUri}}secrets/{name})"
    assert {name for name in settings if re.search("KEY|TOKEN|PASSWORD", name)} == set(expected)
    site = TEMPLATES["functions"].resources["site"].body
    assert source(site["properties"]["keyVaultReferenceIdentity"]) == "identityId", "else the system's, which there is not"
    deployed = site["properties"]["functionAppConfig"]["deployment"]["storage"]["authentication"]
    assert deployed["type"] == "UserAssignedIdentity"


def test_the_hint_queue_of_the_settings_is_the_one_that_is_made() -> None:
    made = TEMPLATES["host-storage"].resources["hints"].body["name"]
    assert app_settings()["HINT_QUEUE"] == made == "pipeline-hints"


# What is watched ------------------------------------------------------------------------------------------------------


def queries() -> dict[str, str]:
    rules = TEMPLATES["alerts"].variables["rules"]
    asked = {rule["name"]: rule["query"] for rule in rules}
    for item in json.loads((INFRA / "workbook.json").read_text(encoding="utf-8"))["items"]:
        if item["type"] == 3:
            asked[item["name"]] = item["content"]["query"]
    return asked


def test_there_is_an_alert_for_each_thing_that_needs_a_person() -> None:
    rules = {rule["name"]: rule for rule in TEMPLATES["alerts"].variables["rules"]}
    assert set(rules) == {"stale-gold", "parked-batch", "poison", "dead-letter", "refresh-failed", "configuration"}
    minutes = {"PT15M": 15, "PT30M": 30, "PT1H": 60, "P1D": 1440}
    for rule in rules.values():
        assert 15 <= minutes[rule["every"]] <= minutes[rule["window"]], "a look costs, and none may fall between two windows"
        assert 0 <= rule["severity"] <= 4


@pytest.mark.parametrize("name", queries())
def test_what_is_asked_of_the_logs_is_what_the_code_writes(name: str) -> None:
    query = queries()[name]
    written = {event for event, level in EVENTS.items() if level > logging.DEBUG}
    asked = re.findall(r'"([a-z]+\.[a-z_]*) ?"', query)
    assert asked or "AzureMetrics" in query or "AppRequests" in query or "Usage" in query or "event startswith" in query
    for event in asked:
        assert event in written or (event.endswith(".") and f'startswith "{event}"' in query), f"nobody writes {event}"
        assert any(one.startswith(event) for one in written), f"nobody writes {event}"
    for field in re.findall(r'" (\w+)=\(', query):
        assert all(field in FIELDS[thing_of(event)] for event in asked), f"not every one has the field {field}"


def test_the_workbook_is_a_workbook_and_shows_nothing_twice() -> None:
    workbook = json.loads((INFRA / "workbook.json").read_text(encoding="utf-8"))
    assert workbook["version"] == "Notebook/1.0"
    names = [item["name"] for item in workbook["items"]]
    assert len(names) == len(set(names)) == 10
    assert {item["type"] for item in workbook["items"]} == {1, 3, 9}


def test_nothing_is_left_running_that_a_forgotten_environment_would_be_billed_for() -> None:
    assert TEMPLATES["functions"].resources["plan"].body["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    scale = TEMPLATES["functions"].resources["site"].body["properties"]["functionAppConfig"]["scaleAndConcurrency"]
    assert "alwaysReady" not in scale
    assert scale["instanceMemoryMB"] == 2048
    assert TEMPLATES["monitoring"].resources["workspace"].body["properties"]["retentionInDays"] == 30
    assert TEMPLATES["main"].parameters["dailyLogQuota"]["default"] == 1
    assert TEMPLATES["main"].parameters["privateNetwork"]["default"] is False, "private endpoints cost by the hour"
