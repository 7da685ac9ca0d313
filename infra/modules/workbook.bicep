// What happens, on one page of the portal.
param location string
param tags object
param workspaceId string

resource page 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'customer360')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Customer 360'
    category: 'workbook'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: loadTextContent('../workbook.json')
  }
}
