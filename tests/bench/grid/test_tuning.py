"""The section tuning: the trials it makes, and the exact words for what is wrong with it."""

# pyright: reportOptionalMemberAccess=false
from __future__ import annotations

import pytest

from bench.grid import Overrides, load
from runners.tuning.plan import Select, Space

SECTION = """
tuning:
  trials: 4
  seeds: 2
  select: {metric: fid, at: final}
  shared: {optimizer.lr: {log: [1e-4, 4e-3]}, n_dis: [1, 2]}
  methods: {spectral_norm: {scale: {log: [0.5, 8]}}}
"""


@pytest.fixture
def tuned(edited):
    """Return a function that gives the small grid with a section tuning, a part replaced."""

    def text(old="", new=""):
        assert old in SECTION
        return edited("", "") + SECTION.lstrip().replace(old, new, 1 if old else 0)

    return text


def test_all_methods_get_the_same_trials_and_seeds(write, tuned) -> None:
    grid = load(write(tuned()))
    found = grid.tuning
    assert (found.trials, found.seeds, found.confirmation) == (4, (10**9, 10**9 + 1), (0, 1))
    assert found.methods == ("none", "spectral_norm")
    assert [(p.method, p.number) for p in found.points] == [
        (method, number) for method in found.methods for number in range(4)
    ]
    assert all(tuple(spec.seed for spec in p.specs) == found.seeds for p in found.points)
    assert found.select == Select("fid", "final", "validation", "fid_validation", True)
    assert found.space == Space(
        {"optimizer.lr": {"log": [1e-4, 4e-3]}, "n_dis": [1, 2]},
        {"spectral_norm": {"scale": {"log": [0.5, 8]}}},
    )


def test_a_trials_settings_are_its_runs(write, tuned) -> None:
    for point in load(write(tuned())).tuning.points:
        spec = point.specs[0]
        stands = {"optimizer.lr": 2e-4, "n_dis": 1, "method.scale": 1.0} | point.settings
        assert spec.optimizer.lr == stands["optimizer.lr"]
        assert spec.n_dis == stands["n_dis"]
        assert getattr(spec.method, "scale", 1.0) == stands["method.scale"]
        assert bool(point.settings) == bool(point.number)


def test_methods_differ_in_nothing_but_their_own(write, tuned) -> None:
    found = load(write(tuned())).tuning
    mine, other = ([p for p in found.points if p.method == m] for m in found.methods)
    for a, b in zip(mine, other, strict=True):
        assert a.settings == {k: v for k, v in b.settings.items() if k != "method.scale"}


def test_the_default_is_the_entry_as_it_stands_with_its_parameters(write, edited) -> None:
    text = edited("spectral_norm]", "spectral_norm: {n_power_iterations: 3}]") + SECTION
    grid = load(write(text))
    label = "spectral_norm(n_power_iterations=3)"
    assert grid.tuning.confirmed(label, 0) == tuple(
        s for s in grid.specs if s.method_label == label
    )
    assert [s.seed for s in grid.tuning.confirmed(label, 2)] == [0, 1]
    assert all(
        p.specs[0].method.n_power_iterations == 3 for p in grid.tuning.points if p.method == label
    )
    assert set(grid.tuning.space.methods) == {label}


def test_an_interrupted_tuning_has_whole_seeds_and_trials(write, tuned) -> None:
    specs = load(write(tuned())).tuning.specs
    assert len({spec.run_id for spec in specs}) == len(specs) == 16
    assert [spec.seed for spec in specs] == [10**9] * 8 + [10**9 + 1] * 8
    assert [spec.method.name for spec in specs] == ["none", "spectral_norm"] * 8


def test_equal_trials_are_run_once(write, tuned) -> None:
    text = tuned("{optimizer.lr: {log: [1e-4, 4e-3]}, n_dis: [1, 2]}", "{}")
    found = load(write(text)).tuning
    assert len([p for p in found.points if p.method == "none"]) == 4
    assert len([s for s in found.specs if s.method.name == "none"]) == 2


def test_trials_on_the_command_line_keep_the_earlier_points(write, tuned) -> None:
    few = load(write(tuned())).tuning
    many = load(write(tuned()), Overrides(trials=6)).tuning
    assert many.trials == 6
    assert [p for p in many.points if p.number < 4] == list(few.points)


def test_seeds_methods_and_steps_mean_the_confirmation_and_fewer_and_shorter(write, tuned) -> None:
    changes = Overrides(steps=7, seeds="3,9", methods=("none",), set=("loss=wasserstein",))
    grid = load(write(tuned()), changes)
    assert (grid.tuning.confirmation, grid.tuning.methods) == ((3, 9), ("none",))
    assert {(s.steps, s.loss) for s in (*grid.specs, *grid.tuning.specs)} == {(7, "wasserstein")}
    assert grid.tuning.space.methods == {}


def test_a_method_of_the_command_line_may_have_a_space(write, tuned) -> None:
    text = tuned("spectral_norm: {scale: {log: [0.5, 8]}}", "weight_clipping: {c: [0.1, 0.2]}")
    grid = load(write(text.replace("[none, spectral_norm]", "[none, weight_clipping]")))
    assert grid.tuning.space.methods == {"weight_clipping": {"c": [0.1, 0.2]}}
    assert load(write(text), Overrides(methods=("weight_clipping",))).tuning.points


def test_whole_components_are_choices_too(write, tuned) -> None:
    shared = "{setting: [A, B], model: [dcgan, {name: dcgan, width: 8}]}"
    text = tuned("{optimizer.lr: {log: [1e-4, 4e-3]}, n_dis: [1, 2]}", shared)
    for point in load(write(text)).tuning.points:
        spec = point.specs[0]
        assert spec.setting == point.settings.get("setting", "C")
        assert spec.model.width == (8 if isinstance(point.settings.get("model"), dict) else 64)


def test_select_is_fid_at_the_end_unless_said_otherwise(write, tuned) -> None:
    text = tuned("select: {metric: fid, at: final}", "")
    assert load(write(text)).tuning.select.column == "fid_validation"
    text = tuned("metric: fid, at: final", "metric: kid")
    text = text.replace("batch_size: 16", "batch_size: 16\n  evaluation: {metrics: [kid]}")
    assert load(write(text)).tuning.select.column == "kid_validation"


LR, OWN = "{log: [1e-4, 4e-3]}", "{scale: {log: [0.5, 8]}}"
FORM = "expected a list of choices, {log: [low, high]} or {linear: [low, high]}"
METHOD_CHOICES = "choices: none, spectral_norm"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("trials: 4", "trials: 1", "11:11: tuning.trials: must be from 2 to 10,000, got 1"),
        ("trials: 4", "trials: true", "11:11: tuning.trials: expected a count, got true"),
        ("  trials: 4\n", "", "10:1: tuning.trials: required but missing"),
        ("seeds: 2", "seeds: 0", "12:10: tuning.seeds: must be from 1 to 10,000, got 0"),
        ("seeds: 2", "seeds: [0]", "12:10: tuning.seeds: expected a count, got [0]"),
        (
            "trials: 4",
            "trials: 4\n  trails: 4",
            "12:3: tuning.trails: unknown key; did you mean trials? "
            "choices: methods, seeds, select, shared, trials",
        ),
        (
            "metric: fid",
            "metric: fit",
            "13:20: tuning.select.metric: unknown name 'fit'; did you mean fid? choices: fid",
        ),
        (
            "metric: fid",
            "metric: kid",
            "13:20: tuning.select.metric: unknown name 'kid'; did you mean fid? choices: fid",
        ),
        (
            "metric: fid",
            "metric: is",
            "13:20: tuning.select.metric: unknown name 'is'; choices: fid",
        ),
        (
            "at: final",
            "at: best",
            "13:29: tuning.select.at: unknown name 'best'; choices: final",
        ),
        (
            "at: final",
            "of: final",
            "13:25: tuning.select.of: unknown key; choices: at, metric",
        ),
        (
            "select: {metric: fid, at: final}",
            "select: fid",
            "13:11: tuning.select: expected a mapping of metric and at, got 'fid'",
        ),
        (
            "optimizer.lr",
            "optimiser.lr",
            "14:12: tuning.shared.optimiser.lr: unknown key; did you mean optimizer? choices: "
            "augment, batch_size, dataset, diagnostics_every, ema, evaluation, force, log_every, "
            "loss, model, n_dis, optimizer, precision, schedule, setting, stabilisers, steps",
        ),
        (
            "optimizer.lr",
            "optimizer.alpha",
            "14:12: tuning.shared.optimizer.alpha: unknown key; choices: beta1, beta2, lr",
        ),
        (
            "optimizer.lr: {log: [1e-4, 4e-3]}",
            "seed: [1, 2]",
            "14:12: tuning.shared.seed: not searched; list seeds at the top",
        ),
        (
            "optimizer.lr: {log: [1e-4, 4e-3]}",
            "evaluation.samples: [100, 200]",
            "14:12: tuning.shared.evaluation.samples: decides what a score means, so that trials "
            "could not be compared; set it in base",
        ),
        (LR, "{log: [4e-3, 1e-4]}", "14:32: tuning.shared.optimizer.lr.log: the lower end comes "
         "first and differs, got [0.004, 0.0001]"),
        (LR, "{log: [1, 1]}", "14:32: tuning.shared.optimizer.lr.log: the lower end comes first "
         "and differs, got [1, 1]"),
        (LR, "{log: [0, 1]}", "14:33: tuning.shared.optimizer.lr.log[0]: must be greater than 0 "
         "in a log range, got 0"),
        (LR, "{log: [-1, x]}", "14:33: tuning.shared.optimizer.lr.log[0]: must be greater than 0 "
         "in a log range, got -1\n"
         "14:37: tuning.shared.optimizer.lr.log[1]: expected a number, got 'x'"),
        (LR, "{linear: [0.1, .inf]}", "14:41: tuning.shared.optimizer.lr.linear[1]: expected a "
         "finite number, got .inf"),
        (LR, "{log: 3}", "14:32: tuning.shared.optimizer.lr.log: expected [low, high], got 3"),
        (LR, "{lgo: [1, 2]}", "14:27: tuning.shared.optimizer.lr.lgo: unknown key; did you mean "
         "log? choices: linear, log"),
        (LR, "3", f"14:26: tuning.shared.optimizer.lr: {FORM}, got 3"),
        (LR, "{}", f"14:26: tuning.shared.optimizer.lr: {FORM}, got {{}}"),
        (LR, "{log: [1e-4, 2e9]}", "14:39: tuning.shared.optimizer.lr.log[1]: must be at most "
         "1e+09, got 2000000000.0"),
        (LR, "[1e-4]", "14:26: tuning.shared.optimizer.lr: expected at least two choices, "
         "got [0.0001]"),
        (LR, "[1, 2, 1.0]", "14:33: tuning.shared.optimizer.lr[2]: 1.0 again, as "
         "tuning.shared.optimizer.lr[0]"),
        (LR, "[1, fast]", "14:30: tuning.shared.optimizer.lr[1]: expected a number, got 'fast'"),
        ("n_dis: [1, 2]", "n_dis: {linear: [1, 4]}", "14:54: tuning.shared.n_dis: takes whole "
         "numbers: list choices, as [1, 2], instead of a range"),
        ("n_dis: [1, 2]", "n_dis: [1, 0]", "14:58: tuning.shared.n_dis[1]: must be at least 1, "
         "got 0"),
        ("n_dis: [1, 2]", "setting: [A, Z]", "14:60: tuning.shared.setting[1]: unknown name 'Z'; "
         "choices: A, B, C, D, E, F"),
        ("optimizer.lr: {log: [1e-4, 4e-3]}", "setting: [A, B]", "14:12: tuning.shared.setting: "
         "stands beside n_dis, which it sets; keep one"),
        ("{optimizer.lr: {log: [1e-4, 4e-3]}, n_dis: [1, 2]}", "[n_dis]",
         "14:11: tuning.shared: expected a mapping, got ['n_dis']"),
        (OWN, "{scales: [1, 2]}", "15:29: tuning.methods.spectral_norm.scales: unknown key; did "
         "you mean scale? choices: n_power_iterations, scale"),
        (OWN, "{scale: {linear: [0, 2]}}", "15:46: tuning.methods.spectral_norm.scale.linear[0]: "
         "must be greater than 0, got 0.0"),
        (OWN, "{n_power_iterations: {log: [1, 9]}}", "15:49: "
         "tuning.methods.spectral_norm.n_power_iterations: takes whole numbers: list choices, as "
         "[1, 2], instead of a range"),
        (OWN, "{n_power_iterations: [1, 999]}", "15:53: "
         "tuning.methods.spectral_norm.n_power_iterations[1]: must be at most 100, got 999"),
        (OWN, "3", "15:28: tuning.methods.spectral_norm: expected a mapping, got 3"),
        ("spectral_norm:", "none:", "15:20: tuning.methods.none.scale: none has no parameters"),
        ("spectral_norm:", "weight_clipping:", "15:13: tuning.methods.weight_clipping: not a "
         f"method of this grid; {METHOD_CHOICES}"),
        ("spectral_norm:", "spectral:", "15:13: tuning.methods.spectral: unknown key; did you "
         f"mean spectral_norm? {METHOD_CHOICES}"),
    ],
)  # fmt: skip
def test_problem(refused, tuned, old, new, problem) -> None:
    assert refused(tuned(old, new)) == [f"grid.yaml:{line}" for line in problem.split("\n")]


def test_every_mistake_is_told_at_once_and_in_order(refused, tuned) -> None:
    text = tuned("trials: 4", "trials: 1").replace("[1e-4, 4e-3]", "[0, 4e-3]")
    lines = refused(text.replace("steps: 10", "steps: 0").replace("scale:", "scle:"))
    assert [line.split(": ")[1] for line in lines] == [
        "base.steps", "tuning.trials", "tuning.shared.optimizer.lr.log[0]",
        "tuning.methods.spectral_norm.scle",
    ]  # fmt: skip


def test_a_section_that_searches_nothing(refused, edited) -> None:
    text = edited("", "") + "tuning: {trials: 4, seeds: 2, methods: {}}\n"
    assert refused(text) == [
        "grid.yaml:10:1: tuning: nothing to search; name a dimension under shared or methods"
    ]
    assert refused(edited("", "") + "tuning: 3\n") == [
        "grid.yaml:10:9: tuning: expected a mapping, got 3"
    ]


def test_two_variants_of_a_tuned_method(refused, tuned, edited) -> None:
    text = tuned().replace("[none, spectral_norm]", "[spectral_norm, spectral_norm: {scale: 2}]")
    assert refused(text) == [
        "grid.yaml:15:13: tuning.methods.spectral_norm: the grid has several spectral_norm "
        "(methods[0], methods[1]); tune one of them per grid"
    ]


def test_axes_beside_tuning(refused, tuned, write) -> None:
    text = tuned() + "axes: {loss: [hinge, wasserstein]}\n"
    assert refused(text) == [
        "grid.yaml:16:1: axes: a grid with tuning has no axes: tune one operating point per grid"
    ]
    assert load(write(text), Overrides(set=("loss=hinge",))).tuning


def test_seeds_of_the_confirmation_are_none_of_the_trials(refused, tuned, edited) -> None:
    text = tuned().replace("seeds: 2\ntuning", "seeds: [3, 1000000000]\ntuning")
    words = "seeds from 1000000000 on are tuning's, got 1000000000"
    assert refused(text) == [f"grid.yaml:9:12: seeds[1]: {words}"]
    assert refused(tuned(), Overrides(seeds="0,1000000000")) == [f"--seeds 0,1000000000: {words}"]


def test_a_tuned_field_is_not_set_as_well(refused, tuned, write) -> None:
    for option in ("--set optimizer.lr=1e-3", "--set n_dis=2"):
        key, column = option[6:].split("=")[0], {"o": 12, "n": 47}[option[6]]
        assert refused(tuned(), Overrides(set=(option[6:],))) == [
            f"grid.yaml:14:{column}: tuning.shared.{key}: {option} sets it too; leave one of "
            "them out"
        ]
    steps = tuned("n_dis: [1, 2]", "steps: [10, 20]")
    assert "--steps 3 sets it too" in refused(steps, Overrides(steps=3))[0]
    assert load(write(tuned()), Overrides(set=("optimizer.beta1=0.9",))).tuning


def test_trials_on_the_command_line(refused, tuned, edited) -> None:
    assert refused(tuned(), Overrides(trials=1)) == ["--trials 1: must be from 2 to 10,000, got 1"]
    assert refused(edited("", ""), Overrides(trials=8)) == [
        "--trials 8: the grid has no section tuning"
    ]


def test_too_many_runs(refused, tuned) -> None:
    text = tuned("trials: 4", "trials: 9000").replace("seeds: 2\n  sel", "seeds: 6\n  sel")
    assert refused(text) == [
        "grid.yaml:11:11: tuning.trials: 9,000 trials x 6 seeds x 2 methods = 108,000 runs; at "
        "most 100,000"
    ]


def test_settings_that_do_not_fit_a_method(refused, tuned) -> None:
    text = tuned("n_dis: [1, 2]", "model.norm: [none, batch]")
    text = text.replace("[none, spectral_norm]", "[none, gradient_penalty]").replace(
        "spectral_norm: {scale: {log: [0.5, 8]}}", "gradient_penalty: {lambda_gp: [1, 10]}"
    )
    lines = refused(text)
    assert all(line.startswith("grid.yaml:8:17: methods[1]: with optimizer.lr=") for line in lines)
    assert all("model.norm=batch" in line and "needs a gradient per sample" in line
               for line in lines)  # fmt: skip


def test_a_method_in_error_does_not_hide_behind_its_space(refused, tuned) -> None:
    text = tuned().replace("[none, spectral_norm]", "[none, spectral_norm: {scale: 0}]")
    assert refused(text) == [
        "grid.yaml:8:40: methods[1].spectral_norm.scale: must be greater than 0, got 0"
    ]


def test_without_a_validation_split_there_is_nothing_to_choose_by(refused, tuned) -> None:
    none = "dataset: {name: stacked_mnist, validation: 0}"
    (line,) = refused(tuned().replace("dataset: digits", none).replace("dcgan", "{name: dcgan}"))
    assert line.endswith(
        "tuning: chooses by the validation split, and dataset.validation: 0 leaves none"
    )
