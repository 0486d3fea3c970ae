"""Plans of all versions, with and without what newer ones say, and runs nobody here knows."""

from __future__ import annotations

import pytest

from reports.load.differences import AN_AXIS, ORIGIN, UNDECLARED
from reports.load.loader import load
from reports.load.settings import flatten
from reports.page.html import page
from reports.render import summary_markdown
from reports.stats.numbers import compute
from runners.errors import StoreProblem
from runners.files import write_json
from runners.store.grid import GridStore

AXIS = ("hinge", "nonsaturating")
METHODS = ("none", "weight_norm")
PLUGIN = "mine.py@0123456789"


@pytest.fixture
def renamed(seal):
    """Give the runs of a method another one, as if a plugin had made them."""

    def rename(folder, old, **changes):
        grid = GridStore(folder)
        plan = grid.plan()
        mine = {i: s for i, s in plan["runs"].items() if s["method"]["name"] == old}
        for run_id, spec in mine.items():
            spec.update(changes)
            write_json(grid.run(run_id).spec_file, spec)
        write_json(grid.plan_file, plan)
        seal(folder)

    return rename


def roles(results):
    return {difference.field: difference.role for difference in results.differences}


def test_a_description_stands_under_the_title(write_grid, make_spec, replan) -> None:
    folder = write_grid([make_spec("none", 0)])
    assert load(folder).description == ""
    replan(folder, description="What <b>weight norm</b> does.")
    text = page(load(folder), compute(load(folder)), [])
    assert "</h1>\n<p>What &lt;b&gt;weight norm&lt;/b&gt; does.</p>" in text


@pytest.mark.parametrize("axes", [["loss"], None])
def test_a_declared_axis_may_differ(write_grid, make_spec, axes, replan) -> None:
    folder = write_grid([make_spec("none", 0, loss=loss) for loss in AXIS])
    replan(folder, axes=axes)
    results = load(folder)
    assert roles(results) == {"loss": AN_AXIS}
    assert results.cells == ["loss=hinge", "loss=nonsaturating"]


def test_what_differs_outside_the_declared_axes_is_undeclared(
    write_grid, make_spec, replan
) -> None:
    specs = [make_spec("none", 0, loss=loss, n_dis=n) for loss in AXIS for n in (1, 2)]
    folder = write_grid(specs)
    assert roles(load(folder)) == {"loss": AN_AXIS, "n_dis": AN_AXIS}
    replan(folder, axes=["loss"])
    assert roles(load(folder)) == {"loss": AN_AXIS, "n_dis": UNDECLARED}
    assert len(load(folder).cells) == 4, "undeclared, yet never compared"


def test_an_axis_not_run_in_full_is_undeclared(write_grid, make_spec, replan) -> None:
    specs = [make_spec("none", 0), make_spec("weight_norm", 0, loss="hinge")]
    folder = write_grid(specs)
    replan(folder, axes=["loss"])
    assert roles(load(folder)) == {
        "method.name": "the method", "method.learnable_gain": "the method",
        "method.scale": "the method", "loss": UNDECLARED,
    }  # fmt: skip


def test_what_follows_from_an_axis_is_one_and_is_left_out_of_labels(
    write_grid, make_spec, replan
) -> None:
    plane = {"dataset": "gaussians25", "model": {"name": "mlp", "latent": 2}}
    other = {"dataset": "gaussians8", "model": {"name": "mlp", "latent": 2}}
    folder = write_grid([make_spec(m, 0, **one) for m in METHODS for one in (plane, other)])
    replan(folder, axes=["dataset"])
    results = load(folder)
    assert UNDECLARED not in roles(results).values()
    assert results.cells == ["dataset=gaussians25", "dataset=gaussians8"]


def test_a_named_setting_is_one_axis(write_grid, make_spec, replan) -> None:
    slow = {"optimizer": {"name": "adam", "lr": 1e-4, "beta2": 0.9}, "n_dis": 5}
    folder = write_grid([make_spec("none", 0), make_spec("none", 0, **slow)])
    replan(folder, axes=["setting"])
    assert set(roles(load(folder)).values()) == {AN_AXIS}
    assert load(folder).cells == ["setting=C", "setting=A"]


@pytest.mark.parametrize("axes", ["loss", [1], {}])
def test_damaged_axes_are_named(write_grid, make_spec, axes, replan) -> None:
    folder = write_grid([make_spec("none", 0)])
    replan(folder, axes=axes)
    with pytest.raises(StoreProblem, match=r"grid\.json: axes is no list of names"):
        load(folder)


def test_lists_of_components_read_well() -> None:
    metrics = [{"name": "a"}, "b", {"name": "c", "subsets": 5, "scale": 0.5}]
    flat = flatten({"evaluation": {"metrics": metrics}, "stabilisers": []})
    assert flat == {"evaluation.metrics": "a + b + c(subsets=5, scale=0.5)", "stabilisers": "none"}


def test_runs_of_a_plugin_that_is_not_loaded_are_reported(write_grid, make_spec, renamed) -> None:
    folder = write_grid([make_spec(m, s) for m in ("none", "spectral_norm") for s in range(2)])
    mine = {"name": "mine", "strength": 2.5}
    renamed(folder, "spectral_norm", method=mine, plugins=[PLUGIN])
    results = load(folder)
    assert results.methods == ["none", "mine"]
    assert results.runs["state"].tolist() == ["finished"] * 4
    assert results.tuned == (), "nobody knows its defaults"
    assert results.cells == [""], "one comparison, wherever its methods come from"
    assert results.plugins == (("mine.py", "0123456789"),)
    assert roles(results)["plugins"] == ORIGIN
    first, second = results.notes
    assert "2 of 4 planned runs hold what is not known here" in first
    assert "method 'mine'" in first
    assert second == (
        "They were made with mine.py (0123456789); `bench run --plugin mine.py ...` goes on with "
        "them."
    )
    numbers = compute(results)
    text = page(results, numbers, [])
    assert "<code>mine.py</code> (0123456789)" in text
    assert "--plugin mine.py" in text
    assert "| mine | 2 of 2 | none |" in summary_markdown(results, numbers)


def test_an_unknown_method_of_an_earlier_version_is_of_the_same_cell(
    write_grid, make_spec, renamed
):
    folder = write_grid([make_spec(m, 0) for m in ("none", "spectral_norm")])
    renamed(folder, "spectral_norm", method={"name": "mine"}, plugins=[PLUGIN])
    plan = GridStore(folder).plan()
    for spec in plan["runs"].values():
        for field in ("schedule", "ema", "augment"):
            del spec[field]
        del spec["dataset"]["train_size"]
    write_json(GridStore(folder).plan_file, plan)  # without a seal, as that version did
    results = load(folder)
    assert results.runs["state"].tolist() == ["finished"] * 2
    assert results.methods == ["none", "mine"]
    assert results.cells == [""]


def test_variants_of_an_unknown_method_go_by_all_their_parameters(
    write_grid, make_spec, renamed
) -> None:
    folder = write_grid([make_spec(m, 0) for m in ("none", "spectral_norm")])
    renamed(folder, "none", method={"name": "mine", "strength": 0.1, "soft": True})
    renamed(folder, "spectral_norm", method={"name": "mine", "strength": 2.0, "soft": True})
    results = load(folder)
    assert results.methods == ["mine(strength=0.1, soft=True)", "mine(strength=2, soft=True)"]
    assert "No plugin file is named in their specs" in results.notes[-1]


def test_two_hashes_of_one_plugin_are_a_change_of_their_own(write_grid, make_spec, renamed) -> None:
    folder = write_grid([make_spec(m, 0) for m in ("none", "spectral_norm")])
    renamed(folder, "none", method={"name": "mine"}, plugins=[PLUGIN])
    renamed(folder, "spectral_norm", method={"name": "ours"}, plugins=["mine.py@other"])
    assert roles(load(folder))["plugins"] == UNDECLARED


@pytest.mark.parametrize(
    "spec",
    [
        "text", {}, {"method": {"name": "mine"}}, {"method": {"name": "mine"}, "seed": 0},
        {"method": "mine", "seed": 0, "steps": 10},
        {"method": {"name": "mine"}, "seed": "x", "steps": 10},
        {"method": {"name": 3}, "seed": 0, "steps": 10},
    ],
)  # fmt: skip
def test_a_plan_of_something_else_is_named(tmp_path, spec) -> None:
    GridStore(tmp_path).write_plan("odd", {"some-run": spec})
    with pytest.raises(StoreProblem, match="some-run cannot be read"):
        load(tmp_path)


SHARPNESS = {"name": "sharpness", "title": "Sharpness", "lower_is_better": False, "ranks": True}
EDGES = {"name": "edges", "title": "edges found", "lower_is_better": False, "total": "edges_total",
         "limit": 0.5}  # fmt: skip
TOTAL = {"name": "edges_total"}


@pytest.fixture
def with_unknown_scores(write_grid, make_spec, seal):
    """Write two runs that were scored by metrics of a plugin."""

    def write(**scores):
        specs = [make_spec("none", seed) for seed in range(2)]
        folder = write_grid(specs)
        for spec in specs:
            store = GridStore(folder).run(spec.run_id)
            rows = store.rows("scores")
            store.rows_file("scores").unlink()
            more = {"sharpness": 7.0, "edges": 3, "edges_total": 4, **scores}
            store.append("scores", [row | more for row in rows])
        return seal(folder)

    return write


def test_scores_of_unknown_metrics_are_shown_as_the_plan_says(replan, with_unknown_scores) -> None:
    folder = with_unknown_scores()
    unsaid = load(folder).scores
    assert len(unsaid) == 10
    assert "sharpness" not in unsaid, "nobody says what it means"
    replan(folder, columns=[SHARPNESS, EDGES, TOTAL])
    results = load(folder)
    assert [score.title for score in results.score_columns] == ["FID", "IS", "Sharpness"]
    assert results.description_columns[-1].limit == 0.5
    numbers = compute(results)
    text = page(results, numbers, [])
    assert "Sharpness digits-cnn ↑ final median [min, max]" in text
    assert "| 7.00 [7.00, 7.00] |" in summary_markdown(results, numbers)


def test_what_registered_metrics_say_of_their_columns_holds(write_grid, make_spec, replan) -> None:
    folder = write_grid([make_spec("none", 0)])
    replan(folder, columns=[{"name": "fid", "title": "other", "ranks": False}])
    assert [score.title for score in load(folder).score_columns] == ["FID", "IS"]


@pytest.mark.parametrize("columns", ["x", [1], [{"title": "a"}], {}, [SHARPNESS | {"ranks": "x"}]])
def test_damaged_columns_are_named(write_grid, make_spec, columns, replan) -> None:
    folder = write_grid([make_spec("none", 0)])
    replan(folder, columns=columns)
    with pytest.raises(StoreProblem, match=r"grid\.json: column.*plan it again"):
        load(folder)


def test_regimes_are_named_by_what_tells_them_apart(write_grid, make_spec):
    regimes = [
        {}, {"augment": ["shift"]}, {"augment": [{"shift": {"pixels": 2}}, "flip"]},
        {"schedule": "linear"}, {"schedule": {"cosine": {"warmup": 20}}}, {"ema": 0.999},
        {"dataset": {"name": "digits", "train_size": 200}},
    ]  # fmt: skip
    cells = load(write_grid([make_spec("none", 0, **regime) for regime in regimes])).cells
    plain = "train_size=none, schedule=constant, warmup=0, ema=none, augment=none"
    changes = [
        ("", ""), ("augment=none", "augment=shift(pixels=1)"),
        ("augment=none", "augment=shift(pixels=2) + flip(p=0.5)"), ("constant", "linear"),
        ("constant, warmup=0", "cosine, warmup=20"), ("ema=none", "ema=0.999"),
        ("size=none", "size=200"),
    ]  # fmt: skip
    assert cells == [plain.replace(*change) for change in changes]


def test_splits_of_unknown_metrics_are_told_apart_as_the_plan_says(
    replan, with_unknown_scores
) -> None:
    folder = with_unknown_scores(sharpness_test=6.0)
    tested = SHARPNESS | {"name": "sharpness_test", "of": "sharpness", "split": "test"}
    replan(folder, columns=[SHARPNESS, tested, EDGES, TOTAL])
    results = load(folder)
    assert [s.title for s in results.score_columns] == ["FID", "IS", "Sharpness (test)"]
    assert [s.title for s in results.other_splits] == ["Sharpness (train)"]


@pytest.mark.parametrize("odd", [{"of": "nothing"}, {"split": "holdout"}, {"of": 3}])
def test_damaged_variants_are_named(write_grid, make_spec, odd, replan) -> None:
    folder = write_grid([make_spec("none", 0)])
    replan(folder, columns=[SHARPNESS | odd])
    with pytest.raises(StoreProblem, match=r"grid\.json: column.*plan it again"):
        load(folder)
