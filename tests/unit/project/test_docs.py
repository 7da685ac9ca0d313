"""Documentation says what is there: every setting, command, document and module it names exists, and none is left out."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "benchmarks" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def settings_read() -> set[str]:
    """Return the names that the app reads, and those that triggers resolve."""
    from msgspec import structs

    from shared.config.app_settings import AppSettings, StorageSettings

    names = {field.encode_name for model in (StorageSettings, AppSettings) for field in structs.fields(model)}
    for path in (ROOT / "function_app").glob("*.py"):
        assert set(re.findall(r"%([A-Z_]+)%", path.read_text(encoding="utf-8"))) <= names
    return names


def test_the_example_settings_are_all_known_and_suffice() -> None:
    from shared.config.settings import read_settings

    values = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    of_the_host = {"FUNCTIONS_WORKER_RUNTIME", "PYTHON_THREADPOOL_THREAD_COUNT"}
    assert set(values) - of_the_host <= settings_read()
    assert read_settings(values).databricks_job_id == 360


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_and_module_of_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target, _, anchor in re.findall(r"\]\((?!https?://)([^)#]*)(#([\w-]+))?\)", text):
        linked = page.parent / target if target else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"
    for module in re.findall(r"python -m ((?:spark_jobs|local|benchmarks)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    for path in re.findall(r"`((?:shared|function_app|spark_jobs|local|tests|benchmarks|docs)/[\w/.-]+)`", text):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize(
    "folder", ["function_app", "shared", "spark_jobs", "customer_insights", "local", "tests", "benchmarks"]
)
def test_every_page_and_module_that_the_code_names_exists(folder: str) -> None:
    for source in (ROOT / folder).rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        named = re.findall(
            r"`((?:shared|function_app|spark_jobs|local|tests|benchmarks|docs)/[\w/-]+(?:\.(?:py|md|sql))?)`", text
        )
        for path in {*named, *re.findall(r"\bdocs/adr/\d+", text)}:
            assert [*ROOT.glob(path), *ROOT.glob(f"{path}-*.md")], f"{source.relative_to(ROOT)} names {path}"


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_command_of_a_page_is_a_target(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    commands = set(re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE))
    assert commands
    assert commands <= targets


def test_before_a_commit_the_tools_of_make_lint_run() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^LINTS := (.+)$", makefile, re.MULTILINE)[0].split()
    recipes = (makefile.partition(f"\n{target}:\n")[2].partition("\n")[0] for target in targets)
    tools = [recipe.strip().replace("$(PYTHON)", ".venv/bin/python").removesuffix(" .") for recipe in recipes]
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == tools
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}, "no network: nothing is installed for a hook"


def test_ci_calls_what_the_readme_says() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in script
    assert "make demo" in script
