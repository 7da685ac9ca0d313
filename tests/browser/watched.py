"""A browser that looks at the dashboard, and what a test may ask of what it shows."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from local.toolchain import ROOT
from tests.web import WEB, over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

    from tests.pipeline import Pipeline

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = 120_000  # milliseconds, for what a run of Spark comes before
_AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


@dataclass(kw_only=True)
class Watched:
    """A page of the dashboard, and all that went wrong with it since it was opened."""

    page: Page
    url: str  # of the functions
    troubles: list[str] = field(default_factory=list)  # errors of the console, and requests that failed or left the app

    def __post_init__(self) -> None:
        """Listen."""
        self.page.on("console", self._told)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("requestfailed", lambda request: self.troubles.append(f"{request.url}: {request.failure}"))
        self.page.on("request", self._asked)

    def _told(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(message.text)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(f"{self.url}/api/"):
            self.troubles.append(f"asked elsewhere: {request.url}")

    def see(self, view: str) -> None:
        """Go to a view, and wait until it shows what it looks for."""
        self.page.goto(f"{self.url}/api/dashboard#/{view}")
        self.page.locator("#heading").wait_for()
        self.page.get_by_text("Looking for").first.wait_for(state="detached")

    def answer(self, where: str, status: int, body: Any) -> None:
        """Have the API answer so, wherever the page asks for a place like that."""
        kind = "application/json" if status < 400 else "application/problem+json"
        self.page.route(where, lambda route: route.fulfill(status=status, content_type=kind, body=msgspec.json.encode(body)))

    def violations(self) -> list[str]:
        """Return what axe finds, with where."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))  # by the debugger: the page's own policy would refuse it
        found: list[dict[str, Any]] = self.page.evaluate(_AXE)
        return [f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']])}" for one in found]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        found: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return found


def served(pipeline: Pipeline) -> Iterator[str]:
    """Have the app answer over a pipeline in memory, and say where."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    with over(pipeline):
        server = make_server("127.0.0.1", 0, WEB, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def started() -> Iterator[Browser]:
    """Start Chromium, and end it; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not there: apt-get install chromium")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])  # containers allow no sandbox
        yield browser
        browser.close()


def opened(browser: Browser, url: str, **options: Any) -> tuple[BrowserContext, Watched]:
    """Open a window of its own on the page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, timezone_id="Europe/Berlin", **options)
    context.set_default_timeout(20_000)
    return context, Watched(page=context.new_page(), url=url)
