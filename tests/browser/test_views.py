"""What the dashboard shows and does, in a real browser over a pipeline in memory; for whoever cannot see it well, too."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.watched import Watched, opened, served, started
from tests.pipeline import DATAVERSE, FINANCE, Pipeline, contact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

SECRET = "Zoe Secret"
WIDE = f'3,"6/28/2021 4:34:35 PM","{SECRET}","wide",1,,\r\n'.encode()
FILE = f"{DATAVERSE}/contact/2024.csv"
STORY = f"files/{FILE.replace('/', '%2F')}"
REFUSED = f"{FINANCE}/refused.csv.gz"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from started()


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """Two waves in gold, a file that was refused, and a batch that is parked."""
    pipeline = Pipeline()
    pipeline.land_contacts(contact(1), contact(2))
    pipeline.settle()
    pipeline.land_contacts(contact(1), contact(2), contact(1, "Eve", version=2), WIDE)
    pipeline.land(FINANCE, "spend/1.csv", b"cid,spend\n1,2\n2,3\n")
    pipeline.settle()
    pipeline.land(FINANCE, REFUSED.partition("/")[2], b"no gzip")
    pipeline.land(FINANCE, "spend/2.csv", b"cid,spend\n1,5\n")
    pipeline.tick(11)
    pipeline.fail_runs("client_error", "INVALID_CLUSTER_REQUEST")
    pipeline.tick(1)
    return pipeline


@pytest.fixture(scope="module")
def url(pipeline: Pipeline) -> Iterator[str]:
    """Where the app answers over that pipeline."""
    yield from served(pipeline)


@pytest.fixture(scope="module")
def watched(browser: Browser, url: str) -> Iterator[Watched]:
    context, watched = opened(browser, url)
    yield watched
    context.close()


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


@pytest.fixture(scope="module")
def parked(pipeline: Pipeline) -> str:
    (batch,) = pipeline.context.ledger.batches(state="parked")
    return batch.batch_id


def test_what_needs_a_look_is_told_with_its_cause(parked: str, watched: Watched, page: Page) -> None:
    watched.see("")
    expect(page.locator("#heading")).to_have_text("2 things need a look")
    expect(page.locator("canvas")).to_have_count(6)
    attention = page.get_by_role("region", name="What needs a look").get_by_role("listitem")
    expect(attention.filter(has_text=parked)).to_contain_text("INVALID_CLUSTER_REQUEST")
    expect(attention.filter(has_text=REFUSED)).to_contain_text("not gzip: not readable as gzip")
    page.get_by_role("link", name=parked).first.click()
    expect(page.get_by_text("Cause", exact=True).locator("..")).to_contain_text("INVALID_CLUSTER_REQUEST")


def test_a_dialog_is_closed_by_the_keyboard_and_gives_the_focus_back(parked: str, watched: Watched, page: Page) -> None:
    watched.see(f"runs/{parked}")
    button = page.get_by_role("button", name="Discard")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Set its parts aside?")).to_be_visible()
    assert watched.violations() == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_a_reject_is_told_by_its_place_and_reason_and_never_by_what_it_holds(watched: Watched, page: Page) -> None:
    watched.see(STORY)
    expect(page.get_by_role("list", name="Its way").get_by_role("listitem")).to_have_count(5)
    page.get_by_role("link", name="1 too wide").click()
    row = page.get_by_role("region", name="Rejected records").get_by_role("row").nth(1)
    expect(row).to_contain_text("too wide")
    assert SECRET not in page.content()
    watched.see("rejects")
    expect(page.get_by_role("region", name="Rejects", exact=True).get_by_role("row").filter(has_text=FILE)).to_have_count(1)


def test_filters_are_in_the_url_and_back_takes_them_back(watched: Watched, page: Page) -> None:
    watched.see("files")
    page.get_by_label("State").select_option("rejected")
    expect(page).to_have_url(re.compile(r"#/files\?status=rejected$"))
    files = page.get_by_role("region", name="Landed files").get_by_role("row")
    expect(files.filter(has_text=FILE)).to_have_count(0)
    files.filter(has_text=REFUSED).get_by_role("link").click()
    expect(page.locator("#heading")).to_have_text(REFUSED)
    expect(page.get_by_text("Mend the file and land it again")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("State")).to_have_value("rejected")
    page.go_back()
    expect(page.get_by_label("State")).to_have_value("")
    expect(files.filter(has_text=FILE)).to_have_count(1)


def test_a_data_set_shows_how_it_is_read_and_why(watched: Watched, page: Page) -> None:
    watched.see("datasets/spend")
    expect(page.get_by_role("region", name="Columns").get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("region", name="Versions of the contract").get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("region", name="Section of customer360.toml")).to_contain_text("[finance.spend]")


def test_every_view_is_whole_for_a_screen_reader_and_no_wider_than_a_telephone(
    parked: str, watched: Watched, page: Page
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    lists = ("", "files", "runs", "tables", "rejects", "publications", "reprocess", "erase")
    for view in (*lists, STORY, f"runs/{parked}", "tables/silver/contact", "datasets/spend", "nowhere"):
        watched.see(view)
        assert watched.violations() == [], view
        assert watched.overflow() <= 0, view
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")
    for view in ("", STORY, f"runs/{parked}", "erase"):
        watched.see(view)
        assert watched.violations() == [], f"{view}, dark"
    page.emulate_media(color_scheme="light")


def test_the_keyboard_comes_to_the_content_at_once(watched: Watched, page: Page) -> None:
    page.goto("about:blank")
    watched.see("")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_an_erasure_is_searched_before_it_is_asked_for_and_its_key_is_in_no_url(
    pipeline: Pipeline, watched: Watched, page: Page
) -> None:
    watched.see("erase")
    page.get_by_label("Table").select_option("contact")
    page.get_by_label("Key").fill("00000001")
    page.get_by_role("button", name="How much is there?").click()
    expect(page.locator("#heading")).to_have_text(re.compile("^Erasure e"))
    assert "00000001" not in page.url
    pipeline.settle()
    expect(page.locator(".heading .state").first).to_have_text("succeeded")
    expect(page.get_by_text("This is what there is. Nothing was erased.")).to_be_visible()


def test_a_reprocess_goes_from_its_dry_run_to_its_end(pipeline: Pipeline, watched: Watched, page: Page) -> None:
    watched.see(f"reprocess?stage=bronze&container={DATAVERSE}&prefix=contact%2F2024.csv")
    page.get_by_role("button", name="How much is that?").click()
    expect(page.get_by_role("status").filter(has_text="Nothing was done yet")).to_contain_text("1 file")
    page.get_by_role("button", name="Start …").click()
    page.get_by_role("dialog").get_by_role("button", name="Start").click()
    expect(page.locator("#heading")).to_have_text(re.compile("^Reprocess "))
    pipeline.settle()
    expect(page.locator(".heading .state")).to_have_text("succeeded")


def test_a_parked_batch_goes_on_by_its_button(parked: str, pipeline: Pipeline, watched: Watched, page: Page) -> None:
    watched.see("")
    item = page.get_by_role("region", name="What needs a look").get_by_role("listitem").filter(has_text=parked)
    item.get_by_role("button", name="Un-park").click()
    page.get_by_role("dialog").get_by_role("button", name="Un-park").click()
    expect(item).to_have_count(0)
    pipeline.settle()
    runs = page.get_by_role("region", name="Recent runs").get_by_role("row")
    expect(runs.filter(has_text=parked)).to_contain_text("succeeded")


def test_nothing_went_wrong_and_nobody_else_was_asked(watched: Watched) -> None:
    """Of all that this module looked at so far."""
    assert watched.troubles == []


# What is seldom so: the API's answer is made up, in windows of their own ----------------------------------------------------


@pytest.fixture
def window(browser: Browser, url: str) -> Iterator[Watched]:
    context, watched = opened(browser, url)
    yield watched
    context.close()


def test_an_empty_pipeline_says_what_happens_next(window: Watched) -> None:
    empty = Pipeline().context
    window.answer("**/api/overview", 200, empty.overview())
    window.answer("**/api/runs?*", 200, {"runs": [], "next": None})
    window.see("")
    expect(window.page.locator("#heading")).to_have_text("Nothing landed yet")
    expect(window.page.get_by_text("Whatever lands in one of the landing containers")).to_be_visible()
    assert window.violations() == []


def test_an_error_is_told_in_the_apis_words_and_goes_away_with_its_cause(window: Watched) -> None:
    problem = {"type": "about:blank", "status": 503, "title": "Service Unavailable", "detail": "storage does not answer"}
    window.answer("**/api/overview", 503, problem)
    window.page.goto(f"{window.url}/api/dashboard")
    expect(window.page.get_by_role("alert")).to_have_text("storage does not answer")
    assert window.violations() == []
    window.page.unroute("**/api/overview")
    window.page.evaluate("dispatchEvent(new Event('online'))")  # or it looks again six seconds later
    expect(window.page.locator(".flow")).to_be_visible()


def test_what_was_seen_stays_while_nobody_answers(window: Watched) -> None:
    window.see("")
    window.page.context.set_offline(True)
    expect(window.page.get_by_role("banner")).to_contain_text("Offline")
    expect(window.page.locator(".flow")).to_be_visible()
    window.page.context.set_offline(False)
    expect(window.page.get_by_role("banner")).to_contain_text("Live")


def test_the_function_key_is_asked_for_once(window: Watched) -> None:
    def guarded(route: Route) -> None:
        if route.request.headers.get("x-functions-key") == "the key":
            route.continue_()
        else:
            route.fulfill(status=401)

    window.page.route(re.compile(r"/api/(?!dashboard)"), guarded)
    window.page.goto(f"{window.url}/api/dashboard")
    window.page.get_by_role("textbox", name="Key").fill("the key")
    window.page.get_by_role("button", name="Use it").click()
    expect(window.page.locator(".flow")).to_be_visible()
    window.see("files")
    expect(window.page.get_by_role("dialog")).to_have_count(0)


def test_a_hidden_tab_asks_for_nothing_and_looks_at_once_when_it_is_seen_again(browser: Browser, url: str) -> None:
    context, watched = opened(browser, url)
    page, asked = watched.page, "**/api/overview"
    page.clock.install()
    watched.see("")
    with page.expect_response(asked):
        page.clock.run_for(60_000)
    _turn(page, hidden=True)
    heard: list[str] = []
    page.on("request", lambda request: heard.append(request.url))
    page.clock.run_for(3_600_000)
    assert heard == []
    with page.expect_response(asked):
        _turn(page, hidden=False)
    context.close()


def _turn(page: Page, *, hidden: bool) -> None:
    """Have the page think that its tab is in front, or not, which no browser without a window tells."""
    hides = "hidden => { Object.defineProperty(document, 'hidden', {configurable: true, get: () => hidden}); "
    page.evaluate(hides + "document.dispatchEvent(new Event('visibilitychange')); }", hidden)
