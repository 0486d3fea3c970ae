"""Several grids to one page: where it goes, what is in it, and that its strings run nothing."""

import re
import shutil

import pytest

from reports.choice import Choice
from reports.page.sections import DRAWINGS, SECTIONS, TABLES
from reports.render_several import beside, render_several
from runners.errors import UserProblem
from runners.files import read_json, write_json

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EVIL = "</script><script>window.ran = 1</script><img src=x onerror='window.ran = 2'>|{{7*7}}"


@pytest.fixture
def grids(mixed_folder, tmp_path):
    """Two copies of one grid, beside each other."""
    for name in ("old", "new"):
        shutil.copytree(mixed_folder, tmp_path / name, ignore=shutil.ignore_patterns("report"))
    return [tmp_path / "old", tmp_path / "new"]


def compared(grids, out=None, keys=(), **more):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reports.render_several.DRAWINGS", {key: DRAWINGS[key] for key in keys})
        return render_several(grids, out or beside(grids[0], grids), False, Choice(), **more)


@pytest.mark.slow
def test_it_goes_beside_the_first_grid_and_into_none(grids, tmp_path):
    done = compared(grids)
    assert done.page == tmp_path / "compared/old_new/index.html"
    assert sorted(file.name for file in (done.page.parent / "tables").iterdir()) == [
        "across.csv", "across.md", "across.tex"
    ]  # fmt: skip
    assert not (tmp_path / "old/report").exists()
    assert not (tmp_path / "new/report").exists()
    first, *signed = done.lines
    assert first.startswith("No regression: nothing of new was found worse than old")
    assert len(signed) == 5  # both grids have one name and the same runs: the same signatures
    assert compared(grids).page.read_bytes() == done.page.read_bytes()


@pytest.mark.parametrize("inside", ["report", "report/deeper", "", "runs"])
def test_a_folder_of_one_of_the_grids_is_refused(grids, inside):
    with pytest.raises(UserProblem, match="which is for new alone; choose a folder outside of it"):
        compared(grids, grids[1] / inside)
    assert not (grids[1] / "report").exists()


def test_what_each_page_has_stands_there_for_each_grid(grids):
    text = compared(grids).page.read_text()
    for section in SECTIONS:
        for part in section.parts:
            sides = text.count(f'id="{part.key}-1-table"') + text.count(f'id="{part.key}-2-table"')
            assert sides in ((0, 2) if part.key in TABLES else (0,)), part.key
    assert text.count('id="summary-1-table"') == text.count('id="summary-2-table"') == 1
    ids = re.findall(r'id="([^"]+)"', text)
    assert len(ids) == len({*ids})


def test_a_wrong_margin_writes_nothing(grids, tmp_path):
    with pytest.raises(UserProblem, match="--margin"):
        compared(grids, margin="ten")
    assert not (tmp_path / "compared").exists()


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_in_a_browser_it_shows_both_and_runs_no_string_of_a_store(grids, seal):
    from playwright.sync_api import sync_playwright

    plan = read_json(grids[1] / "grid.json")
    write_json(grids[1] / "grid.json", plan | {"name": EVIL, "description": EVIL})
    seal(grids[1])
    page_file = compared(grids, keys=["final-scores"]).page
    errors, requests = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 420, "height": 900}, color_scheme="dark")
        page.set_default_timeout(600_000)  # of what hangs, not of what is slow
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(page_file.as_uri())
        shown, fits, ran = page.evaluate(
            "[[...document.images].filter(i => i.naturalWidth > 0).length,"
            " document.body.scrollWidth <= window.innerWidth, window.ran || null]"
        )
        first = page.locator("#across-1-table th button").first
        first.focus()
        page.keyboard.press("Enter")  # tables are sorted here too
        ordered = page.locator("#across-1-table th").first.get_attribute("aria-sort")
        browser.close()
    assert (shown, fits, ran, errors) == (2, True, None, [])
    assert ordered == "ascending"
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
