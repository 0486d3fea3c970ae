"""Every grid that comes with the package: its dry run, and two steps of all that it names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import small_data
import torch
from torch import Tensor, nn
from typer.testing import CliRunner

from bench import built_in, grid, registries
from bench.cli import app
from runners.datasets.base import Dataset
from runners.metrics import classifier
from runners.metrics.extractors import EXTRACTORS, Extractor
from runners.models.base import Model
from runners.options import Options
from runners.processor import bf16_problem
from runners.spec import RunSpec
from runners.store.run import RunStore
from runners.store.states import State
from runners.train import train

GRIDS = built_in.names()
WIDTH = 8
VARIED = ("method", "model", "loss", "optimizer", "stabilisers", "augment", "precision", "dataset")


def loaded(name: str) -> grid.Grid:
    return grid.load(built_in.FOLDER / name)


def enough(specs: Iterable[RunSpec]) -> Iterator[RunSpec]:
    """Yield runs until every value of every field has been in one, and every recipe."""
    seen: set[object] = set()
    for spec in specs:
        values: set[object] = {(field, getattr(spec, field)) for field in VARIED}
        values.add((spec.method, spec.loss, spec.model.name))
        if not values <= seen:
            seen |= values
            yield spec


def small(dataset: Dataset) -> Dataset:
    """Return a data set as the few files of it that tests write."""
    return dataclasses.replace(dataset, validation=10) if dataset.files else dataset  # pyright: ignore


def narrow(model: Model) -> Model:
    """Return an architecture with few channels, where it has a width."""
    if getattr(model, "width", 0) <= WIDTH:
        return model
    return dataclasses.replace(model, width=WIDTH)  # pyright: ignore


def short(spec: RunSpec) -> RunSpec:
    plan = dataclasses.replace(spec.evaluation, every=2, samples=100)
    return dataclasses.replace(
        spec, steps=2, batch_size=8, log_every=1, diagnostics_every=2, evaluation=plan,
        dataset=small(spec.dataset), model=narrow(spec.model),
    )  # fmt: skip


class Small(nn.Module):
    """Stands where Inception's weights, which no test can download, would be."""

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = images.float().flatten(2).mean(2)
        return features, features.new_zeros(len(images), 1008)


@pytest.fixture(scope="module")
def classifiers(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.slow
@pytest.mark.parametrize("name", GRIDS)
def test_two_steps_of_everything_it_names(name, tmp_path, monkeypatch, classifiers) -> None:
    specs = list(enough(loaded(name).specs))
    for used in {spec.dataset.name for spec in specs if spec.dataset.files}:
        small_data.write(used, tmp_path, monkeypatch)
    monkeypatch.setitem(
        EXTRACTORS, "inception", lambda *_: Extractor("small", "small", Small().eval())
    )
    monkeypatch.setattr(classifier, "UPDATES", 2)  # nobody reads these scores
    options = Options(data_root=tmp_path, cache=classifiers)
    for spec in map(short, specs):
        store = RunStore(tmp_path / "runs" / spec.run_id)
        store.create(spec.as_dict)
        status = train(spec, store, options)
        assert status.state == State.FINISHED, spec.run_id
        assert store.rows("scores")[-1]["step"] == 2
        assert torch.isfinite(torch.tensor(store.rows("metrics")[-1]["loss_d"]))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in GRIDS if name != "tuned.yaml"])
def test_a_dry_run_says_what_it_would_take(name, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    one = ["--set", "steps=20", "--seeds", "1"] if name != "smoke.yaml" else []
    methods = {spec.method.name for spec in loaded(name).specs}
    chosen = ["--methods", min(methods)]
    forced = ["--set", "force=true"] if bf16_problem("cpu") else []
    command = ["run", "--grid", name, "--dry-run", "--data-root", "nowhere", *chosen, *one, *forced]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "core-minutes left" in done.output
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", GRIDS)
def test_it_says_what_it_is_and_how_long_it_takes(name) -> None:
    found = loaded(name)
    assert found.name == Path(name).stem
    assert found.description
    assert found.minutes
    assert (built_in.FOLDER / name).read_text().startswith("# "), "where it comes from"


def test_the_list_says_what_each_needs_and_how_long_it_takes() -> None:
    lines = {line.split()[0]: line for line in registries.listing("grids").split("\n")}
    assert set(lines) == set(GRIDS)
    assert "needs no download; 30 runs; about 6 min on two cores" in lines["lipschitz.yaml"]
    assert "needs cifar10 and Inception's weights;" in lines["sngan-table2-cifar10.yaml"]
    assert all(" on two cores" in line for line in lines.values())
