// Where logs go: a workspace with a daily limit, and Application Insights, which takes no key but an identity.
param token string
param location string
param tags object

@description('Gigabytes a day.')
param dailyQuota int

@description('Principal that may send telemetry.')
param publisherId string

var metricsPublisher = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: 'log-${token}'
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30 // what is kept without a charge
    workspaceCapping: { dailyQuotaGb: dailyQuota }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-${token}'
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

resource publishes 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, publisherId, metricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', metricsPublisher)
    principalId: publisherId
    principalType: 'ServicePrincipal'
  }
}

output workspaceId string = workspace.id
output insightsConnectionString string = insights.properties.ConnectionString
