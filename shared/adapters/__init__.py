"""The only home of storage, table, Databricks and Customer Insights clients, beside a memory twin of each."""
