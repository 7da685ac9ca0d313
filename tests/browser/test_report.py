"""The page of a preview of Customer Insights, as a real browser shows it: a file, opened by a double click."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from spark_jobs.insights.page import page
from tests.browser.watched import opened, started
from tests.unit.spark_jobs.test_insights_page import TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

#: Pixels of the chart that are not empty: axes, labels and bars.
_DRAWN = """() => {
  const canvas = document.querySelector("#chart canvas");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((value, place) => place % 4 === 3 && value > 0).length;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from started()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_the_report_draws_its_chart_asks_nobody_and_can_be_read_by_everybody(
    browser: Browser, tmp_path: Path, scheme: str, width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(page(TOLD), encoding="utf-8")
    context, watched = opened(browser, "none")
    shown = watched.page
    try:
        shown.set_viewport_size({"width": width, "height": 900})
        shown.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        shown.goto(file.as_uri())
        assert shown.evaluate(_DRAWN) > 1000
        assert shown.get_by_role("heading", name="Profiles to look at first").is_visible()
        assert watched.overflow() == 0, "wide tables scroll by themselves"
        assert watched.violations() == []
        assert watched.troubles == [f"asked elsewhere: {file.as_uri()}"], "the file itself, and nothing besides"
    finally:
        context.close()
