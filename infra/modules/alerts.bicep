// What needs a person, told by e-mail. The queries read log lines that begin with an event's name (docs/operations.md).
param token string
param location string
param tags object
param workspaceId string

@description('Empty: alerts show in the portal only.')
param email string

var rules = [
  {
    name: 'stale-gold'
    title: 'Gold is stale'
    description: 'Files were taken more than two hours ago, and nothing was published since.'
    severity: 2
    window: 'P1D'
    every: 'PT30M'
    query: 'let published = toscalar(AppTraces | where Message startswith "batch.succeeded " | summarize max(TimeGenerated)); AppTraces | where Message startswith "file.ingested " or Message startswith "sweep.done " or Message startswith "batch.opened " | where TimeGenerated > coalesce(published, datetime(2000-01-01)) and TimeGenerated < ago(2h)'
  }
  {
    name: 'parked-batch'
    title: 'A batch is parked'
    description: 'It failed for a cause that repeating does not mend: GET /api/runs/{batch_id}, then POST …/unpark.'
    severity: 1
    window: 'PT15M'
    every: 'PT15M'
    query: 'AppTraces | where Message startswith "batch.parked "'
  }
  {
    name: 'poison'
    title: 'A landed file is poison'
    description: 'Taking it failed again and again: GET /api/files?status=poison, then reprocess it.'
    severity: 2
    window: 'PT15M'
    every: 'PT15M'
    query: 'AppTraces | where Message startswith "file.poisoned " or Message startswith "poison.unreadable "'
  }
  {
    name: 'dead-letter'
    title: 'Events were given up'
    description: 'Event Grid could not deliver to the app; the sweep takes the files all the same. See the container deadletter.'
    severity: 3
    window: 'PT1H'
    every: 'PT1H'
    query: 'AzureMetrics | where MetricName == "DeadLetteredCount" and Total > 0'
  }
  {
    name: 'refresh-failed'
    title: 'Customer Insights was not refreshed'
    description: 'The publication stays; the next one asks again. GET /api/status says why.'
    severity: 2
    window: 'PT1H'
    every: 'PT1H'
    query: 'AppTraces | where Message startswith "refresh.failed "'
  }
  {
    name: 'configuration'
    title: 'The configuration is wrong'
    description: 'No landed file is judged until it is mended; the log line says what and where.'
    severity: 1
    window: 'PT15M'
    every: 'PT15M'
    query: 'AppTraces | where Message startswith "configuration.invalid "'
  }
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'customer360'
    enabled: true
    emailReceivers: empty(email) ? [] : [
      {
        name: 'owner'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alert 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${token}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'Customer 360: ${rule.title}'
      description: rule.description
      severity: rule.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      actions: { actionGroups: [people.id] }
      autoMitigate: true
      skipQueryValidation: true // the tables come into being with their first line
    }
  }
]
