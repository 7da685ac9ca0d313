"""The triggers of the Customer 360, one module per kind; each parses, calls one use case of `shared`, and translates.

| module | triggers, and what they share |
| --- | --- |
| `landing` | a file landed: Dataverse export, finance file |
| `timers` | the sweep and the reconciliation, which find what events and webhooks missed; hints that were due |
| `callback` | Databricks says that a run ended |
| `poison` | the host gave up on a landed file |
| `dashboard` | the page's files |
| `operations` | overview, status, runs, files, rejects, health |
| `repetition` | reprocessing |
| `data_sets` | how finance data sets are read, what tables of silver are made of |
| `erasure` | erasing |
| `answers` | HTTP answers: documents, and errors as problem documents |
| `rebuild` | the command that counts what the dashboard shows anew |
| `misconfigured` | what is wrong with the settings or `customer360.toml`, told at once |
"""

from __future__ import annotations

import azure.functions as func

from function_app import callback, dashboard, data_sets, erasure, landing, operations, poison, repetition, timers
from function_app.misconfigured import told
from shared.context import context

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
for module in (landing, timers, callback, poison, operations, repetition, data_sets, erasure, dashboard):
    app.register_functions(module.triggers)

context.export()
told.look(context)
