"""Strings of a store that want to run: wherever a report takes one, its pages show it as text."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.choice import Choice
from reports.load.loader import load
from reports.render import render
from reports.render_several import render_several
from runners.errors import StoreProblem, UserProblem
from runners.store.states import State

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
EVIL = (
    "</script><script>window.ran = 1</script><img src=x onerror='window.ran = 2'>"
    "<svg onload='window.ran = 3'>\"' onfocus=window.ran=4 autofocus x=\"<!--{{7*7}}$\\frac{"
)
PLAN, SPEC = "grid.json", "spec.json"
Place = tuple[str, ...]


def _documents(file: Path) -> list[Any]:
    text = file.read_text()
    return [json.loads(one) for one in (text.splitlines() if _rows(file) else [text])]


def _rows(file: Path) -> bool:
    return file.suffix == ".jsonl"


def _places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Yield where strings stand, items of lists and runs of a plan being one place."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _places(one, (*above, "*" if above == ("runs",) else key))
    elif isinstance(value, list):
        for one in value:
            yield from _places(one, (*above, "*"))
    elif isinstance(value, str):
        yield above


def _with_evil(value: Any, place: Place) -> Any:
    if not place:
        return value + EVIL if isinstance(value, str) else value
    head, *rest = place
    if isinstance(value, dict):
        return {
            key: _with_evil(one, tuple(rest)) if head in ("*", key) else one
            for key, one in value.items()
        }
    return [_with_evil(one, tuple(rest)) for one in value] if isinstance(value, list) else value


def _write(file: Path, documents: list[Any]) -> None:
    lines = [json.dumps(one) for one in documents]
    file.write_text("\n".join(lines) + "\n" * _rows(file))


def _states(folder: Path) -> list[str] | None:
    """Return what became of the runs, None where a report is refused."""
    try:
        return load(folder).runs["state"].to_list()
    except (StoreProblem, UserProblem):
        return None


def _put(files: list[Path], place: Place) -> dict[Path, str]:
    """Put the string at a place of files, and return their content before."""
    before = {file: file.read_text() for file in files}
    for file in files:
        planned = file.name == PLAN and any(one.name == SPEC for one in files)
        inside = ("runs", "*", *place) if planned else place
        _write(file, [_with_evil(one, inside) for one in _documents(file)])
    return before


def _spoil(folder: Path, seal: Callable[[Path], Path]) -> list[str]:
    """Put the string wherever it may stand without a run being taken for damaged; return where."""
    states, taken = _states(folder), []
    for name in sorted({file.name for file in folder.rglob("*.json*")}):
        files = list(folder.rglob(name))
        places = dict.fromkeys(p for f in files for one in _documents(f) for p in _places(one))
        files += [folder / PLAN] if name == SPEC else []  # which must be as planned
        for place in places:
            before = _put(files, place)
            if _states(seal(folder)) == states:
                taken.append(f"{name}: {'.'.join(place)}")
                continue
            for file, text in before.items():
                file.write_text(text)
    seal(folder)
    return taken


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
@pytest.mark.filterwarnings("ignore:constrained_layout")  # such names leave figures no room
def test_a_string_in_any_field_of_a_store_is_shown_and_never_run(
    write_grid, make_spec, seal, tmp_path
) -> None:
    from playwright.sync_api import sync_playwright

    specs = [make_spec(name, seed) for name in ("none", "spectral_norm") for seed in range(3)]
    ends = {("none", 1): State.DIVERGED, ("none", 2): State.CRASHED}
    folders = [tmp_path / name for name in ("new", "old")]
    shutil.copytree(write_grid(specs, splits=True, states=ends), folders[0])
    taken = _spoil(folders[0], seal)
    assert len(taken) >= 30, "or this test has become blind"
    damaged = next(folders[0].glob("runs/*spectral_norm*s0*/status.json"))
    _put([damaged], ("state",))
    shutil.copytree(folders[0], folders[1])
    page = render(folders[0])
    compared = render_several(folders, tmp_path / "compared", False, Choice()).page
    errors, asked = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page()
        tab.set_default_timeout(600_000)  # of what hangs, not of what is slow
        tab.on("console", lambda message: errors.append(message.text))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        for file in (page, compared, *sorted(page.parent.glob("pages/*.html"))):
            tab.goto(file.as_uri())
            assert tab.evaluate("window.ran") is None, file
            assert tab.locator("img[src=x], [onload], [onerror], [onfocus]").count() == 0, file
            assert "window.ran = 1" in tab.locator("body").inner_text(), "and it is shown"
        browser.close()
    assert errors == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
