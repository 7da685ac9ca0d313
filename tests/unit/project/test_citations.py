"""Whatever the code cites exists: each section and rule of the design and of the reference pages, wherever it is named."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
_PAGES = {path.stem.replace("-", " ").title(): path for path in (DOCS / "reference").glob("*.md") if path.stem != "README"} | {
    "Design": DOCS / "design.md"
}
_NAMES = "|".join(sorted(_PAGES, key=len, reverse=True)) + "|design"
_NUMBER = r"\d+(?:\.\d+)*"
_CITATION = re.compile(
    rf"(?:\b(?P<page>{_NAMES}),? )?"
    rf"(?:\b[Ss]ections? (?P<sections>{_NUMBER}(?:(?:, | and | to ){_NUMBER})*)(?:, (?:rule|point) (?P<item>\d+))?"
    r"|\brule (?P<rule>\d+))"
)
#: What looks like a citation and would not be found as one.
_MALFORMED = re.compile(rf"[Rr]eference:(?! (?:{_NAMES}), sections? \d).{{20}}|\b(?:{_NAMES}), \d")


def text_of(path: Path) -> str:
    """A file as one line, without the marks of comments, since citations run over line ends."""
    return re.sub(r"\s*\n\s*(?:#:? |-- |\* )?", " ", path.read_text(encoding="utf-8"))


def contents(page: Path) -> dict[str, set[str]]:
    """The numbered headings of a page, each with the numbers of the list items below it."""
    found: dict[str, set[str]] = {}
    below: set[str] = set()
    for line in page.read_text(encoding="utf-8").splitlines():
        if heading := re.match(rf"#+ ({_NUMBER})\.? ", line):
            below = found.setdefault(heading[1], set())
        elif item := re.match(r"(\d+)\. ", line):
            below.add(item[1])
    return found


CONTENTS = {name: contents(path) for name, path in _PAGES.items()}


def sections(numbers: str) -> Iterator[str]:
    """Every section of an enumeration; `2 to 5` names those between as well."""
    for part in re.split(r", | and ", numbers):
        first, _, last = part.partition(" to ")
        yield first
        if last:
            *above, start = first.split(".")
            for number in range(int(start) + 1, int(last.split(".")[-1]) + 1):
                yield ".".join([*above, str(number)])


def faults(text: str, page: str | None = None) -> list[str]:
    """What a text cites that is not there; `page` is what a section without a name belongs to, until another is named."""
    found = [f"not a citation: {match[0]!r}" for match in _MALFORMED.finditer(text)]
    for match in _CITATION.finditer(text):
        page = (match["page"] or page or "").title() or None
        if match["rule"] and not match["page"]:
            continue  # rules of columns, of matching, of AUTO CDC: only `design, rule n` is a citation
        if page is None:
            found.append(f"of which page: {match[0]!r}")
        elif match["rule"]:
            found += [] if match["rule"] in CONTENTS[page]["3"] else [f"{page} has no {match[0]!r}"]
        else:
            held = CONTENTS[page]
            found += [f"{page} has no section {number}" for number in sections(match["sections"]) if number not in held]
            if match["item"] and match["item"] not in held.get(match["sections"], set()):
                found.append(f"{page} has no {match[0]!r}")
    return found


def files() -> list[str]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    kinds = {".py", ".md", ".sql", ".toml", ".yml", ".bicep"}
    return [name for name in names if Path(name).suffix in kinds and (ROOT / name).is_file()]


@pytest.mark.parametrize("name", files())
def test_every_citation_resolves(name: str) -> None:
    own = next((page for page, path in _PAGES.items() if path == ROOT / name), None)
    if name != Path(__file__).relative_to(ROOT).as_posix():
        assert faults(text_of(ROOT / name), own) == []


def test_every_page_is_cited_or_says_that_it_is_not() -> None:
    text = " ".join(text_of(ROOT / name) for name in files() if not name.startswith("docs/reference/"))
    cited = {match["page"].title() for match in _CITATION.finditer(text) if match["page"]}
    assert set(_PAGES) - cited <= {"Insights", "Deploy"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("(reference: Synapse Link, section 99)", "Synapse Link has no section 99"),
        ("(reference: Synapse Link, sections 2 and 3.9)", "Synapse Link has no section 3.9"),
        ("(reference: Databricks, section 4.2, rule 12)", "Databricks has no 'Databricks, section 4.2, rule 12'"),
        ("(design, rule 9)", "Design has no 'design, rule 9'"),
        ("(section 4)", "of which page: 'section 4'"),
        ("(reference: Databricks, 4.2)", "not a citation: 'Databricks, 4'"),
    ],
)
def test_a_citation_of_what_is_not_there_is_found(text: str, fault: str) -> None:
    assert fault in faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "(reference: Synapse Link, sections 2 to 5)",
        "(reference: Synapse Link, section 6), and section 9",
        "(reference: Databricks, sections 1.2 to 1.4, and section 4.2, rule 2)",
        "Design, section 3, rule 8: a crash",
        "design section 9",
    ],
)
def test_a_citation_of_what_is_there_is_none(text: str) -> None:
    assert faults(text) == []
