// The system topic of the lake. Its subscriptions are made after the app is deployed: Event Grid asks a running app for a handshake.
param name string
param tags object
param lakeName string

@description('Log Analytics workspace for deliveries that failed.')
param workspaceId string

resource lake 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: lakeName
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: lake.location
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: lake.id
    topicType: 'Microsoft.Storage.StorageAccounts'
  }
}

resource logged 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'DeliveryFailures'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

output topicId string = topic.id
output topicPrincipalId string = topic.identity.principalId
