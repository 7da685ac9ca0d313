"""The page is served whole, small, to be kept, and with a policy that lets nothing else in."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from werkzeug.test import Client

from tests.web import WEB

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "dashboard"
LICENCES = {"MIT": "Permission is hereby granted, free of charge", "Apache-2.0": "Apache License"}
OUTSIDE = ["/nothing.js", "/..%2Fhost.json", "/vendor/..%2F..%2Fhost.json", "/tsconfig.json", "/vendor.mjs"]
MODULES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js"))


def get(path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    answer = Client(WEB).get(f"/api/dashboard{path}", headers=headers)
    return answer.status_code, dict(answer.headers), answer.get_data()


def test_the_page_is_served_with_a_policy_that_lets_nothing_else_in() -> None:
    status, headers, body = get("")
    assert (status, headers["Content-Type"], body) == (200, "text/html; charset=utf-8", (FOLDER / "index.html").read_bytes())
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert {sources for name, sources in policy.items() if name.endswith("-src")} == {"'none'", "'self'"}
    assert b"style=" not in body
    assert not re.search(rb"<script(?![^>]*\bsrc=)", body), "a script in the page would be refused"


@pytest.mark.parametrize("name", [*MODULES, "style.css", "vendor/uplot.css", "icon.svg"])
def test_each_file_of_it_is_served_small_and_only_once(name: str) -> None:
    status, headers, body = get(f"/{name}", **{"Accept-Encoding": "gzip, br"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == (FOLDER / name).read_bytes()
    assert get(f"/{name}", **{"If-None-Match": headers["ETag"]})[0] == 304


def test_the_page_asks_for_all_its_modules_at_once() -> None:
    """Else a browser learns of each from the one before, and waits for each."""
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    named = re.findall(r'<link rel="modulepreload" href="dashboard/([^"]+)">|src="dashboard/([^"]+)"', page)
    assert sorted(preloaded or script for preloaded, script in named) == MODULES


def test_a_first_view_is_less_than_200_kilobytes() -> None:
    names = ["", *(f"/{name}" for name in (*MODULES, "style.css", "vendor/uplot.css", "icon.svg"))]
    assert sum(len(get(name, **{"Accept-Encoding": "gzip"})[2]) for name in names) < 100_000  # the rest is for the overview


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_else_is_served(name: str) -> None:
    assert get(name)[0] == 404


@pytest.mark.parametrize("name", MODULES)
def test_modules_find_each_other_and_nothing_outside(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for path in re.findall(r"""^import\b[^;]*?["']([^"']+)["'];|from\s*["']([^"']+)["'];""", text, re.MULTILINE):
        found = path[0] or path[1]
        assert (FOLDER / name).parent.joinpath(found).resolve().is_file(), found
    assert not re.findall(r"https?://(?!www\.w3\.org)[\w.]+", text) or name.startswith("vendor/")


def test_the_libraries_are_those_that_the_lock_file_pins_with_their_licences() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    listed = json.loads((FOLDER / "vendor" / "vendor.json").read_text(encoding="utf-8"))
    assert {file for one in listed for file in one["files"]} == {
        path.name for path in (FOLDER / "vendor").iterdir() if path.name.endswith((".js", ".css"))
    }
    for one in listed:
        pinned = lock[f"node_modules/{one['name']}"]
        assert (one["version"], one["integrity"]) == (pinned["version"], pinned["integrity"]), "node dashboard/vendor.mjs"
        licence = (FOLDER / "vendor" / f"{one['name']}.licence.txt").read_text(encoding="utf-8")
        assert LICENCES[one["licence"]] in licence
        for file, digest in one["files"].items():
            assert hashlib.sha256((FOLDER / "vendor" / file).read_bytes()).hexdigest() == digest, file
