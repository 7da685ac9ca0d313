"""The ports carried out: the only home of storage, table, Databricks and Customer Insights clients, and their memory twins.

| module | what it carries out |
| --- | --- |
| `blob_lake` | the lake, in Azure Blob Storage |
| `table_limits` | What one call may hold of Azure Table Storage |
| `table_store` | the tables of the ledger, in Azure Table Storage |
| `table_transaction` | several changes of one partition in one call |
| `queue_hints` | hints, as messages of a storage queue |
| `databricks_jobs` | the job, over databricks-sdk |
| `customer_insights_http` | calls to an instance of Customer Insights |
| `customer_insights_api` | the refresh of one |
| `open_telemetry` | what events measure and trace, exported |
| `connecting` | how the storage clients connect |
| `memory` | a twin of each in memory, as exact about versions and atomicity as the real thing |

Only `shared.context` imports these; they import ports, telemetry, contracts and errors, and no room above.
"""
