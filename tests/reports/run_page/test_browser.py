"""A run's page in a real browser: curves, a slider moved by keys, strings that want to run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.folder import ReportFolder
from reports.load.loader import load
from reports.run_page.pages import run_pages
from runners.files import read_json, write_json
from runners.store.grid import GridStore
from runners.store.run import EVALS
from runners.store.states import State, Status

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")

EVIL = (
    "</script><script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
    "<svg onload='window.ran = 3'>\"' onfocus=window.ran=4 autofocus x=\"<!--<script>{{7*7}}\u2028"
)


class Browser:
    """A page of headless Chromium that notes what went wrong, and what was asked for."""

    def __init__(self, page: Any) -> None:
        self.page, self.errors, self.requests = page, [], []
        page.set_default_timeout(600_000)  # of what hangs, not of what is slow
        page.on("console", lambda message: self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, file: Path) -> Any:
        self.page.goto(file.as_uri())
        return self.page

    def asked(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:"))]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])


@pytest.fixture
def browser(chromium, request) -> Browser:
    look = getattr(request, "param", {})
    context = chromium.new_context(viewport={"width": look.get("width", 1200), "height": 900},
                                   color_scheme=look.get("scheme", "light"))  # fmt: skip
    return Browser(context.new_page())


def pages_of(folder: Path, out: Path) -> Path:
    place = ReportFolder(out, given=True)
    place.prepare()
    place.replace(run_pages(load(folder), GridStore(folder)).files)
    return out / "pages"


LOOKS = [{"width": 1200, "scheme": "light"}, {"width": 420, "scheme": "dark"}]


@pytest.mark.parametrize("browser", LOOKS, indirect=True, ids=["wide", "phone"])
def test_a_page_shows_all_that_the_run_has(browser, mixed_folder, tmp_path) -> None:
    folder = pages_of(mixed_folder, tmp_path)
    for run in load(mixed_folder).runs.drop_duplicates("state").itertuples():
        page = browser.open(folder / f"{run.run_id}.html")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        drawn = page.evaluate("[...document.querySelectorAll('main figure')].length")
        shown = page.evaluate("document.getElementById('picture').naturalWidth")
        assert (drawn > 15, shown > 0) == ((run.state != State.MISSING),) * 2
        assert "NaN" not in page.content()
    assert browser.errors == []
    assert browser.asked() == []


def test_the_slider_is_moved_by_keys_and_everything_follows(
    browser, mixed_folder, tmp_path
) -> None:
    run = next(r for r in load(mixed_folder).runs.itertuples() if r.state == "finished")
    store = GridStore(mixed_folder).run(run.run_id)
    page = browser.open(pages_of(mixed_folder, tmp_path) / f"{run.run_id}.html")
    rows = {row["step"]: row for row in store.rows("scores")}

    def said() -> tuple[str, str, str]:
        fid = page.locator("#scores figure", has_text="FID").locator("span > b").first
        spectrum = page.locator("#spectra span > b").first
        return page.locator("#looked").inner_text(), fid.inner_text(), spectrum.inner_text()

    while not page.evaluate("document.activeElement.id === 'step'"):
        page.keyboard.press("Tab")
    for key, step in (("", 1000), ("ArrowLeft", 750), ("Home", 0), ("ArrowRight", 250)):
        if key:
            page.keyboard.press(key)
        fid = float(f"{rows[step]['fid']:.3g}")
        assert said() == (f"Step {step}", f"{fid:g}", str(step))
    assert page.locator("#step").get_attribute("aria-valuetext") == "step 250"
    page.keyboard.press("Shift+Tab")  # the last rival
    page.keyboard.press("Enter")
    page.wait_for_url("**/digits-weight_norm-*")
    assert browser.errors == []


def test_hostile_strings_in_every_field_of_a_store_run_nothing(
    browser, write_grid, make_spec, tmp_path, seal
) -> None:
    specs = [make_spec(name, 0) for name in ("none", "spectral_norm", "weight_norm")]
    folder = write_grid(
        specs, states={("none", 0): State.CRASHED, ("weight_norm", 0): State.MISSING}
    )
    grid = GridStore(folder)
    crashed, finished, missing = map(grid.run, grid.planned())
    crashed.write_status(Status(State.CRASHED, step=5, reason=EVIL, traceback=EVIL))
    crashed.note({"step": 1, "event": EVIL, "reason": EVIL, "time": 0})
    spectra = [row | {"layer": EVIL, "kind": EVIL} for row in finished.rows("spectra")]
    finished.rows_file("spectra").unlink()
    finished.append("spectra", spectra)
    finished.append(EVALS, [finished.rows("scores")[-1] | {"protocol": EVIL, EVIL: 1.0}])
    metrics = [row | {EVIL: 2.0} for row in finished.rows("metrics")]
    finished.rows_file("metrics").unlink()
    finished.append("metrics", metrics)
    write_json(finished.proof_file, {EVIL: EVIL, "cpu": EVIL, "device": EVIL, "host": EVIL})
    (finished.samples_folder / f"step-{EVIL[:1]}.png").write_text(EVIL)
    finished.sample_grid_file(1000).write_text(EVIL)
    plan = read_json(grid.plan_file)
    strange = {"name": EVIL, EVIL: EVIL}
    plan["runs"][missing.run_id] |= {"method": strange, "plugins": [f"{EVIL}.py@{EVIL}"]}
    scored = {"title": EVIL, "lower_is_better": True, "ranks": True}
    columns = [scored | {"name": name} for name in ("fid", EVIL)]
    plan |= {"name": EVIL, "description": EVIL, "columns": columns}
    write_json(grid.plan_file, plan)
    pages = pages_of(seal(folder), tmp_path / "r")
    for store in (crashed, finished, missing):
        page = browser.open(pages / f"{store.run_id}.html")
        page.mouse.wheel(0, 2000)
        assert page.evaluate("window.ran") is None
        assert page.evaluate("document.scripts.length") == 2
        assert page.evaluate("document.querySelectorAll('main img, header img').length") == 1
        assert page.locator("h1").inner_text().startswith(("none", "spectral", "</script>"))
    assert browser.asked() == []
    assert browser.errors == []
