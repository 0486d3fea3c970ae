"""Tables in a real browser: sorted and filtered by keyboard alone, and read on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from reports.load.loader import load
from reports.page.html import page as page_of
from runners.files import read_json, write_json
from runners.store.grid import GridStore

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
HOSTILE = (
    "<img src=x onerror=\"document.title='run'\"></script><script>document.title='run'</script>"
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(mixed, numbers_of, tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("page") / "index.html"
    file.write_text(page_of(mixed, numbers_of(mixed), []), encoding="utf-8")
    return file.as_uri()


@pytest.fixture
def opened(browser, file) -> Iterator[Any]:
    """Open the page at a width; what it says on the console, or asks for, fails the test."""
    said: list[str] = []

    def at(width: int, address: str = file) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_default_timeout(600_000)  # of what hangs, not of what is slow
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.goto(address)
        said.remove(address)
        return page

    yield at
    assert said == []


def _column(page: Any, key: str, place: int) -> list[str]:
    cells = page.locator(f"#{key}-table tbody tr:not([hidden]) td:nth-child({place + 1})")
    return cells.all_inner_texts()


def _until(page: Any, condition: str) -> None:
    while not page.evaluate(condition):  # the page allows no other script than its own to wait
        page.wait_for_timeout(20)


def _focus_is_seen(page: Any) -> bool:
    return page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_table_is_sorted_by_keyboard_as_numbers_with_failures_last(opened) -> None:
    page = opened(1200)
    head = page.locator("#courses-table th", has_text="final FID digits-cnn / best")
    place = head.evaluate("node => node.cellIndex")
    before = _column(page, "courses", place)
    page.locator("#courses-table").locator("xpath=preceding-sibling::div[1]//input").focus()
    for _ in range(place + 2):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "scroll":
            page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('th')?.cellIndex") == place:
            break
    assert _focus_is_seen(page)
    shown = [before]
    for key, way in (("Enter", "ascending"), ("Space", "descending"), ("Enter", "none")):
        page.keyboard.press(key)
        assert head.get_attribute("aria-sort") == way
        shown.append(_column(page, "courses", place))
    up, down = (
        [float(text) for text in texts if text[0].isdigit()] for texts in (shown[1], shown[2])
    )
    assert up == sorted(up)
    assert down == up[::-1]
    assert shown[3] == before
    missing = [text for text in before if not text[0].isdigit()]
    assert shown[1][len(up) :] == shown[2][len(up) :] == missing


def test_cells_with_an_interval_sort_by_their_value(opened) -> None:
    page = opened(1200)
    page.locator("#summary-table th button", has_text="FID digits-cnn ↓ final").click()
    values = [float(text.split()[0]) for text in _column(page, "summary", 1) if text[0].isdigit()]
    assert len(values) == 6
    assert values == sorted(values)
    assert [text.split()[0] for text in _column(page, "summary", 1)] != sorted(map(str, values))


def test_a_filter_counts_what_is_shown_and_what_failed_among_the_rest(opened) -> None:
    page = opened(1200)
    tools = page.locator("#summary-table").locator("xpath=preceding-sibling::div[1]")
    count = tools.locator(".count")
    assert count.inner_text() == "6 of 6 shown"
    tools.locator("input").focus()
    assert _focus_is_seen(page)
    page.keyboard.type("Spectral_norm")
    assert count.inner_text() == "1 of 6 shown; 3 of those hidden tell of failures"
    assert count.get_attribute("role") == "status"
    assert _column(page, "summary", 0) == ["spectral_norm"]
    for _ in range(20):
        page.keyboard.press("Backspace")
    assert count.inner_text() == "6 of 6 shown"


def test_on_a_phone_scores_come_first_and_a_hint_says_that_there_is_more(opened) -> None:
    page = opened(420)
    assert page.evaluate("document.body.scrollWidth <= innerWidth")
    head = page.locator("#summary-table th", has_text="FID digits-cnn ↓ final")
    box = head.bounding_box()
    assert box["x"] + box["width"] <= 420, "the first score is in sight"
    table = page.locator("#summary-table")
    hint = table.locator("xpath=preceding-sibling::p[1]")
    assert hint.is_visible()
    table.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    _until(page, "document.querySelector('#summary-table').scrollLeft > 0")
    first = page.locator("#summary-table tbody tr td").first.bounding_box()
    assert first["x"] >= 0, "the names of rows stay in sight"
    page.set_viewport_size({"width": 3000, "height": 900})
    page.evaluate("document.querySelector('main').style.maxWidth = 'none'")
    _until(page, "document.querySelectorAll('.hint:not([hidden])').length === 0")
    assert table.get_attribute("tabindex") is None


def test_nothing_that_a_store_holds_is_run(opened, write_grid, make_spec, seal, tmp_path) -> None:
    from reports.stats.numbers import compute

    specs = [make_spec(m, 0) for m in ("none", "weight_norm")]
    folder = write_grid(specs)
    grid = GridStore(folder)
    plan = read_json(grid.plan_file)
    write_json(grid.plan_file, plan | {"name": HOSTILE, "description": HOSTILE})
    for spec in specs:
        rows = grid.run(spec.run_id).rows_file("scores")
        rows.write_text(rows.read_text().replace("digits-cnn-1a2b3c4d", "<b onclick=x>'-1a2b3c4d"))
    results = load(seal(folder))
    text = page_of(results, compute(results), [])
    (tmp_path / "p.html").write_text(text, encoding="utf-8")
    page = opened(1200, (tmp_path / "p.html").as_uri())
    assert page.title() != "run"
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator("main img, b").count() == 0
    assert page.locator("script").count() == 1, "the page's own"
