// Who acts: the functions, and the job in Databricks. The job's identity gets no role in Azure: Unity Catalog lets it in.
param token string
param location string
param tags object

resource functions 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-functions-${token}'
  location: location
  tags: tags
}

resource job 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: 'id-job-${token}'
  location: location
  tags: tags
}

output functionsId string = functions.id
output functionsClientId string = functions.properties.clientId
output functionsPrincipalId string = functions.properties.principalId
output jobClientId string = job.properties.clientId
