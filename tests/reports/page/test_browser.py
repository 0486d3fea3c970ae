"""The page in a real browser: everything embedded is shown, and it fits a phone."""

from __future__ import annotations

import shutil

import pytest

from reports.render import render
from runners.store.grid import GridStore

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_the_page_shows_every_figure_and_needs_nothing_else(tiny, trained, tmp_path) -> None:
    from playwright.sync_api import sync_playwright

    grid, spec = GridStore(tmp_path), tiny()
    grid.write_plan("g", {spec.run_id: spec.as_dict})
    trained(spec)
    page_file = render(tmp_path)
    requests, errors = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.set_default_timeout(600_000)  # of what hangs, not of what is slow
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(page_file.as_uri())
        loaded = page.evaluate(
            "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
        )
        count = page.evaluate("document.images.length")
        fits = []
        for width in (1200, 400):
            page.set_viewport_size({"width": width, "height": 900})
            fits.append(page.evaluate("document.body.scrollWidth <= window.innerWidth"))
        browser.close()
    assert loaded
    assert count >= 10
    assert fits == [True, True]
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
