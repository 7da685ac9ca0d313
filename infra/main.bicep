// Everything that the Customer 360 needs in Azure but what only exists once the app runs: that is done by infra/hooks.
targetScope = 'subscription'

@minLength(1)
@maxLength(40)
@description('Name of the azd environment; resources are named after it.')
param environmentName string

@minLength(1)
@description('Region of everything; Synapse Link wants that of the Dataverse environment.')
param location string

@description('Object id of whoever deploys: may write secrets and look at the lake. Empty: nobody gets a role.')
param principalId string = ''

@minLength(1)
@description('Containers that Synapse Link exports to, separated by commas.')
param dataverseContainers string

@description('Container that finance files are dropped into.')
param financeContainer string = 'finance'

@description('Name of an account with a hierarchical namespace to use as the lake. Empty: one is made.')
param existingLakeName string = ''

@description('Resource group of that account.')
param existingLakeResourceGroup string = ''

@description('Name of the system topic of that account, which can have one only. Empty: it has none yet.')
param existingTopicName string = ''

@description('URL of a Databricks workspace with Unity Catalog to use. Empty: one is made.')
param existingDatabricksHost string = ''

@description('Id of the job in that workspace; the hook after the deployment keeps it in the azd environment.')
param databricksJobId string = ''

@allowed(['off', 'data_source', 'all'])
@description('What Customer Insights is asked to refresh after a publication. Off: it refreshes by its own schedule.')
param customerInsightsRefresh string = 'off'

@description('Customer Insights - Data instance that is refreshed.')
param customerInsightsInstanceId string = ''

@description('Data source of gold in that instance, where only that is refreshed.')
param customerInsightsDataSourceId string = ''

@description('Object id of the service principal "Dynamics 365 AI for Customer Insights" in this tenant, which reads gold.')
param customerInsightsPrincipalId string = ''

@description('Who is told by e-mail what needs a person. Empty: alerts show in the portal only.')
param alertEmail string = ''

@description('Storage and Key Vault answer only inside a virtual network, which is made.')
param privateNetwork bool = false

@allowed(['3.11', '3.12', '3.13'])
@description('Python of the function app.')
param pythonVersion string = '3.12'

@minValue(40)
@maxValue(1000)
@description('How many instances the app may grow to; each costs while it works.')
param maximumInstances int = 40

@minValue(1)
@description('Gigabytes of logs a day after which no more are taken: what a mistake may cost at most.')
param dailyLogQuota int = 1

var tags = { 'azd-env-name': environmentName }
var token = toLower(uniqueString(subscription().id, environmentName, location))
var exports = filter(map(split(dataverseContainers, ','), name => trim(name)), name => !empty(name))
var landing = union(exports, [financeContainer])
var makesLake = empty(existingLakeName)
var makesWorkspace = empty(existingDatabricksHost)
var lakeName = makesLake ? 'stlake${token}' : existingLakeName
var groupName = 'rg-${environmentName}'
var lakeGroup = makesLake ? groupName : existingLakeResourceGroup

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupName
  location: location
  tags: tags
}

module identities 'modules/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    dailyQuota: dailyLogQuota
    publisherId: identities.outputs.functionsPrincipalId
  }
}

module network 'modules/network.bicep' = if (privateNetwork) {
  name: 'network'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
  }
}

module hostStorage 'modules/host-storage.bicep' = {
  name: 'host-storage'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    functionsPrincipalId: identities.outputs.functionsPrincipalId
    isPrivate: privateNetwork
  }
}

module databricks 'modules/databricks.bicep' = {
  name: 'databricks'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    makesWorkspace: makesWorkspace
    workspaceId: monitoring.outputs.workspaceId
  }
}

module lakeAccount 'modules/lake-account.bicep' = if (makesLake) {
  name: 'lake-account'
  scope: group
  params: {
    name: lakeName
    location: location
    tags: tags
    isPrivate: privateNetwork
    accessConnectorId: databricks.outputs.accessConnectorId
    workspaceId: monitoring.outputs.workspaceId
  }
}

module lake 'modules/lake.bicep' = {
  name: 'lake'
  scope: resourceGroup(lakeGroup)
  params: {
    name: lakeName
    landing: landing
  }
  dependsOn: [lakeAccount]
}

module events 'modules/events.bicep' = {
  name: 'events'
  scope: resourceGroup(lakeGroup)
  params: {
    name: empty(existingTopicName) ? 'evgt-${token}' : existingTopicName
    tags: tags
    lakeName: lakeName
    workspaceId: monitoring.outputs.workspaceId
  }
  dependsOn: [lake]
}

module lakeRoles 'modules/lake-roles.bicep' = {
  name: 'lake-roles'
  scope: resourceGroup(lakeGroup)
  params: {
    lakeName: lakeName
    landing: landing
    financeContainer: financeContainer
    functionsPrincipalId: identities.outputs.functionsPrincipalId
    connectorPrincipalId: databricks.outputs.connectorPrincipalId
    topicPrincipalId: events.outputs.topicPrincipalId
    readerPrincipalId: customerInsightsPrincipalId
    deployerPrincipalId: principalId
  }
  dependsOn: [lake]
}

module vault 'modules/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    functionsPrincipalId: identities.outputs.functionsPrincipalId
    deployerPrincipalId: principalId
    isPrivate: privateNetwork
    workspaceId: monitoring.outputs.workspaceId
  }
}

module endpoints 'modules/private-endpoints.bicep' = if (privateNetwork) {
  name: 'private-endpoints'
  scope: group
  params: {
    location: location
    tags: tags
    networkId: network!.outputs.networkId
    subnetId: network!.outputs.endpointsSubnetId
    hostStorageId: hostStorage.outputs.accountId
    lakeId: lake.outputs.accountId
    vaultId: vault.outputs.vaultId
  }
}

module functions 'modules/functions.bicep' = {
  name: 'functions'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    identityId: identities.outputs.functionsId
    identityClientId: identities.outputs.functionsClientId
    subnetId: privateNetwork ? network!.outputs.functionsSubnetId : ''
    pythonVersion: pythonVersion
    maximumInstances: maximumInstances
    hostStorageName: hostStorage.outputs.accountName
    packagesUrl: hostStorage.outputs.packagesUrl
    lakeName: lakeName
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    vaultUri: vault.outputs.vaultUri
    dataverseContainers: join(exports, ',')
    financeContainer: financeContainer
    databricksHost: makesWorkspace ? databricks.outputs.workspaceUrl : existingDatabricksHost
    databricksJobId: databricksJobId
    customerInsightsRefresh: customerInsightsRefresh
    customerInsightsInstanceId: customerInsightsInstanceId
    customerInsightsDataSourceId: customerInsightsDataSourceId
  }
  dependsOn: [endpoints, lakeRoles]
}

module alerts 'modules/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    email: alertEmail
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
  }
}

// What the hooks need; azd hands it to them as environment variables.
output AZURE_RESOURCE_GROUP string = group.name
output FUNCTIONS_NAME string = functions.outputs.name
output FUNCTIONS_URL string = functions.outputs.url
output FUNCTIONS_CLIENT_ID string = identities.outputs.functionsClientId
output JOB_CLIENT_ID string = identities.outputs.jobClientId
output VAULT_NAME string = vault.outputs.vaultName
output LAKE_NAME string = lakeName
output LAKE_RESOURCE_GROUP string = lakeGroup
output LAKE_ID string = lake.outputs.accountId
output SYSTEM_TOPIC_ID string = events.outputs.topicId
output LANDING_DATAVERSE string = join(exports, ',')
output LANDING_FINANCE string = financeContainer
output ACCESS_CONNECTOR_ID string = databricks.outputs.accessConnectorId
output DATABRICKS_HOST string = makesWorkspace ? databricks.outputs.workspaceUrl : existingDatabricksHost
