// The containers of the lake: landing ones, the three layers, the documents of runs, and dead letters.
param name string

@description('Landing containers.')
param landing array

var layers = ['bronze', 'silver', 'gold', 'pipeline', 'deadletter']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: name
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource containers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in union(landing, layers): {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

output accountId string = account.id
