"""What lasts while a run trains: the average of G, its best copy, and all of it across stops."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from runners import checkpoint, seeds
from runners.errors import StoreProblem
from runners.metrics.scorer import scorer
from runners.metrics.selection import selecting, validated
from runners.networks import Networks, generate, generator_at
from runners.options import Options
from runners.state import Average, TrainingState
from runners.store.proof import ran_on
from runners.store.run import RunStore
from runners.store.states import State
from runners.train import train

MEASURED = ("metrics", "scores", "spectra", "diagnostics", "best")
REGIMES = {
    "schedule": {"schedule": {"cosine": {"warmup": 3}}},
    "rmsprop": {"schedule": "linear", "optimizer": "rmsprop"},
    "ema": {"ema": 0.9},
    "augment": {"augment": ["shift", "flip", "colour", "cutout"], "method": "gradient_penalty"},
    "train_size": {"dataset": {"name": "digits", "train_size": 50}},
    "all": {
        "schedule": {"linear": {"warmup": 2}}, "ema": 0.5, "augment": ["cutout"], "n_dis": 2,
        "dataset": {"name": "digits", "train_size": 100}, "method": "spectral_norm",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", REGIMES)
def test_stopped_at_every_step_a_run_goes_on_to_the_same_bytes(name, tiny, tmp_path) -> None:
    spec = tiny(**REGIMES[name])
    whole, parts = (RunStore(tmp_path / name / spec.run_id) for name in ("whole", "parts"))
    for store in (whole, parts):
        store.create(spec.as_dict)
    assert train(spec, whole, Options()).state == State.FINISHED
    for _ in range(spec.steps):
        assert not parts.is_done()
        train(spec, parts, Options(), lambda: True)
    assert parts.is_done()
    for file in MEASURED:
        assert parts.rows_file(file).read_bytes() == whole.rows_file(file).read_bytes()
    assert parts.proof() == whole.proof()
    ours, theirs = (checkpoint.load(store) for store in (whole, parts))
    assert ours
    assert theirs
    assert str(ours["best"]) == str(theirs["best"])
    assert str(ours.get("averaged")) == str(theirs.get("averaged"))


def test_the_average_is_the_formula_and_its_buffers_are_the_generators(tiny) -> None:
    spec = tiny(ema=0.75)
    networks = Networks(spec, "cpu")
    state = TrainingState(spec, networks, "cpu")
    seen = []
    for step in range(4):
        for tensor in networks.generator.state_dict().values():
            tensor.add_(torch.full_like(tensor, step + 1))
        state.average()
        seen.append({key: p.detach().clone() for key, p in networks.generator.named_parameters()})
    assert state.averaged is not None
    averaged = state.averaged.module
    shares = np.array([0.75**3, 0.75**2, 0.75, 1.0])
    for key, parameter in averaged.named_parameters():
        steps = np.stack([weights[key].numpy() for weights in seen], axis=-1)
        assert np.allclose(
            parameter.detach(), np.average(steps, axis=-1, weights=shares), atol=1e-6
        )
    for key, buffer in averaged.named_buffers():
        assert torch.equal(buffer, networks.generator.get_buffer(key))


def test_a_copy_of_an_average_counts_for_itself(tiny) -> None:
    networks = Networks(tiny(), "cpu")
    first = Average(networks.generator, 0.5)
    first.update_parameters(networks.generator)
    second = copy.deepcopy(first)
    for parameter in networks.generator.parameters():
        parameter.data.add_(1)
    second.update_parameters(networks.generator)
    assert (int(first.n_averaged), int(second.n_averaged)) == (1, 2)
    for now, mean in zip(networks.generator.parameters(), second.module.parameters(), strict=True):
        assert torch.allclose(mean, now - 1 / 3, atol=1e-6)


def test_a_run_begun_before_kernels_were_noted_used_torchs(tiny) -> None:
    spec = tiny()
    state = TrainingState(spec, Networks(spec, "cpu"), "cpu")
    now = {"torch": "2", "kernels": "products 1"}
    state.proof["torch"] = "2"
    state.ran_on(now)
    assert state.proof["kernels"] == "torch's, then products 1"
    fresh = TrainingState(spec, Networks(spec, "cpu"), "cpu")
    fresh.ran_on(now)
    assert fresh.proof["kernels"] == "products 1"
    assert ran_on({"torch": "2"}) == {"torch": "2", "kernels": "torch's"}
    assert ran_on({"batches": "00"}) == {}


AVERAGED = ("is", "fid", "fid_validation", "fid_test")


def test_an_average_leaves_training_as_it_is_and_is_scored_beside_g(tiny, trained) -> None:
    plain, beside = trained(tiny()), trained(tiny(ema=0.9))
    for name in ("metrics", "spectra", "diagnostics", "best"):
        assert plain.rows(name) == beside.rows(name)
    untrained, *_, last = beside.rows("scores")
    assert untrained["fid_ema"] != untrained["fid"], "its batch norms have statistics of their own"
    added = [{key: row.pop(f"{key}_ema") for key in AVERAGED} for row in (untrained, last)]
    assert plain.rows("scores")[-1] == last
    assert added[0].keys() == added[1].keys()


def test_scores_of_the_average_are_those_of_its_samples(tiny, trained) -> None:
    spec = tiny(ema=0.9)
    store = trained(spec)
    saved = checkpoint.load(store)
    assert saved
    weights = {
        key.removeprefix("module."): value
        for key, value in saved["averaged"].items()
        if key.startswith("module.")
    }
    generator = generator_at(spec, 10, weights, "cpu")
    batches = seeds.latents(0, "batch norm", 0, 32 * 32, 16).split(32)
    (norm,) = [m for m in generator.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    inputs = []
    norm.register_forward_hook(lambda _, given, out: inputs.append(given[0].detach()))
    with torch.no_grad():
        for batch in batches:
            generator(batch)
    norm.running_mean = torch.stack([x.mean((0, 2, 3)) for x in inputs]).mean(0)
    norm.running_var = torch.stack([x.var((0, 2, 3)) for x in inputs]).mean(0)
    images = generate(generator, seeds.latents(0, "evaluation", 0, 200, 16))
    row = scorer(spec.dataset, "classifier", Options()).score(images, spec.evaluation)
    assert store.rows("scores")[-1]["fid_ema"] == pytest.approx(row["fid"], rel=1e-3)
    assert store.rows("scores")[-1]["fid_ema"] != store.rows("scores")[-1]["fid"]


@pytest.mark.parametrize("ema", [0.0, 1.0, -0.1])
def test_an_average_that_keeps_nothing_or_everything_is_refused(ema, tiny) -> None:
    with pytest.raises(ValidationError, match="ema"):
        tiny(ema=ema)


def test_the_best_generator_is_scored_again_on_fresh_latents(tiny, trained) -> None:
    spec = tiny(evaluation={"every": 2, "samples": 200}, steps=40)
    store = trained(spec)
    trained_rows = store.rows("scores")[1:]
    best = min(trained_rows, key=lambda row: row["fid"])
    (again,) = store.rows("best")
    assert again["step"] == best["step"]
    assert again.keys() == best.keys()
    assert again["protocol"] == best["protocol"]
    assert again["fid"] != best["fid"]
    saved = checkpoint.load(store)
    assert saved
    generator = generator_at(spec, best["step"], saved["best"]["generator"], "cpu")
    judge = scorer(spec.dataset, "classifier", Options())
    for purpose, row in (("evaluation", best), ("best", again)):
        images = generate(generator, seeds.latents(0, purpose, 0, 200, 16))
        assert judge.score(images, spec.evaluation)["fid"] == row["fid"]


def test_a_run_cut_off_before_its_end_was_recorded_has_one_best_row(tiny, trained) -> None:
    spec = tiny()
    store = trained(spec)
    rows = store.rows("best")
    for file in (store.done_file, store.status_file):
        file.unlink()
    assert train(spec, store, Options()).state == State.FINISHED
    assert store.rows("best") == rows
    store.check(spec)
    assert len(rows) == 1
    store.append("best", rows)
    with pytest.raises(StoreProblem, match=r"best.jsonl: changed or damaged"):
        store.check(spec)


def test_the_best_score_is_kept_whatever_follows(tiny) -> None:
    spec = tiny(evaluation={"every": 5, "samples": 200, "metrics": ["is"]})
    networks = Networks(spec, "cpu")
    state = TrainingState(spec, networks, "cpu")
    kept: dict[str, torch.Tensor] = {}
    for step, value in enumerate([2.0, math.nan, 3.0, 3.0, 1.0, math.nan], 1):
        state.step = step
        for parameter in networks.generator.parameters():
            parameter.data.fill_(step)
        state.keep_best({"is": value})
        kept = copy.deepcopy(dict(networks.generator.state_dict())) if step == 3 else kept
    assert state.best["step"] == 3
    assert all(torch.equal(kept[key], value) for key, value in state.best["generator"].items())


def test_a_run_that_diverged_has_no_best_row(tiny, trained) -> None:
    overflowing = {"name": "spectral_norm", "scale": 1e15}
    store = trained(tiny(method=overflowing, loss="wasserstein"))
    assert store.status().state == State.DIVERGED
    assert store.rows("best") == []


@pytest.mark.parametrize(
    ("metrics", "present", "chosen"),
    [
        (["is", "fid"], ["is", "fid", "fid_validation"], "fid_validation"),
        (["is", "fid"], ["is", "fid"], "fid"),
        (["prc", "is"], ["is", "precision", "precision_validation"], "precision_validation"),
        ([{"kid": {"subset_size": 50}}, "fid"],
         ["kid", "fid", "kid_validation", "fid_validation"], "kid_validation"),
        (["is"], ["is"], "is"),
        (["coverage"], ["label_kl"], None),
    ],
)  # fmt: skip
def test_the_score_that_chooses(metrics, present, chosen, tiny) -> None:
    spec = tiny(evaluation={"every": 5, "samples": 200, "metrics": metrics})
    column = selecting(spec.evaluation.metrics, present)
    assert (column and validated(column.name, present)) == chosen
