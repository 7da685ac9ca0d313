"""Every resource of `infra/` fits the type that Microsoft generates for it, in the version that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from deploy.subscriptions import API_VERSION, FINANCE_FUNCTION, Subscription
from tests.bicep.references import accesses
from tests.bicep.types import Fault, OfficialTypes, OpenString
from tests.unit.project.test_infrastructure import TEMPLATES, planted

if TYPE_CHECKING:
    from tests.bicep.template import Resource, Template

#: The folder has no types of these; what we write of them.
_OTHER_KINDS = {"Microsoft.Resources/resourceGroups@2024-03-01": {"name", "location", "tags"}}

#: What the types leave open (any string), and what is right there: documented values, not in the types.
_OPEN = {
    "Databricks/workspaces.sku.name": {"premium"},
    "EventGrid/systemTopics.properties.topicType": {"Microsoft.Storage.StorageAccounts"},
    "Insights/actionGroups.location": {"global"},
    "Insights/components.kind": {"web"},
    "Insights/diagnosticSettings.properties.logs[].category": {"AuditEvent", "DeliveryFailures", "StorageDelete", "jobs"},
    "Insights/diagnosticSettings.properties.metrics[].category": {"AllMetrics", "Transaction"},
    "Insights/workbooks.properties.category": {"workbook"},
    "Insights/workbooks.properties.version": {"Notebook/1.0"},
    "Network/privateDnsZones.location": {"global"},
    "Network/privateDnsZones/virtualNetworkLinks.location": {"global"},
    "Network/virtualNetworks.properties.addressSpace.addressPrefixes[]": {"10.36.0.0/24"},
    "Network/virtualNetworks.properties.subnets[].properties.addressPrefix": {"10.36.0.0/26", "10.36.0.64/26"},
    "Network/virtualNetworks.properties.subnets[].properties.delegations[].properties.serviceName": {
        "Microsoft.App/environments"
    },
    "Storage/storageAccounts/managementPolicies.properties.policy.rules[].definition.filters.blobTypes[]": {"blockBlob"},
    "Storage/storageAccounts/managementPolicies.properties.policy.rules[].definition.filters.prefixMatch[]": {
        "bronze/", "deadletter/",
    },
    "Web/serverfarms.kind": {"functionapp"},
    "Web/serverfarms.sku.name": {"FC1"},
    "Web/serverfarms.sku.tier": {"FlexConsumption"},
    "Web/sites.kind": {"functionapp,linux"},
    "Web/sites.tags.*": {"functions"},
    "Insights/actionGroups.properties.groupShortName": {"customer360"},
    "Network/privateEndpoints/privateDnsZoneGroups.name": {"default"},
    "Storage/storageAccounts/queueServices/queues.name": {"pipeline-hints"},
    "EventGrid/systemTopics/eventSubscriptions.properties.filter.includedEventTypes[]": {"Microsoft.Storage.BlobCreated"},
    "EventGrid/systemTopics/eventSubscriptions.properties.filter.advancedFilters[].key": {"data.api"},
    "EventGrid/systemTopics/eventSubscriptions.properties.filter.advancedFilters[].values[]": {
        "FlushWithClose", "PutBlob", "PutBlockList", "CopyBlob",
    },
}  # fmt: skip
#: What is ours to name.
_OURS = re.compile(
    r"\.(name|displayName|description|query)$|Web/sites/config\.properties\.\*$|serializedData$|endpointUrl$|subjectBeginsWith$"
    r"|(lake|host)[\w.]*resourceId$|blobContainerName$|resourceId$"
)


def told(azure: OfficialTypes, template: Template) -> list[Fault | OpenString]:
    found: list[Fault | OpenString] = []
    for resource in template.resources.values():
        if (known := _OTHER_KINDS.get(resource.kind)) is not None:
            found += [Fault(f"{resource.symbol}.{name}", "is not known") for name in resource.body.keys() - known]
        elif not resource.existing:
            found += _checked(azure.check(resource), resource)
        elif not azure.knows(resource.kind):
            found.append(Fault(resource.symbol, f"there is no {resource.kind}"))
    return found


def faults(azure: OfficialTypes, template: Template) -> list[Fault]:
    """Return what does not fit, open strings that nobody allowed among it."""
    found = [one for one in told(azure, template) if isinstance(one, Fault)]
    for symbol, path in accesses(template):
        resource = template.resources.get(symbol)
        if resource and azure.knows(resource.kind) and not azure.has_property(resource.kind, path):
            found.append(Fault(".".join([symbol, *path]), "there is no such property"))
    return found


def _checked(found: Any, resource: Resource) -> list[Fault | OpenString]:
    kind = resource.kind.partition("@")[0].removeprefix("Microsoft.")
    return [_allowed(one, kind + one.where.removeprefix(resource.symbol)) for one in found]


def _allowed(one: Fault | OpenString, place: str) -> Fault | OpenString:
    if isinstance(one, Fault):
        return one
    if place in _OPEN:
        return one if one.value in _OPEN[place] else Fault(one.where, f"{one.value!r} is not among what is known to be right")
    return one if _OURS.search(place) else Fault(one.where, f"{one.value!r} is in no list: the types allow any string here")


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_resource_fits_its_type(name: str, azure: OfficialTypes) -> None:
    assert faults(azure, TEMPLATES[name]) == []


def test_the_lists_of_what_is_right_hold_nothing_that_is_not_there(azure: OfficialTypes) -> None:
    used: dict[str, set[str]] = {}
    for template in TEMPLATES.values():
        for resource in template.resources.values():
            for one in [] if resource.existing or not azure.knows(resource.kind) else azure.check(resource):
                if isinstance(one, OpenString):
                    kind = resource.kind.partition("@")[0].removeprefix("Microsoft.")
                    used.setdefault(kind + one.where.removeprefix(resource.symbol), set()).add(one.value)
    for place, values in _OPEN.items():
        if "eventSubscriptions" not in place:
            assert values == used.get(place), place


_PLANTED = [
    # a property that there is not
    ("functions", "httpsOnly: true", "httpOnly: true"),
    ("functions", "instanceMemoryMB: 2048", "instanceMemory: 2048"),
    ("host-storage", "allowSharedKeyAccess: false", "allowSharedKeys: false"),
    ("lake-account", "isHnsEnabled: true", "isHnsEnable: true"),
    ("alerts", "failingPeriods: {", "failingPeriod: {"),
    ("events", "properties: {\n    source", "source: lake.id\n  properties: {\n    source"),
    ("vault", "enableRbacAuthorization: true", "enableRbac: true"),
    # an enum
    ("functions", "type: 'UserAssignedIdentity'", "type: 'UserAssigned'"),
    ("functions", "type: 'blobContainer'", "type: 'container'"),
    ("functions", "name: 'python'", "name: 'python3'"),
    ("functions", "type: 'UserAssigned'\n", "type: 'UserAssignedIdentity'\n"),
    ("functions", "ftpsState: 'Disabled'", "ftpsState: 'Off'"),
    ("host-storage", "name: 'Standard_LRS'", "name: 'Standard_RLS'"),
    ("host-storage", "kind: 'StorageV2'", "kind: 'StorageV3'"),
    ("host-storage", "? 'Deny' : 'Allow'", "? 'Deny' : 'Permit'"),  # behind a condition
    ("lake", "publicAccess: 'None'", "publicAccess: 'Nobody'"),  # in a loop
    ("lake-account", "type: 'Lifecycle'", "type: 'LifeCycle'"),
    ("lake-roles", "principalType: 'ServicePrincipal'", "principalType: 'ManagedIdentity'"),
    ("alerts", "operator: 'GreaterThan'", "operator: 'Greater'"),
    ("monitoring", "name: 'PerGB2018'", "name: 'PerGB'"),
    ("vault", "name: 'standard'", "name: 'Standard'"),
    # a type
    ("functions", "maximumInstanceCount: maximumInstances", "maximumInstanceCount: '40'"),
    ("functions", "httpsOnly: true", "httpsOnly: 'true'"),
    ("functions", "siteConfig: {\n", "siteConfig: {\n      appSettings: {}\n"),
    ("alerts", "scopes: [workspaceId]", "scopes: 'workspace'"),
    ("alerts", "threshold: 0", "threshold: 'none'"),
    ("lake-account", "days: 7", "days: '7'"),
    ("network", "addressSpace: { addressPrefixes: ['10.36.0.0/24'] }", "addressSpace: { addressPrefixes: '10.36.0.0/24' }"),
    ("vault", "softDeleteRetentionInDays: 7", "softDeleteRetentionInDays: 'seven'"),
    # a version
    ("functions", "Microsoft.Web/sites@2024-11-01", "Microsoft.Web/sites@2024-11-02"),
    ("lake", "storageAccounts@2025-06-01' existing", "storageAccounts@2025-06-02' existing"),
    ("events", "Microsoft.EventGrid/systemTopics@2025-02-15", "Microsoft.EventGrid/systemTopic@2025-02-15"),
    # what is required
    ("host-storage", "  kind: 'StorageV2'\n", ""),
    ("host-storage", "  location: location\n  tags: tags\n  kind", "  tags: tags\n  kind"),
    ("alerts", "    groupShortName: 'customer360'\n", ""),
    ("alerts", "        emailAddress: email\n", ""),
    ("databricks", "    managedResourceGroupId: subscr", "    managedGroupId: subscr"),
    ("monitoring", "    Application_Type: 'web'\n", ""),
    ("monitoring", "    principalId: publisherId\n", ""),
    ("lake-account", "              blobTypes: ['blockBlob']\n", ""),
    # what only the service writes
    ("events", "    source: lake.id\n", "    source: lake.id\n    provisioningState: 'Succeeded'\n"),
    ("identities", "  tags: tags\n}", "  tags: tags\n  properties: { clientId: 'me' }\n}"),
    # what the types leave open
    ("functions", "name: 'FC1'", "name: 'FC2'"),
    ("functions", "tier: 'FlexConsumption'", "tier: 'Flex'"),
    ("functions", "kind: 'functionapp,linux'", "kind: 'functionapp'"),
    ("events", "'Microsoft.Storage.StorageAccounts'", "'Microsoft.Storage'"),
    ("events", "category: 'DeliveryFailures'", "category: 'DeliveryFailure'"),
    ("network", "'Microsoft.App/environments'", "'Microsoft.Web/serverFarms'"),
    ("databricks", "name: 'premium'", "name: 'Premium plan'"),
    # a form or a kind
    ("functions", "name: 'appsettings'", "name: 'appSettings'"),
    ("functions", "name: 'ftp'", "name: 'ftps'"),
    ("host-storage", "properties.primaryEndpoints.blob}", "properties.primaryEndpoints.blobs}"),
    ("databricks", "connector.identity.principalId", "connector.properties.principalId"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "old", "new"), _PLANTED, ids=lambda text: " ".join(str(text).split())[:40])
def test_a_planted_fault_is_found(place: str, old: str, new: str, azure: OfficialTypes) -> None:
    assert faults(azure, planted(place, old, new))


def subscription() -> dict[str, Any]:
    body = Subscription(container="finance", function=FINANCE_FUNCTION).body(url="https://app", key="k", lake_id="/lake")
    return {"name": "finance", **body}


def subscription_faults(azure: OfficialTypes, body: dict[str, Any]) -> list[Fault]:
    kind = "EventGrid/systemTopics/eventSubscriptions"
    found = azure.check_body(f"Microsoft.{kind}@{API_VERSION}", body, where=kind)
    return [one for one in (_allowed(one, one.where) for one in found) if isinstance(one, Fault)]


def test_what_the_hook_sends_to_event_grid_fits_its_type(azure: OfficialTypes) -> None:
    assert subscription_faults(azure, subscription()) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["destination", "endpointType"], "Webhook"),
        (["destination", "properties", "url"], "https://app"),
        (["filter", "advancedFilters", 0, "operatorType"], "StringEquals"),
        (["filter", "advancedFilters", 0, "values"], "PutBlob"),
        (["filter", "advancedFilters", 0, "key"], "api"),
        (["filter", "includedEventTypes"], ["BlobCreated"]),
        (["eventDeliverySchema"], "EventGrid"),
        (["retryPolicy", "maxDeliveryAttempts"], "30"),
        (["deadLetterWithResourceIdentity", "deadLetterDestination", "endpointType"], "Storage"),
        (["deadLetterWithResourceIdentity", "identity", "type"], "System"),
    ],
)
def test_a_planted_fault_in_a_subscription_is_found(path: list[Any], value: Any, azure: OfficialTypes) -> None:
    body = subscription()
    inner = body["properties"]
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert subscription_faults(azure, body)
