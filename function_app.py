"""Exists so that the Functions worker finds a file of this name; what it imports is the package `function_app/` beside it.

The worker tests for this file and then imports the module `function_app`, which Python resolves to the package (reference:
Azure Functions, section 13). Nothing here is ever executed; `tests/unit/function_app/test_function_app.py` pins that.
"""
