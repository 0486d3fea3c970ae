"""What the code has and docs/ must tell: what is added without its words fails, and says where."""

from __future__ import annotations

import re

import doc_pages
import generated
import pytest
import yaml
from blocks_of_page import BLOCKS, NO_PICTURE, TABLES
from caveats import CAVEATS
from component_pages import papers
from doc_pages import ROOT

from bench import grid
from bench.reference import sections
from reports.page.sections import DRAWINGS, PARTS, Block
from reports.page.sections import TABLES as SHOWN
from runners.failures import FAILURES
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.metrics import METRICS

PICTURES = ROOT / "docs" / "pictures"
REST = {
    "base": "base: {dataset: digits, steps: 10}\n",
    "methods": "methods: [none, weight_clipping, spectral_norm]\n",
    "seeds": "seeds: 2\n",
}
"""What a piece of a grid file in a page leaves out."""
METHOD_PAGES = ("README.md", "docs/extending.md")
FORMULA = re.compile(r"[|*^/(<]")


def test_every_method_has_a_formula_and_a_paper() -> None:
    others = {name: method for name, method in METHODS.items() if name != "none"}
    formulas = [name for name, method in others.items() if not FORMULA.search(method.summary)]
    assert not formulas, "write the method's formula into its summary"
    unsourced = [name for name, method in others.items() if not papers(method)]
    assert not unsourced, "name the paper as 'arXiv 1234.56789' in the docstring of its file"


def test_every_loss_names_its_paper() -> None:
    unsourced = [name for name, loss in LOSSES.items() if "arXiv" not in loss.summary]
    assert not unsourced, "name the paper as 'arXiv 1234.56789' in the loss's summary"


def test_every_metric_has_caveats() -> None:
    assert METRICS.keys() == CAVEATS.keys(), "write them into docs/generate/caveats.py"


def test_every_block_and_table_of_the_report_has_words() -> None:
    blocks = {part.key for part in PARTS if isinstance(part, Block)}
    assert blocks == BLOCKS.keys(), "write them into BLOCKS of docs/generate/blocks_of_page.py"
    bare = {key for key, table in SHOWN.items() if not (table.title or table.folded)}
    assert bare == TABLES.keys(), "name them in TABLES of docs/generate/blocks_of_page.py"
    mute = [key for key in bare if not (TABLES[key][1] or SHOWN[key].explanation)]
    assert not mute, "say what they show in TABLES of docs/generate/blocks_of_page.py"


def test_every_figure_of_the_report_has_a_picture_or_a_reason_for_none() -> None:
    there = {file.stem for file in PICTURES.glob("*.png")} - {"report", "run-page"}
    told = "make it by docs/generate/pictures.py, or say why not in NO_PICTURE of blocks_of_page.py"
    assert DRAWINGS.keys() - there == NO_PICTURE.keys(), told
    assert there <= DRAWINGS.keys(), "pictures of figures that are no more"


def test_pictures_stay_small() -> None:
    assert sum(file.stat().st_size for file in PICTURES.iterdir()) < 2_500_000
    assert (PICTURES / "report.png").stat().st_size < 250_000


def test_every_mark_of_a_page_is_made_and_every_part_has_its_page() -> None:
    marks = [
        mark for page in doc_pages.pages() for mark in generated.MARK.findall(page.read_text())
    ]
    assert sorted(marks) == sorted(generated.PARTS)


def test_every_key_and_parameter_is_in_a_page() -> None:
    text = "\n".join(make() for make in generated.PARTS.values())
    lost = [
        (each.title, key) for each in sections() for key in each.keys if f"| `{key}` |" not in text
    ]
    assert not lost


def test_the_report_page_tells_every_figure_and_table_in_the_words_of_the_page() -> None:
    text = generated.PARTS["report"]()
    for part in (*DRAWINGS.values(), *SHOWN.values()):
        assert not part.title or f"### {part.title}" in text
    assert text.count("](pictures/") == len(DRAWINGS) - len(NO_PICTURE) + 1  # and a run's page


def test_every_failure_is_told_with_its_thresholds() -> None:
    text = generated.PARTS["failures"]()
    assert all(f"## {failure.title}\n" in text for failure in FAILURES.values())


def test_links_between_pages_lead_somewhere() -> None:
    for page in doc_pages.pages():
        for file, anchor in doc_pages.links(page):
            assert file.exists(), f"{page.name} links to {file}"
            if anchor and file.suffix == ".md":
                assert anchor in doc_pages.anchors(file), f"{page.name} links to #{anchor}"


@pytest.mark.parametrize("name", ["grid-files.md", "tuning.md"])
def test_every_piece_of_a_grid_file_in_a_page_is_one(name, tmp_path) -> None:
    pieces = doc_pages.fenced(ROOT / "docs" / name, "yaml")
    assert pieces
    for piece in pieces:
        keys = yaml.safe_load(piece)
        file = tmp_path / "piece.yaml"
        file.write_text(piece + "".join(line for key, line in REST.items() if key not in keys))
        assert grid.load(file).specs


def test_the_readme_and_the_docs_have_one_example_of_a_method() -> None:
    readme, page = (doc_pages.fenced(ROOT / name, "python")[0] for name in METHOD_PAGES)
    assert readme == page
