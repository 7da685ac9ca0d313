// Private endpoints of both storage accounts and the vault, each with its name in a private DNS zone.
param location string
param tags object
param networkId string
param subnetId string
param hostStorageId string
param lakeId string
param vaultId string

var storageSuffix = environment().suffixes.storage
var zones = [
  'privatelink.blob.${storageSuffix}'
  'privatelink.dfs.${storageSuffix}'
  'privatelink.queue.${storageSuffix}'
  'privatelink.table.${storageSuffix}'
  'privatelink.vaultcore.azure.net'
]
var reached = [
  { name: 'host-blob', id: hostStorageId, service: 'blob', zone: 0 }
  { name: 'host-queue', id: hostStorageId, service: 'queue', zone: 2 }
  { name: 'host-table', id: hostStorageId, service: 'table', zone: 3 }
  { name: 'lake-blob', id: lakeId, service: 'blob', zone: 0 }
  { name: 'lake-dfs', id: lakeId, service: 'dfs', zone: 1 }
  { name: 'lake-queue', id: lakeId, service: 'queue', zone: 2 }
  { name: 'lake-table', id: lakeId, service: 'table', zone: 3 }
  { name: 'vault', id: vaultId, service: 'vault', zone: 4 }
]

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in zones: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, index) in zones: {
    parent: zone[index]
    name: 'network'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for target in reached: {
    name: 'pe-${target.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.id
            groupIds: [target.service]
          }
        }
      ]
    }
  }
]

resource named 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (target, index) in reached: {
    parent: endpoint[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: target.service
          properties: { privateDnsZoneId: zone[target.zone].id }
        }
      ]
    }
  }
]
