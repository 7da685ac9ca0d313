"""Takes the pictures of the dashboard, and of the demo's preview of Customer Insights: `python -m tests.browser.pictures`.

The page and its API are the real ones, over a month of a pipeline in memory: a stack that was only just started has nothing
in its charts. The preview is the one that `make demo` left. Run it after a page changed; no test does, so that a test run
changes no file.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from playwright.sync_api import ViewportSize

from local.toolchain import ROOT
from shared.ports import JobRun
from tests.browser.watched import opened, served, started
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    from playwright.sync_api import Browser

FOLDER = ROOT / "docs" / "images"
REPORT = ROOT / ".local" / "insights.html"
REPORT_SIZE: ViewportSize = {"width": 1120, "height": 1180}
SIZE: ViewportSize = {"width": 1120, "height": 860}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LARGEST = 150_000  # bytes of a picture
DAYS = 30
STORY = f"files/{DATAVERSE}%2Fcontact%2F2026.csv"
WIDE = b'9,"6/28/2021 4:34:35 PM","a","wide",1,,\r\n'


def month() -> Pipeline:
    """Return a pipeline that saw a month: a file that grows, a finance file a day, a few bad records, runs that failed."""
    pipeline, chance = Pipeline(), random.Random(360)
    rows: list[bytes] = []
    for day in range(DAYS):
        for number in range(chance.randint(20, 60)):
            rows.append(contact(chance.randint(0, 400), version=day * 100 + number))
        rows += [WIDE] * (chance.randint(0, 3) if day % 4 == 0 else 0)
        pipeline.land_contacts(*rows, path="contact/2026.csv")
        spends = "".join(f"{customer},{chance.randint(1, 900)}\n" for customer in range(chance.randint(25, 40)))
        pipeline.land(FINANCE, f"spend/2026-11-{day + 1:02d}.csv", f"cid,spend\n{spends}".encode())
        pipeline.tick(11)
        if day % 9 == 5:
            pipeline.fail_runs("internal_error", "CLUSTER_ERROR")
            pipeline.tick(31)
            pipeline.tick(31)
        end_run(pipeline, seconds=chance.randint(40, 130))
        pipeline.settle()
        if day < DAYS - 1:
            pipeline.clock.advance(86_400 - 300)
    pipeline.land(FINANCE, "spend/2026-12-01.csv", b"kunde;umsatz\n1;2\n3;4\n")
    pipeline.land(FINANCE, "risk.csv.gz", b"no gzip")
    pipeline.clock.advance(240)
    return pipeline


def end_run(pipeline: Pipeline, *, seconds: int) -> None:
    """Let the active run end well after so long."""
    pipeline.clock.advance(seconds)
    for run_id, run in list(pipeline.jobs.runs.items()):
        if run.state == "running":
            pipeline.do_the_work_of(run_id)
            ended = JobRun(run_id=run_id, state="succeeded", termination="success", ended_at=pipeline.clock())
            pipeline.jobs.end(run_id, ended)


def take_report(browser: Browser, file: Path) -> None:
    """Take the pictures of the page of a preview."""
    context, watched = opened(browser, "none")
    watched.page.set_viewport_size(REPORT_SIZE)
    for scheme in SCHEMES:
        watched.page.emulate_media(color_scheme=scheme)
        watched.page.goto(file.as_uri())
        data = watched.page.screenshot(path=FOLDER / f"insights-{scheme}.png")
        assert len(data) <= LARGEST, f"insights: {len(data)} bytes"
    context.close()


def main() -> None:
    """Take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    pipeline = month()
    for url in served(pipeline):
        for browser in started():
            context, watched = opened(browser, url)
            page = watched.page
            page.clock.set_fixed_time(pipeline.clock())
            page.set_viewport_size(SIZE)
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
            if REPORT.exists():
                take_report(browser, REPORT)


if __name__ == "__main__":
    main()
