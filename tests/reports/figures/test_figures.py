import dataclasses
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import seaborn as sns
import torch
from matplotlib.image import imread

from reports.figures import panels, style
from reports.load.loader import load
from reports.page.sections import DRAWINGS, SECTIONS
from reports.stats.numbers import compute
from runners.store.states import State

OF_TUNING = [
    p.key for s in SECTIONS if s.anchor in ("tuning", "times") for p in s.parts if p.key in DRAWINGS
]
OF_SETTINGS = ["settings-heat-map", "setting-curves", "sweeps"]
NOT_ALWAYS = ("surfaces", "split-curves", *OF_TUNING, *OF_SETTINGS)
OF_IMAGES = [key for key in DRAWINGS if key not in NOT_ALWAYS]


@pytest.fixture(scope="module")
def missing(write_grid, make_spec):
    return load(write_grid([make_spec("none", 0)], states={("none", 0): State.MISSING}))


@pytest.fixture
def figures(numbers_of):
    return lambda key, results: DRAWINGS[key].figures(results, numbers_of(results))


@pytest.fixture
def drawn(numbers_of):
    def draw(key, results):
        figure = DRAWINGS[key].draw(results, numbers_of(results))
        assert figure is not None
        return figure

    return draw


@pytest.mark.parametrize("key", OF_IMAGES)
def test_every_figure_shows_something(mixed, key, figures):
    (figure,) = (figure for _, figure in figures(key, mixed))
    assert all(ax.has_data() for ax in figure.axes if ax.axison)


@pytest.mark.parametrize("key", OF_TUNING)
def test_every_figure_of_a_tuned_grid_shows_something(tuned, mixed, key, figures):
    (figure,) = (figure for _, figure in figures(key, tuned))
    assert all(ax.has_data() for ax in figure.axes if ax.axison)
    figure.draw_without_rendering()
    assert list(figures(key, mixed)) == []


@pytest.mark.parametrize("key", OF_SETTINGS)
def test_every_figure_of_a_swept_grid_shows_something(swept, mixed, key, figures):
    (figure,) = (figure for _, figure in figures(key, swept))
    assert all(ax.has_data() for ax in figure.axes if ax.axison)
    figure.draw_without_rendering()
    assert list(figures(key, mixed)) == []


@pytest.mark.parametrize("key", DRAWINGS)
def test_no_figure_without_a_run_but_the_outcomes(missing, key, figures):
    assert len(list(figures(key, missing))) == (key == "outcomes")


def test_figures_of_what_older_rows_lack_are_left_out(old, figures):
    absent = [key for key in DRAWINGS if not list(figures(key, old))]
    images = ["surfaces", "split-curves", "descriptions"]
    diagnosed = ["separations", "norms", "bounds"]
    assert absent == [*OF_TUNING, *images, *OF_SETTINGS, *diagnosed]


def _drawn_at(figure, marker):
    lines = [line for ax in figure.axes for line in ax.lines if line.get_marker() == marker]
    return np.concatenate([line.get_xdata() for line in lines])


def test_norms_stand_below_their_upper_bounds_where_those_were_recorded(mixed, drawn):
    figure = drawn("norms", mixed)
    assert (_drawn_at(figure, "D") <= _drawn_at(figure, "<")).all()
    spectra = mixed.spectra.assign(operator_upper=math.nan)
    older = drawn("norms", dataclasses.replace(mixed, spectra=spectra))
    assert np.isnan(_drawn_at(older, "<")).all()
    assert np.isfinite(_drawn_at(older, "D")).all()


def test_a_method_has_one_colour_whatever_is_shown(mixed):
    colours = style.palette(mixed)
    assert list(colours) == mixed.methods
    assert len(set(colours.values())) == 5
    assert style.palette(mixed.only("")) == colours


def _oklab(colours) -> np.ndarray:
    """Coordinates in which distances are about as large as they look (Ottosson 2020)."""
    rgb = np.asarray(colours)
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_cones = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    return np.cbrt(light @ np.transpose(to_cones)) @ np.transpose(to_lab)


def _nearest(colours) -> float:
    places = _oklab(colours)
    gaps = np.linalg.norm(places[:, None] - places, axis=2)
    return gaps[~np.eye(len(gaps), dtype=bool)].min()


@pytest.mark.parametrize("count", [5, 10, 11, 20, 24])
def test_two_methods_of_many_are_never_nearer_in_colour_than_two_of_ten(count):
    methods = [str(number) for number in range(count)]
    colours = style.palette(SimpleNamespace(planned_methods=methods, beside=()))  # pyright: ignore
    ten = sns.color_palette("colorblind")
    assert list(colours.values())[:10] == ten[:count]
    assert _nearest([*colours.values(), (1, 1, 1)]) >= _nearest(ten) - 1e-9
    assert len(style.palette(SimpleNamespace(planned_methods=range(40), beside=()))) == 40  # pyright: ignore


def test_a_long_legend_takes_nothing_from_the_panels():
    heights = []
    for count in (5, 24):
        names = [f"a_method_of_some_length_{number}" for number in range(count)]
        results: Any = SimpleNamespace(
            methods=names, planned_methods=names, beside=(), runs=pd.DataFrame({"method": []})
        )
        figure, axes = panels.panels(1, 2)
        panels.legend(figure, results)
        figure.draw_without_rendering()
        heights.append(axes[0, 0].get_window_extent().height)
    assert heights[1] == pytest.approx(heights[0], rel=0.1)


def test_axes_name_the_extractor_and_the_direction(mixed, drawn):
    figure = drawn("scores", mixed)
    assert [ax.get_ylabel() for ax in figure.axes] == [
        "FID (digits-cnn, lower is better)",
        "IS (digits-cnn, higher is better)",
    ]
    assert [ax.get_yscale() for ax in figure.axes] == ["log", "linear"]


def test_final_scores_show_failures(mixed, drawn):
    figure = drawn("final-scores", mixed)
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said == ["1 diverged", "1 crashed", "1 unfinished\n1 missing"]


def test_spectra_have_one_panel_per_conv_layer(mixed, figures):
    ((_, figure),) = figures("singular-values", mixed)
    assert [ax.get_title() for ax in figure.axes] == ["conv 0 (32 x 16)", "conv 2 (64 x 512)"]


def test_spectra_are_squared_over_the_largest_on_one_scale_with_a_gaussian_null(mixed, figures):
    ((_, figure),) = figures("singular-values", mixed)
    for ax in figure.axes:
        assert ax.get_ylim() == (0, 1.03)
        assert ax.get_yscale() == "linear"
        null = [line for line in ax.lines if line.get_linestyle() == "--"]
        assert len(null) == 1
        solid = [line for line in ax.lines if line.get_linestyle() == "-"]
        assert {np.max(line.get_ydata()) for line in solid} == {1.0}


def test_norms_have_one_panel_per_layer_with_methods_named_once(mixed, figures):
    ((_, figure),) = figures("norms", mixed)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["conv 0 (32 x 16)", "conv 2 (64 x 512)", "linear 5 (1 x 256)"]
    names = [[label.get_text() for label in ax.get_yticklabels()] for ax in figure.axes]
    assert names == [mixed.methods, [""] * 5, [""] * 5]


def test_bounds_share_a_log_scale_and_say_undefined(mixed, figures):
    ((_, figure),) = figures("bounds", mixed)
    axes = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title() for ax in axes] == mixed.methods
    assert {ax.get_yscale() for ax in axes} == {"log"}
    assert len({ax.get_ylim() for ax in axes}) == 1
    said = {ax.get_title(): [text.get_text() for text in ax.texts] for ax in axes}
    assert said["weight_norm"] == ["upper bound: undefined"]
    assert said["none"] == []


def test_survival_curves_step_down_where_runs_fail(mixed, drawn):
    figure = drawn("survival", mixed)
    line = figure.axes[0].lines[0]
    assert line.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(np.asarray(line.get_ydata(), float), [1, 2 / 3, 2 / 3])


def test_coverage_shows_its_thresholds(mixed, drawn):
    left, right = drawn("descriptions", mixed).axes
    limits = [np.asarray(ax.lines[-1].get_ydata())[0] for ax in (left, right)]
    assert limits == pytest.approx([np.log(2), 5])


def test_cells_are_facets_or_figures(write_grid, make_spec, figures, drawn):
    specs = [make_spec("none", 0, loss=loss) for loss in ("hinge", "nonsaturating")]
    results = load(write_grid(specs))
    titles = [ax.get_title() for ax in drawn("scores", results).axes]
    assert titles == ["loss=hinge"] * 2 + ["loss=nonsaturating"] * 2
    one_each = dict(figures("losses", results))
    assert list(one_each) == ["loss=hinge", "loss=nonsaturating"]


def test_an_unreadable_sample_grid_is_said(write_grid, make_spec, figures, seal):
    folder = write_grid([make_spec("none", 0)])
    (file,) = folder.rglob("step-*.png")
    file.write_bytes(b"no picture")
    ((_, figure),) = figures("samples", load(seal(folder)))
    assert "cannot be read" in figure.axes[0].texts[0].get_text()


def test_sample_captions(mixed, figures):
    ((_, figure),) = figures("samples", mixed)
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles[0] == "none\nseed 0, step 1000, FID digits-cnn 31.7"
    assert len(titles) == 5


def _with_grids(folder, steps):
    for run in folder.glob("runs/*"):
        (last,) = run.rglob("step-*.png")
        for step in steps:
            (last.parent / f"step-{step:08d}.png").write_bytes(last.read_bytes())
    return folder


def test_samples_over_training_are_of_six_steps_from_first_to_last(
    write_grid, make_spec, seal, drawn
):
    folder = write_grid([make_spec(method, 0) for method in ("none", "weight_norm")])
    for file in _with_grids(folder, range(0, 1000, 100)).rglob("*weight_norm*/samples/*600.png"):
        file.write_bytes(b"no picture")
    (ax,) = drawn("samples-over-training", load(seal(folder))).axes
    labels = [
        [label.get_text() for label in axis.get_ticklabels()] for axis in (ax.xaxis, ax.yaxis)
    ]
    steps = [0, 200, 400, 600, 800, 1000]
    assert labels == [[f"step {step}" for step in steps], ["none", "weight_norm"]]
    places = {
        (round(np.mean(i.get_extent()[:2])), round(np.mean(i.get_extent()[2:]))) for i in ax.images
    }
    assert places == {(x, y) for x in range(6) for y in range(2)} - {(3, 1)}
    assert {image.get_array().shape[:2] for image in ax.images} == {(15, 15)}
    assert [(*text.get_position(), text.get_text()) for text in ax.texts] == [
        (3, 1, "cannot\nbe read")
    ]


def test_a_corner_of_a_grid_of_samples_is_three_images_a_side(write_grid, make_spec, seal, drawn):
    from PIL import Image

    from runners.networks import tile

    folder = write_grid([make_spec("none", 0)])
    (file,) = folder.rglob("step-*.png")
    pixels = np.arange(64, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 8, 8), np.uint8)
    Image.fromarray(tile(torch.from_numpy(pixels))[:, :, 0]).save(file)
    (ax,) = drawn("samples-over-training", load(seal(folder))).axes
    shown = np.unique(np.rint(255 * ax.images[0].get_array()))
    assert shown.tolist() == [0, 1, 2, 8, 9, 10, 16, 17, 18, 127]


def test_samples_over_training_are_not_drawn_of_points(toys, figures):
    assert list(figures("samples-over-training", toys)) == []
    assert len(list(figures("samples", toys))) == 1


def test_drawing_leaves_no_global_state(mixed, drawn):
    import matplotlib
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    style.encode(drawn("outcomes", mixed), ["svg"])
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_png_is_a_picture(mixed, tmp_path, drawn):
    png = style.encode(drawn("outcomes", mixed), ["png"])["png"]
    (tmp_path / "a.png").write_bytes(png)
    assert np.std(imread(tmp_path / "a.png")) > 0


def test_figures_of_scores_show_the_claims_only(split, drawn):
    for key in ("scores", "final-scores", "degradation"):
        labels = [ax.get_ylabel() + ax.get_xlabel() for ax in drawn(key, split).axes]
        assert len(labels) == 2, "one panel per score, however many splits it has"
        assert "FID (test, digits-cnn)" in labels[0]
        assert "IS (digits-cnn" in labels[1]


def test_split_curves_have_three_lines_per_method(split, figures):
    ((_, figure),) = figures("split-curves", split)
    shown = [ax for ax in figure.axes if ax.axison]
    assert [ax.get_title() for ax in shown] == split.methods
    assert [[line.get_linestyle() for line in ax.lines] for ax in shown] == [["-", "--", ":"]] * 5
    finals = [line.get_ydata()[-1] for line in shown[0].lines]
    rows = split.scores[(split.scores["method"] == "none") & (split.scores["step"] == 1000)]
    columns = ("fid_test", "fid_validation", "fid")
    assert finals == [rows[column].median() for column in columns]


def test_degradation_shows_runs_that_ended_better_than_where_they_were_chosen(split, drawn):
    left, right = drawn("degradation", split).axes[0].get_xlim()
    assert left < -1
    assert right > 0


def _band(figure: Any) -> Any:
    (ax,) = figure.axes
    failed = [line for line in ax.lines if line.get_marker() == "X"]
    return ax, {x for line in failed for x in np.atleast_1d(line.get_xdata())}, ax.texts[-1]


def test_failed_runs_stand_in_a_band_where_they_ended_and_no_point_lies_in_it(mixed, drawn):
    ax, ends, text = _band(drawn("pareto", mixed))
    assert ends == {5.0, 10.0}, "0.02 s for each of 250 and of 500 steps"
    assert text.get_text() == "1 diverged, 1 crashed"
    (patch,) = (p for p in ax.patches if p.get_height() < 1)
    points = [line for line in ax.lines if line.get_marker() in style.MARKERS]
    heights = [ax.transAxes.inverted().transform(ax.transData.transform((x, y)))[1]
               for line in points for x, y in zip(*line.get_data(), strict=True)]  # fmt: skip
    assert max(heights) < patch.get_y()


def test_where_more_is_better_failed_runs_stand_at_the_bottom(mixed):
    first = dataclasses.replace(mixed.columns, first="is")
    results = dataclasses.replace(mixed, columns=first)
    (figure,) = (f for _, f in DRAWINGS["pareto"].figures(results, compute(results)))
    (patch,) = (p for p in _band(figure)[0].patches if p.get_height() < 1)
    assert patch.get_y() == 0


def test_scores_over_seconds_have_a_line_for_every_seed(mixed, drawn):
    ax = drawn("scores-over-seconds", mixed).axes[0]
    thin = [line for line in ax.lines if line.get_alpha()]
    runs = mixed.scores["run_id"].nunique()
    assert len(thin) == runs
    assert max(max(line.get_xdata()) for line in thin) == pytest.approx(20.0)
