"""An emulator of the API of Dynamics 365 Customer Insights - Data: refreshes of one data source, our gold, and what is set.

It takes the documented call and its older form, and answers with the documented job (reference: Customer Insights,
section 7). A refresh really reads: the manifest, and every file it names; what Customer Insights could not read makes the
job fail with the documented error code. Measures, segments and relationships are kept as documents and not computed; rows are
those that it is given. Everything else is answered 501.

| module | what |
| --- | --- |
| `__main__` | the instance as a process |
| `server` | the instance as a whole: HTTP |
| `routes` | paths to calls; token, key and instance |
| `handlers` | the calls |
| `documents` | refreshes as the API shows them |
| `state` | the refreshes that are remembered, for as long as the process lives |
| `configuration` | measures, segments and relationships, as long as the process lives |
| `clicked` | what is set when the local stack starts |
| `rows` | rows of tables as OData pages |
| `errors` | an ApiErrorResult, with codes of Customer Insights |
| `faults` | what a test breaks: answers, refreshes |
| `gold` | what a refresh does: gold, read as Customer Insights reads it |

Stands on `local.emulation`, and on `local.lake.manifest` for the files that a manifest names.
"""
