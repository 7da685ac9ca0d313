// Who may do what in the lake, by container: landing is read-only, and Databricks only reads bronze.
param lakeName string

@description('Landing containers.')
param landing array

@description('That of finance files, one of them.')
param financeContainer string

@description('The functions.')
param functionsPrincipalId string

@description('The access connector of Databricks.')
param connectorPrincipalId string

@description('The system topic, which writes dead letters.')
param topicPrincipalId string

@description('Customer Insights, which reads gold. Empty: gets its role elsewhere.')
param readerPrincipalId string

@description('Whoever deploys and looks what happened. Empty: nobody.')
param deployerPrincipalId string

var blobDataReader = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var blobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a'
var queueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
var tableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'

var written = [
  { container: 'bronze', principal: functionsPrincipalId }
  { container: 'pipeline', principal: functionsPrincipalId }
  { container: 'gold', principal: functionsPrincipalId }
  { container: 'silver', principal: connectorPrincipalId }
  { container: 'gold', principal: connectorPrincipalId }
  { container: 'pipeline', principal: connectorPrincipalId }
  { container: 'deadletter', principal: topicPrincipalId }
]
var always = [
  { container: 'bronze', principal: connectorPrincipalId }
]
var byCustomerInsights = empty(readerPrincipalId) ? [] : [
  { container: 'gold', principal: readerPrincipalId }
]
var read = concat(always, byCustomerInsights)

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: lakeName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource landed 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for container in landing: {
    parent: blobs
    name: container
  }
]

resource finance 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: blobs
  name: financeContainer
}

resource writable 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for right in written: {
    parent: blobs
    name: right.container
  }
]

resource readable 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for right in read: {
    parent: blobs
    name: right.container
  }
]

resource functionsReadLanding 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (container, index) in landing: {
    name: guid(account.id, container, functionsPrincipalId, blobDataReader)
    scope: landed[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
      principalId: functionsPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource mayWrite 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (right, index) in written: {
    name: guid(account.id, right.container, right.principal, blobDataContributor)
    scope: writable[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
      principalId: right.principal
      principalType: 'ServicePrincipal'
    }
  }
]

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (right, index) in read: {
    name: guid(account.id, right.container, right.principal, blobDataReader)
    scope: readable[index]
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
      principalId: right.principal
      principalType: 'ServicePrincipal'
    }
  }
]

// Databricks signs its access to the containers above with a key that it is given by this role, which opens none by itself.
resource connectorDelegates 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, connectorPrincipalId, blobDelegator)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDelegator)
    principalId: connectorPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// Queues and tables have no role below the account but for one queue or table that exists already, and the host makes its own.
resource functionsQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, functionsPrincipalId, queueDataContributor)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', queueDataContributor)
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

resource functionsTable 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, functionsPrincipalId, tableDataContributor)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', tableDataContributor)
    principalId: functionsPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The canary of `python -m deploy check` lands as a finance file would.
resource deployerLands 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(account.id, financeContainer, deployerPrincipalId, blobDataContributor)
  scope: finance
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    principalId: deployerPrincipalId
  }
}

resource deployerReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(deployerPrincipalId)) {
  name: guid(account.id, deployerPrincipalId, blobDataReader)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataReader)
    principalId: deployerPrincipalId
  }
}
