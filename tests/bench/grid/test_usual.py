"""What a grid file leaves out: the default grid's settings, under the same run ids."""

import pytest
import yaml

from bench.grid import find, load
from bench.grid.usual import USUAL


def _without(name, *fields):
    data = yaml.safe_load(find(name).read_text())
    data["base"] = {key: value for key, value in data["base"].items() if key not in fields}
    return yaml.safe_dump(data)


def _ids(path):
    return [spec.run_id for spec in load(path).specs]


@pytest.mark.parametrize("left_out", [*USUAL, "all"])
def test_the_default_grid_has_its_ids_without_them(write, left_out):
    fields = list(USUAL) if left_out == "all" else [left_out]
    assert _ids(write(_without("lipschitz", *fields))) == _ids(find("lipschitz"))


def test_points_have_the_model_of_the_toy_grid(write):
    assert _ids(write(_without("toys", "model"))) == _ids(find("toys"))


def test_the_model_goes_with_the_data_of_its_cell(write):
    text = "base: {steps: 5}\nmethods: [none]\nseeds: 1\naxes: {dataset: [digits, gaussians8]}"
    assert [spec.model.name for spec in load(write(text)).specs] == ["dcgan", "mlp"]


SMALLEST = "base: {dataset: digits, steps: 5}\nmethods: [none]\nseeds: 1\n"


def test_a_parameter_alone_is_of_what_is_left_out(write):
    written = SMALLEST.replace("base: {", "base: {model: {name: dcgan, width: 8, latent: 64}, ")
    assert _ids(write(SMALLEST + "axes: {model.width: [8]}")) == _ids(write(written))


def test_a_name_alone_has_the_components_own_parameters(write):
    (spec,) = load(write(SMALLEST.replace("base: {", "base: {model: dcgan, "))).specs
    assert spec.model.width == 64


def test_setting_sets_the_optimizer(write):
    (spec,) = load(write(SMALLEST + "axes: {setting: [A]}")).specs
    assert spec.setting == "A"


def test_a_parameter_that_it_does_not_have_is_refused_where_it_stands(refused):
    assert refused(SMALLEST + "axes: {optimizer.alpha: [0.5]}") == [
        "grid.yaml:4:8: axes.optimizer.alpha: unknown key; choices: beta1, beta2, lr"
    ]
