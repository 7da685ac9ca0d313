"""The functions that Azure will find, and where their library may be used."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
FUNCTIONS = {
    "on_dataverse_landed": "blobTrigger",
    "on_finance_landed": "blobTrigger",
    "sweep": "timerTrigger",
    "reconcile": "timerTrigger",
    "on_hint": "queueTrigger",
    "on_poison": "queueTrigger",
    "databricks_callback": "httpTrigger",
    "health": "httpTrigger",
    "ready": "httpTrigger",
    "openapi": "httpTrigger",
    "status": "httpTrigger",
    "overview": "httpTrigger",
    "story": "httpTrigger",
    "rejected_records": "httpTrigger",
    "dashboard": "httpTrigger",
    "dashboard_file": "httpTrigger",
    "dashboard_vendor": "httpTrigger",
    "runs": "httpTrigger",
    "run": "httpTrigger",
    "unpark": "httpTrigger",
    "discard": "httpTrigger",
    "files": "httpTrigger",
    "rejects": "httpTrigger",
    "reprocess": "httpTrigger",
    "reprocess_progress": "httpTrigger",
    "reprocess_cancel": "httpTrigger",
    "data_sets": "httpTrigger",
    "data_set": "httpTrigger",
    "silver_table": "httpTrigger",
    "erase": "httpTrigger",
    "erasure_progress": "httpTrigger",
}
_INDEX = """
import json, sys
sys.path.insert(0, sys.argv[1])
import function_app
functions = function_app.app.get_functions()
found = {f.get_function_name(): [b.get_dict_repr() for b in f.get_bindings()] for f in functions}
for f in functions:
    found[f.get_function_name()][0]["hints"] = f.get_user_function().__annotations__
print(json.dumps(found, default=str))
"""


def indexed() -> dict[str, list[dict[str, object]]]:
    # In a process of its own: the library keeps one global registry (Azure Functions, section 14.5).
    done = subprocess.run([sys.executable, "-c", _INDEX, str(ROOT)], capture_output=True, text=True, check=True, cwd="/")
    found: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return found


def test_the_app_has_these_functions_and_no_others() -> None:
    assert {name: bindings[0]["type"] for name, bindings in indexed().items()} == FUNCTIONS


def test_blob_triggers_take_events_and_never_bytes() -> None:
    # Azure Functions, section 1: polling is not supported on accounts with a hierarchical namespace, and an
    # InputStream of 500 MiB costs 2 GB.
    for name, bindings in indexed().items():
        trigger = bindings[0]
        if trigger["type"] == "blobTrigger":
            assert trigger["source"] == "EventGrid", name
            assert "BlobClient" in str(trigger["hints"]), name


def test_only_health_and_the_files_of_the_page_may_be_asked_without_a_key() -> None:
    levels = {name: bindings[0].get("authLevel") for name, bindings in indexed().items() if "authLevel" in bindings[0]}
    assert {name for name, level in levels.items() if "ANONYMOUS" in str(level).upper()} == {
        *("health", "dashboard", "dashboard_file", "dashboard_vendor")
    }


def test_the_file_that_the_worker_looks_for_holds_nothing_but_words() -> None:
    # Azure Functions, section 13: the file must exist, and the package beside it is what is imported.
    (only,) = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8")).body
    assert isinstance(only, ast.Expr)
    assert isinstance(only.value, ast.Constant)
    assert (ROOT / "function_app" / "__init__.py").exists()


def test_the_functions_library_is_imported_by_the_triggers_only() -> None:
    for path in [*ROOT.glob("shared/**/*.py"), *ROOT.glob("spark_jobs/**/*.py"), *ROOT.glob("local/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            assert not any(name.startswith("azure.functions") for name in names), path


def test_importing_the_app_makes_no_call_and_imports_no_heavy_sdk() -> None:
    # Azure Functions, section 12: databricks-sdk takes about a second to import, pandas half of one.
    program = "import sys; sys.path.insert(0, sys.argv[1]); import function_app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, str(ROOT)], capture_output=True, text=True, check=True, cwd="/")
    assert not {"databricks.sdk", "pandas", "pyspark"} & set(done.stdout.split())
