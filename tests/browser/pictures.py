"""Takes the pictures of the dashboard that the README shows: `python -m tests.browser.pictures`.

Shows the demo on a stack of its own, lands a file that nobody can read, looks that both waves are there, and writes
them to the folder docs/images. Run it after the page changed; no test does, so that a test run changes no file.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from azure.storage.blob import BlobServiceClient
from playwright.sync_api import ViewportSize, expect

from local.demo.demo import run_demo
from local.stack.settings import Ports
from local.stack.stack import Stack
from local.toolchain import ROOT
from tests.browser.watched import opened, started

if TYPE_CHECKING:
    from typing import Literal

FOLDER = ROOT / "docs" / "images"
SIZE: ViewportSize = {"width": 1120, "height": 800}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LARGEST = 150_000  # bytes of a picture
REFUSED = "finance/customer_finance/2026-12.csv"
STORY = "files/finance%2Fcustomer_finance%2F2026-11.csv"


def land_refused(storage: str) -> None:
    """Land a file whose key column somebody renamed."""
    container, _, path = REFUSED.partition("/")
    with BlobServiceClient.from_connection_string(storage) as service:
        service.get_blob_client(container, path).upload_blob(b"kunde,income\n1,2\n3,4\n", overwrite=True)


def take(url: str) -> None:
    """Write the pictures, once both waves of the demo and the refused file are seen."""
    FOLDER.mkdir(exist_ok=True)
    for browser in started():
        context, watched = opened(browser, url)
        page = watched.page
        page.set_viewport_size(SIZE)
        watched.see("")
        runs = page.get_by_role("region", name="Recent runs").get_by_role("row")
        expect(runs.filter(has_text="succeeded").nth(1)).to_be_visible()
        expect(page.get_by_role("region", name="What needs a look")).to_contain_text(REFUSED)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for name, view in (("overview", ""), ("story", STORY)):
                watched.see(view)
                page.evaluate("document.activeElement.blur()")
                page.wait_for_load_state("networkidle")
                data = page.screenshot(path=FOLDER / f"{name}-{scheme}.png")
                assert len(data) <= LARGEST, f"{name}: {len(data)} bytes"
        assert watched.troubles == []
        context.close()


def main() -> int:
    """Show the demo, and take the pictures of it."""
    with tempfile.TemporaryDirectory() as folder, Stack(folder=Path(folder), ports=Ports.free()) as stack:
        if run_demo(base_url=stack.functions_url, connection_string=stack.storage):
            return 1
        land_refused(stack.storage)
        take(stack.functions_url)
    return 0


if __name__ == "__main__":
    sys.exit(main())
