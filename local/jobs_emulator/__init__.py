"""An emulator of the Databricks Jobs API 2.2 that really runs the job: the wheel's entry points, on a warm local Spark.

Behaviour follows what the SDK sends and what a workspace was seen to answer (reference: Databricks, sections 1 and 2).
A call it does not know is answered 501, never with a false success. `routes` is HTTP, `handlers` the calls, `runs` and
`state` what they act on, `errors` what they refuse with, `faults` what tests break, `execution` what runs the tasks.
"""
