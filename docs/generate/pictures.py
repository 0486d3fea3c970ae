"""Make the pictures of the pages again: `python docs/generate/pictures.py RESULTS...`.

Every figure of the report is taken from the first of the results folders that has it as one
figure; its page, and that of a run, are what Chromium shows of the first folder.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from reports.choice import Choice
from reports.page.sections import DRAWINGS
from reports.render import render

PICTURES = Path(__file__).parents[1] / "pictures"
COLOURS = 128  # of an image's palette: lines and text look the same, at a third of the bytes
HEIGHT = 1215
SHOTS = {"report": ("index.html", 1240), "run-page": ("pages/*.html", 1000)}
"""Picture -> (page, width of the window in pixels); of several pages the last."""


def main(folders: list[Path]) -> None:
    """Write all pictures.

    Args:
        folders: results of grids, the one whose page is shown first.
    """
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        pages = [
            render(folder, Path(work) / str(place), choice=Choice(formats=("png",))).parent
            for place, folder in enumerate(folders)
        ]
        for key in DRAWINGS:
            files = [file for page in pages for file in page.glob(f"figures/??-{key}.png")]
            if files:
                _write(key, Image.open(files[0]))
        _screenshots(pages[0])


def _write(name: str, image: Image.Image) -> None:
    small = image.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    small.save(PICTURES / f"{name}.png", optimize=True)


def _screenshots(report: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, (pattern, width) in SHOTS.items():
            page: Any = browser.new_page(viewport={"width": width, "height": HEIGHT})
            page.goto(sorted(report.glob(pattern))[-1].as_uri())
            page.wait_for_load_state()
            _write(name, Image.open(io.BytesIO(page.screenshot())))
        browser.close()


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
