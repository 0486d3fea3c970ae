"""Dropout's masks: what they do, what they depend on, and that runs with them resume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from runners import seeds
from runners.metrics import classifier
from runners.models import MODELS
from runners.models.dropout import Dropout, advance
from runners.networks import Networks
from runners.options import Options
from runners.spec import RunSpec, from_dict
from runners.store.run import RunStore
from runners.train import train

MEASURED = ("metrics", "scores", "spectra", "diagnostics")


def test_a_share_is_zero_and_the_mean_stays() -> None:
    x = torch.full((500, 1000), 2.0)
    out = Dropout(0.3)(x)
    assert (out == 0).float().mean() == pytest.approx(0.3, abs=0.005)
    torch.testing.assert_close(out[out != 0].unique(), torch.tensor([2 / 0.7]))
    assert out.mean() == pytest.approx(2, abs=0.02)


def test_it_passes_through_in_eval_mode_and_at_zero() -> None:
    x = torch.randn(4, 5)
    assert Dropout(0.9).eval()(x) is x
    assert torch.equal(Dropout(0.0)(x), x)


def test_masks_depend_on_key_layer_step_and_pass_alone() -> None:
    x = torch.ones(64, 64)
    draws = seeds.draws(0, "init")
    layers = [Dropout(0.5), Dropout(0.5)]
    network = nn.Sequential(*layers)
    for layer in layers:
        layer.draw_key(draws)
    masks = {}
    for step in (1, 2):
        advance(network, step)
        for number in (1, 2):
            masks |= {(name, step, number): layer(x) for name, layer in enumerate(layers)}
    different = list(masks.values())
    assert all(
        not torch.equal(a, b) for i, a in enumerate(different) for b in different[:i]
    )  # eight masks
    advance(network, 1)
    torch.manual_seed(7)
    assert torch.equal(layers[1](x), masks[1, 1, 1])
    layers[0].draw_key(seeds.draws(1, "init"))
    advance(network, 1)
    assert not torch.equal(layers[0](x), masks[0, 1, 1])


def _folder(path: Path) -> dict[str, object]:
    """Write noisy 28x28 pictures of two classes."""
    noise = np.random.default_rng(0)
    for label, grey in (("dark", 60), ("light", 190)):
        (path / label).mkdir(parents=True)
        for number in range(60):
            picture = np.clip(noise.normal(grey, 30, (28, 28)), 0, 255).astype(np.uint8)
            Image.fromarray(picture).save(path / label / f"{number:02d}.png")
    return {"name": "folder", "path": str(path), "size": 28, "channels": 1, "labelled": True}


@pytest.fixture
def spec(tmp_path, monkeypatch) -> RunSpec:
    monkeypatch.setattr(classifier, "UPDATES", 2)  # nobody reads these scores
    return from_dict({
        "method": "gradient_penalty", "seed": 0, "dataset": _folder(tmp_path / "pictures"),
        "model": "wgan_mnist", "loss": "wasserstein", "optimizer": "rmsprop", "steps": 4,
        "n_dis": 2, "batch_size": 4, "log_every": 1, "diagnostics_every": 2,
        "evaluation": {"every": 2, "samples": 100, "metrics": ["fid"], "extractor": "classifier"},
    })  # fmt: skip


@pytest.mark.slow
def test_a_run_with_dropout_is_stopped_and_resumed_to_the_same_bytes(spec, tmp_path) -> None:
    options = Options(cache=tmp_path / "cache")
    whole, halved = (RunStore(tmp_path / name / spec.run_id) for name in "ab")
    for store in (whole, halved):
        store.create(spec.as_dict)
    train(spec, whole, options)
    stops = iter([False, False, True])
    train(spec, halved, options, lambda: next(stops, False))
    train(spec, halved, options)
    for name in MEASURED:
        assert whole.rows_file(name).read_bytes() == halved.rows_file(name).read_bytes()


def test_all_methods_of_a_seed_start_a_step_with_the_same_masks(spec) -> None:
    x = torch.ones(4, 1, 28, 28)
    kept = []
    for method in ("none", "spectral_norm"):
        networks = Networks(from_dict(spec.as_dict | {"method": {"name": method}}), "cpu")
        networks.advance(3)
        layer = next(m for m in networks.discriminator.modules() if isinstance(m, Dropout))
        kept.append(layer(x) == 0)
    assert torch.equal(*kept)
    assert 0 < kept[0].sum() < kept[0].numel()


def test_every_model_with_dropout_starts_its_masks_anew() -> None:
    """A layer that no key was drawn for, or that no step reaches, would repeat itself."""
    for name in ("wgan_mnist", "fashion_dcgan"):
        model = MODELS[name]()
        network = model.discriminator((1, 28, 28))
        model.initialise(network, seeds.draws(0, "init"))
        layers = [module for module in network.modules() if isinstance(module, Dropout)]
        assert len({int(layer.get_buffer("key")) for layer in layers}) == 2
        x = torch.ones(100)
        seen = []
        for step in (1, 2):
            model.advance(nn.Identity(), network, step)
            seen += [layer(x) for layer in layers]
        assert len({tuple(mask.tolist()) for mask in seen}) == 4
