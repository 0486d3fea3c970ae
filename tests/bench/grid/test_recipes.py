"""Methods with settings of their own: what they set, what wins over them, and what is refused."""

import pytest

from bench.grid import Overrides, load

WITH = """
- none
- weight_clipping: {c: 0.01}
  with: {loss: wasserstein, optimizer: {name: rmsprop, lr: 5.0e-5}, n_dis: 5}
- spectral_norm
- name: spectral_norm
  with: {loss: nonsaturating}
"""


def test_a_recipe_is_of_its_method_alone(write, edited):
    grid = load(write(edited("[none, spectral_norm]", WITH)))
    none, clipping, hinge, other = grid.specs[:4]
    assert (clipping.loss, clipping.optimizer.name, clipping.n_dis) == ("wasserstein", "rmsprop", 5)
    assert none.loss == hinge.loss == "hinge"
    assert (other.loss, other.method) == ("nonsaturating", hinge.method)
    assert (none.optimizer.name, none.n_dis) == ("adam", 1)
    assert grid.recipes == ("loss", "optimizer", "n_dis")


def test_a_grid_without_one_has_the_runs_it_had(write, edited):
    plain = load(write(edited("", ""))).specs
    mixed = load(write(edited("[none, spectral_norm]", WITH))).specs
    assert {spec.run_id for spec in plain} < {spec.run_id for spec in mixed}


def test_a_recipe_is_part_of_every_cell_of_the_axes(write, edited):
    text = edited("[none, spectral_norm]", WITH) + "axes: {model.width: [8, 16]}"
    assert {(s.model.width, s.loss) for s in load(write(text)).specs if s.n_dis == 5} == {
        (8, "wasserstein"), (16, "wasserstein"),
    }  # fmt: skip


def test_a_setting_is_spelt_out(write, edited):
    text = edited("[none, spectral_norm]", "[none, {spectral_norm: , with: {setting: A}}]")
    _, spec = load(write(text)).specs[:2]
    assert (spec.setting, spec.n_dis) == ("A", 5)


def test_the_command_line_has_the_last_word(write, edited):
    path = write(edited("[none, spectral_norm]", WITH.replace("nonsaturating", "least_squares")))
    specs = load(path, Overrides(set=("n_dis=2",), methods=("weight_clipping",))).specs
    assert {(spec.n_dis, spec.loss) for spec in specs} == {(2, "wasserstein")}


@pytest.mark.parametrize(
    ("methods", "more", "problem"),
    [
        ("[{none: , with: 3}]", "",
         "8:26: methods[0].with: expected a mapping of keys of base, got 3"),
        ("[{none: , with: {}}]", "",
         "8:26: methods[0].with: expected a mapping of keys of base, got {}"),
        ("[{none: , with: {los: hinge}}]", "", "8:27: methods[0].with.los: unknown key; "),
        ("[{none: , with: {loss: hing}}]", "",
         "8:33: methods[0].with.loss: unknown name 'hing'; did you mean hinge?"),
        ("[{none: , with: {seed: 3}}]", "",
         "8:27: methods[0].with.seed: belongs under the top-level key seeds"),
        ("[none, {none: , with: {loss: hinge}}]", "",
         "8:23: methods[1].none: gives the same runs as methods[0]"),
        ("[{none: , with: {n_dis: 2}}, {none: , with: {n_dis: 2}}]", "",
         "8:39: methods[1]: the same as methods[0]"),
        ("[{none: , with: {n_dis: 2}}]", "axes: {setting: [A, B]}",
         "8:27: methods[0].with.n_dis: an axis sweeps n_dis; keep one of them"),
        ("[{none: , with: {optimizer: adam}}]", "axes: {optimizer.lr: [.1, .2]}",
         "8:27: methods[0].with.optimizer: an axis sweeps optimizer.lr; keep one of them"),
        ("[{none: , with: {n_dis: 2, setting: A}}]", "",
         "8:37: methods[0].with.setting: stands beside n_dis, which it sets; keep one"),
        ("[{none: , with: {n_dis: 2}}]",
         "tuning: {trials: 2, seeds: 1, shared: {optimizer.lr: [.1, .2]}}",
         "8:20: methods[0].with: a grid with tuning has no recipes: every method begins at base"),
    ],
)  # fmt: skip
def test_problem(refused, edited, methods, more, problem):
    lines = refused(edited("[none, spectral_norm]", methods) + more)
    assert any(line.startswith(f"grid.yaml:{problem}") for line in lines), lines


@pytest.mark.parametrize("key", ["dataset: digits", "evaluation: {samples: 500}", "steps: 5"])
def test_what_methods_are_compared_by_is_no_recipes(refused, edited, key):
    lines = refused(edited("[none, spectral_norm]", f"[{{none: , with: {{{key}}}}}]"))
    name = key.partition(":")[0]
    assert lines == [
        f"grid.yaml:8:27: methods[0].with.{name}: the same for all methods: it belongs in base, "
        "or they could not be compared"
    ]


def test_a_recipe_below_the_name_is_told_where_it_stands(refused, edited):
    assert refused(edited("[none, spectral_norm]", "[{none: {with: {n_dis: 2}}}]")) == [
        "grid.yaml:8:19: methods[0].none.with: stands beside the method's name, with as many "
        "spaces before it, not below it"
    ]
