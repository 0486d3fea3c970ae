"""Points in the plane: an MLP without conv layers, D's surface, and the newer metrics."""

import pytest

from reports.load.loader import load
from reports.page.html import page
from reports.page.sections import DRAWINGS, SECTIONS
from reports.stats.numbers import compute
from reports.tables import summary as tables
from reports.tables.descriptions import description_table
from reports.tables.later import later_tables
from reports.tables.over_training import course_table
from runners.store.grid import GridStore

HEADERS = ["FID coordinates ↓", "KID coordinates ↓", "precision coordinates ↑",
           "modes hit coordinates ↑"]  # fmt: skip
OF_IMAGES = ("split-curves", "samples-over-training")
OF_TUNING = [
    p.key for s in SECTIONS if s.anchor in ("tuning", "times") for p in s.parts if p.key in DRAWINGS
]
OF_SETTINGS = ["settings-heat-map", "setting-curves", "sweeps"]


@pytest.fixture(scope="module")
def numbers(toys, numbers_of):
    return numbers_of(toys)


@pytest.fixture
def figures(numbers_of):
    return lambda key, results: DRAWINGS[key].figures(results, numbers_of(results))


ELSEWHERE = (*OF_IMAGES, *OF_TUNING, *OF_SETTINGS)


@pytest.mark.parametrize("key", [key for key in DRAWINGS if key not in ELSEWHERE])
def test_every_figure_shows_something(toys, key, figures):
    (figure,) = (figure for _, figure in figures(key, toys))
    figure.draw_without_rendering()
    assert all(ax.has_data() for ax in figure.axes if ax.axison)


@pytest.mark.parametrize("key", ["singular-values", "spreads"])
def test_spectra_are_of_linear_layers_but_the_head(toys, key, figures):
    ((_, figure),) = figures(key, toys)
    names = [ax.get_title() + ax.get_ylabel() for ax in figure.axes]
    shown = {name for name in ("linear 0", "linear 2", "linear 4") if name in " ".join(names)}
    assert shown == {"linear 0", "linear 2"}


def test_every_score_has_a_header_with_its_extractor(toys, numbers):
    table = tables.summary_table(toys, numbers)
    finals = [column for column in table if "final median" in column]
    assert finals == [f"{header} final median [min, max]" for header in HEADERS]
    courses = course_table(toys, numbers)
    assert all("FID coordinates" in column for column in courses if "FID" in column)
    assert "mean FID coordinates over training" in courses


def test_every_score_is_compared(numbers):
    assert set(numbers.pairs["metric"]) == {"fid", "kid", "precision", "modes"}
    assert numbers.pairs[["p_flip", "p_mann_whitney"]].stack().between(0, 1).all()


def test_what_describes_samples_is_in_a_table_of_its_own(toys, numbers):
    table = description_table(toys, numbers)
    assert list(table.columns) == [
        "method", "runs", "recall coordinates ↑, median [min, max]",
        "share within 3 std of a mode coordinates ↑, median [min, max]",
    ]  # fmt: skip


def test_floors_at_the_runs_own_number_are_dotted_lines(write_grid, make_spec):
    spec = make_spec("none", 0, dataset="gaussians25", model={"name": "mlp", "latent": 2})
    results = load(write_grid([spec], held_out=2500))
    figure = DRAWINGS["scores"].draw(results, compute(results))
    assert figure is not None
    for ax in figure.axes:
        assert len([line for line in ax.lines if line.get_linestyle() == ":"]) == 1
    (legend,) = figure.legends
    assert "held-out real data (at n = 2500)" in [t.get_text() for t in legend.get_texts()]
    kid = figure.axes[1]
    assert kid.get_yscale() == "linear", "an unbiased distance may be negative"


def test_floors_of_another_number_are_not_drawn(toys, numbers_of):
    figure = DRAWINGS["scores"].draw(toys, numbers_of(toys))
    assert figure is not None
    assert not [line for ax in figure.axes for line in ax.lines if line.get_linestyle() == ":"]


def test_surfaces_have_one_panel_per_method_at_one_scale_of_the_plane(toys, figures):
    ((_, figure),) = figures("surfaces", toys)
    panels = [ax for ax in figure.axes if ax.get_title()]
    said = [f"{method}\nseed 0, step 1000" for method in toys.methods]
    assert [ax.get_title() for ax in panels] == said
    for ax in panels:
        assert (ax.get_xlim(), ax.get_ylim()) == ((-1.5, 1.5), (-1.5, 1.5))
        assert ax.get_aspect() == 1


def test_an_unreadable_surface_is_said(write_grid, make_spec, figures, seal):
    plane = {"dataset": "gaussians25", "model": {"name": "mlp", "latent": 2}}
    spec = make_spec("none", 0, **plane)
    folder = write_grid([spec])
    GridStore(folder).run(spec.run_id).surface_file.write_bytes(b"no arrays")
    ((_, figure),) = figures("surfaces", load(seal(folder)))
    assert "cannot be read" in figure.axes[0].texts[0].get_text()


def test_images_have_no_section_of_surfaces(mixed, numbers_of):
    assert 'id="surfaces"' not in page(mixed, numbers_of(mixed), [])


def test_later_scorings_are_tables_of_their_own(write_grid, make_spec, seal):
    specs = [make_spec("none", seed) for seed in range(2)]
    folder = write_grid(specs)
    for seed, spec in enumerate(specs):
        store = GridStore(folder).run(spec.run_id)
        rows = [
            {"step": 1000, "kid": 9.0, "kid_std": 0.1, "recall": 0.5, "protocol": "inception-v3-a"},
            {"step": 1000, "kid": 0.25, "kid_std": 0.1, "recall": 0.5,
             "protocol": "inception-v3-a"},
            {"step": 1000, "fid": 7.0 + seed, "protocol": "digits-cnn-b/ref-train-9/gen-500"},
        ]  # fmt: skip
        store.append("evals", rows)
    results = load(seal(folder))
    later = later_tables(results, compute(results))
    assert list(later) == ["inception-v3-a", "digits-cnn-b/ref-train-9/gen-500"]
    first, second = (table.to_dict("records") for table in later.values())
    assert first == [{
        "method": "none", "runs": "2",
        "KID inception-v3-a ↓ median [min, max]": "0.250 [0.250, 0.250]",
        "recall inception-v3-a ↑ median [min, max]": "0.500 [0.500, 0.500]",
    }]  # fmt: skip
    assert second[0]["FID digits-cnn-b ↓ median [min, max]"] == "7.50 [7.00, 8.00]"
    assert set(results.scores["protocol"]) == {"digits-cnn-1a2b3c4d/ref-train-1437/gen-2000"}
    assert 'id="later"' in page(results, compute(results), [])


def test_no_later_scoring_no_section(mixed, numbers_of):
    assert later_tables(mixed, numbers_of(mixed)) == {}
    assert 'id="later"' not in page(mixed, numbers_of(mixed), [])
