// The access connector that Unity Catalog reaches the lake with, and a workspace where there is none yet.
param token string
param location string
param tags object
param makesWorkspace bool

@description('Log Analytics workspace for what was done in the Databricks workspace.')
param workspaceId string

resource connector 'Microsoft.Databricks/accessConnectors@2024-05-01' = {
  name: 'dbac-${token}'
  location: location
  tags: tags
  identity: { type: 'SystemAssigned' }
}

resource workspace 'Microsoft.Databricks/workspaces@2024-05-01' = if (makesWorkspace) {
  name: 'dbw-${token}'
  location: location
  tags: tags
  sku: { name: 'premium' } // Unity Catalog and permissions on jobs need it
  properties: {
    managedResourceGroupId: subscriptionResourceId('Microsoft.Resources/resourceGroups', 'rg-dbw-${token}')
    publicNetworkAccess: 'Enabled'
    parameters: {
      enableNoPublicIp: { value: true }
    }
  }
}

resource logged 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (makesWorkspace) {
  name: 'to-workspace'
  scope: workspace
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'jobs'
        enabled: true
      }
    ]
  }
}

output accessConnectorId string = connector.id
output connectorPrincipalId string = connector.identity.principalId
output workspaceUrl string = makesWorkspace ? 'https://${workspace!.properties.workspaceUrl}' : ''
