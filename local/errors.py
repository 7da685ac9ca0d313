"""The errors of the local stack: one root, and beneath it what can go wrong where.

LocalStackError
├── AzuriteMissingError      stack.azurite: Node or Azurite is not installed
├── ChildError               stack.child: a program did not come up
├── PortTakenError           stack.ports: something else listens there
├── StackBrokenError         stack.stack: a part ends as soon as it is started
├── AppRefusedError          functions_host.functions: the app cannot be hosted here
├── InvocationFailedError    functions_host.runtime: a function raised
├── EntryPointMissingError   spark_worker.entry_points: the wheel has no such entry point
├── NothingPublishedError    spark_worker.by_name: the lake has no publication yet
├── DefinitionError          jobs_emulator.running.definition: the bundle has no job that can be run here
├── RefreshFailed            customer_insights_emulator.gold: Customer Insights could not take it
├── ApiError                 emulation.errors: an answer that is an error; each emulator adds its own
├── GoldUnreadableError      lake.view: gold cannot be read through its manifest
├── TerminalError            terminal.client: the pipeline's API cannot be asked
└── DemoError                demo.demo: the demo cannot go on
"""

from __future__ import annotations


class LocalStackError(Exception):
    """Something that the local stack cannot do; the sentence says what to do about it."""
