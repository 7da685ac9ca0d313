"""The report as a real browser shows it, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from spark_jobs.insights.page import page
from tests.unit.spark_jobs.test_insights_page import TOLD

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def test_a_browser_draws_the_chart_of_the_report(tmp_path: Path) -> None:
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip("there is no Chromium to look at the report with")
    file = tmp_path / "report.html"
    file.write_text(page(TOLD), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile", "--dump-dom"]
    done = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    chart = done.stdout.partition('id="chart"')[2].partition("<script")[0]
    assert "<canvas" in chart, "uPlot draws on a canvas of its own"
    assert "rows of a profile" in done.stdout
