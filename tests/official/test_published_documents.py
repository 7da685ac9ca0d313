"""Documents that others read fit the schemas that those others publish."""

from __future__ import annotations

import copy
import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import Client

from tests.web import WEB

ROOT = Path(__file__).parents[2]

#: Document → schema, by file.
_DOCUMENTS = {
    "host.json": "schemastore-host.json",
    "local.settings.json.example": "schemastore-local.settings.json",
    "azure.yaml": "azure.yaml.schema.json",
}


def read(name: str) -> Any:
    text = (ROOT / name).read_text(encoding="utf-8")
    return yaml.safe_load(text) if name.endswith((".yaml", ".yml")) else json.loads(text)


def mistakes(document: Any, schema: Path) -> list[str]:
    rules = json.loads(schema.read_text(encoding="utf-8"))
    # azd's schema names those of its extensions, which nothing of ours is for: they take everything
    validator = jsonschema_rs.validator_for(rules, retriever=lambda _uri: {})
    return [f"{error.instance_path}: {error.message[:200]}" for error in validator.iter_errors(document)]


@pytest.mark.parametrize("name", _DOCUMENTS)
def test_it_fits_its_schema(name: str, official: Path) -> None:
    assert mistakes(read(name), official / _DOCUMENTS[name]) == []


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("host.json", ["version"], 2),
        ("host.json", ["functionTimeout"], 15),
        ("host.json", ["extensions", "queues", "batchSize"], "4"),
        ("host.json", ["logging", "logLevel", "default"], "Verbose"),
        ("host.json", ["extensionBundle", "id"], 4),
        ("local.settings.json.example", ["IsEncrypted"], "false"),
        ("local.settings.json.example", ["Host", "LocalHttpPort"], "7071"),
        ("azure.yaml", ["name"], "Customer 360"),
        ("azure.yaml", ["services", "functions", "host"], ["function"]),
        ("azure.yaml", ["services", "functions", "project"], None),
        ("azure.yaml", ["hooks", "postdeployed"], {"run": "x"}),
        ("azure.yaml", ["hooks", "postdeploy", "posix", "shell"], "bash"),
        ("azure.yaml", ["hooks", "postdeploy", "windows", "script"], "x"),
    ],
)
def test_a_planted_fault_is_found(name: str, path: list[str], value: Any, official: Path) -> None:
    document = copy.deepcopy(read(name))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert mistakes(document, official / _DOCUMENTS[name])


def workflow_mistakes(name: str, document: Any) -> list[str]:
    """Hold a document of `.github` against the schema of it that a package brings."""
    kind = "dependabot" if name == "dependabot.yml" else "github-workflows"
    with as_file(files("check_jsonschema.builtin_schemas") / "vendor" / f"{kind}.json") as schema:
        return mistakes(document, schema)


def workflow(name: str) -> Any:
    document = read(f".github/{name}")
    if True in document:  # YAML 1.1 takes the word `on` for a truth
        document["on"] = document.pop(True)
    return document


@pytest.mark.parametrize("name", ["workflows/ci.yml", "workflows/release.yml", "dependabot.yml"])
def test_what_github_runs_fits_its_schema(name: str) -> None:
    assert workflow_mistakes(name, workflow(name)) == []


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("workflows/ci.yml", ["jobs", "tests", "runs_on"], "ubuntu-latest"),
        ("workflows/ci.yml", ["jobs", "tests", "timeout-minutes"], "ninety"),
        ("workflows/ci.yml", ["jobs", "tests", "steps", 0, "use"], "actions/checkout@v4"),
        ("workflows/ci.yml", ["jobs", "bicep", "steps"], {}),
        ("workflows/ci.yml", ["on", "pull_requests"], None),
        ("workflows/ci.yml", ["permissions", "contents"], "reads"),
        ("workflows/release.yml", ["jobs", "release", "runs-on"], None),
        ("workflows/release.yml", ["on", "push", "tag"], ["v*"]),
        ("dependabot.yml", ["version"], 1),
        ("dependabot.yml", ["updates", 0, "package-ecosystem"], "pypi"),
        ("dependabot.yml", ["updates", 0, "schedule", "interval"], "hourly"),
    ],
)
def test_a_planted_fault_in_what_github_runs_is_found(name: str, path: list[Any], value: Any) -> None:
    document = workflow(name)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert workflow_mistakes(name, document)


@pytest.mark.parametrize("part", ["provider", "host", "language"])
def test_what_azd_leaves_open_is_one_of_its_examples(part: str, official: Path) -> None:
    """Extensions may bring others, so that the schema takes any text."""
    schema = json.loads((official / _DOCUMENTS["azure.yaml"]).read_text(encoding="utf-8"))["properties"]
    known = schema["infra"] if part == "provider" else schema["services"]["additionalProperties"]
    told = read("azure.yaml")
    chosen = told["infra"] if part == "provider" else told["services"]["functions"]
    assert chosen[part] in known["properties"][part]["examples"]


def test_every_app_setting_is_text() -> None:
    """Core Tools ends where one is not; the schema does not say so."""
    assert all(isinstance(value, str) for value in read("local.settings.json.example")["Values"].values())


def test_the_description_of_the_api_fits_the_meta_schema_of_openapi() -> None:
    """Its own package brings the meta-schema, so that nothing has to lie beside the clone."""
    document = Client(WEB).get("/api/openapi.json").get_json()
    assert document["openapi"].startswith("3.1.")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["info"], {}),
        (["paths", "/status", "get", "responses"], {"ok": {}}),
        (["paths", "/status", "get", "parameters"], [{"name": "x", "in": "nowhere"}]),
        (["components", "schemas", "StatusDocument", "type"], "thing"),
    ],
)
def test_a_planted_fault_in_the_description_of_the_api_is_found(path: list[str], value: Any) -> None:
    document = Client(WEB).get("/api/openapi.json").get_json()
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert list(OpenAPIV31SpecValidator(document).iter_errors())
