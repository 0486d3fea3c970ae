"""The site: built without a warning, and read in a real browser without anything from elsewhere."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from doc_pages import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LOADED = "[...document.images].every(image => image.complete && image.naturalWidth > 0)"
FITS = "document.documentElement.scrollWidth <= window.innerWidth"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not importlib.util.find_spec("sphinx"), reason="no Sphinx: .[docs]"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the pages."""
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return out


def test_every_page_is_in_the_navigation_and_no_mark_is_left(site) -> None:
    index = (site / "index.html").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f'href="{page.stem}.html"' in index or page.stem == "index"
        assert "generate:" not in (site / f"{page.stem}.html").read_text()


@pytest.fixture(scope="module")
def browser(site) -> Any:
    """A browser that reads the pages without a server."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (420, "dark")])
def test_pages_load_nothing_from_elsewhere_and_fit(site, browser, width, scheme) -> None:
    page, told = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme), []
    page.set_default_timeout(600_000)  # of what hangs, not of what is slow
    page.on("request", lambda request: told.append(request.url))
    page.on("console", lambda message: told.append(message.text))
    page.on("pageerror", lambda error: told.append(str(error)))
    for file in sorted(site.glob("*.html")):
        page.goto(file.as_uri())
        assert page.evaluate(LOADED), f"a picture of {file.name} is missing"
        assert page.evaluate(FITS), f"{file.name} is wider than {width} pixels"
    page.close()
    assert [each for each in told if not each.startswith(("file:", "data:"))] == []


def test_the_search_finds_a_method_without_a_server(site, browser) -> None:
    page = browser.new_page()
    page.set_default_timeout(600_000)
    page.goto(f"{(site / 'search.html').as_uri()}?q=dragan")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    page.close()
    assert any("methods.html" in address for address in found)
