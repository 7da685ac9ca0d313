"""The pipeline without its triggers: pure modules, ports, use cases and the context that joins them.

Read in this order to follow one file: `layout` (what is this path?), `ingest` (landed bytes to bronze), `dispatch` (bronze
parts to one run), `conclude` (a run's end to a publication and a refresh), `sweep` (what events missed).
"""
