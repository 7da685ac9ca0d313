// The function app on Flex Consumption: no key in its settings, secrets as references, everything else by its identity.
param token string
param location string
param tags object

@description('User-assigned identity of the app.')
param identityId string
param identityClientId string

@description('Subnet to reach out from. Empty: none.')
param subnetId string
param pythonVersion string
param maximumInstances int
param hostStorageName string

@description('Container that deployed packages are kept in.')
param packagesUrl string
param lakeName string
param insightsConnectionString string
param vaultUri string
param dataverseContainers string
param financeContainer string
param databricksHost string
param databricksJobId string
param customerInsightsRefresh string
param customerInsightsInstanceId string
param customerInsightsDataSourceId string

var suffix = environment().suffixes.storage
var refreshes = customerInsightsRefresh != 'off'
var customerInsights = refreshes ? {
  CUSTOMER_INSIGHTS_ROOT: 'https://api.ci.ai.dynamics.com/v1'
  CUSTOMER_INSIGHTS_REFRESH: customerInsightsRefresh
  CUSTOMER_INSIGHTS_INSTANCE_ID: customerInsightsInstanceId
  CUSTOMER_INSIGHTS_DATA_SOURCE_ID: customerInsightsDataSourceId
  CUSTOMER_INSIGHTS_SUBSCRIPTION_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/customer-insights-key)'
} : {}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: 'plan-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'functions' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: {
      minTlsVersion: '1.2'
      ftpsState: 'Disabled'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packagesUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'python'
        version: pythonVersion
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 2048
        maximumInstanceCount: maximumInstances
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: union({
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    AzureWebJobsStorage__blobServiceUri: 'https://${hostStorageName}.blob.${suffix}'
    AzureWebJobsStorage__queueServiceUri: 'https://${hostStorageName}.queue.${suffix}'
    AzureWebJobsStorage__tableServiceUri: 'https://${hostStorageName}.table.${suffix}'
    LakeStorage__credential: 'managedidentity'
    LakeStorage__clientId: identityClientId
    LakeStorage__blobServiceUri: 'https://${lakeName}.blob.${suffix}'
    LakeStorage__queueServiceUri: 'https://${lakeName}.queue.${suffix}'
    LedgerStorage__credential: 'managedidentity'
    LedgerStorage__clientId: identityClientId
    LedgerStorage__tableServiceUri: 'https://${lakeName}.table.${suffix}'
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
    PYTHON_THREADPOOL_THREAD_COUNT: '16'
    DATAVERSE_CONTAINERS: dataverseContainers
    FINANCE_CONTAINER: financeContainer
    LAKE_FOR_SPARK: 'abfss://{container}@${lakeName}.dfs.${suffix}'
    HINT_QUEUE: 'pipeline-hints'
    SWEEP_SCHEDULE: '0 */5 * * * *'
    RECONCILE_SCHEDULE: '30 * * * * *'
    DATABRICKS_HOST: databricksHost
    DATABRICKS_JOB_ID: databricksJobId
    CALLBACK_USERNAME: 'databricks'
    CALLBACK_PASSWORD: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/callback-password)'
  }, customerInsights)
}

resource noFtp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

resource noScm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

output name string = site.name
output url string = 'https://${site.properties.defaultHostName}'
