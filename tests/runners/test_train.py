"""The loop: repeatable, resumable, paired, and honest about divergence."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from runners import checkpoint
from runners import train as loop
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.options import Options

MEASURED = ("metrics", "scores", "spectra", "diagnostics", "best")


def _numbers(store) -> dict[str, bytes]:
    return {name: store.rows_file(name).read_bytes() for name in MEASURED}


def test_rows_fall_on_their_cadence_and_the_last_step(tiny, trained) -> None:
    store = trained(tiny(steps=11))
    assert [row["step"] for row in store.rows("metrics")] == [2, 4, 5, 6, 8, 10, 11]
    assert [row["step"] for row in store.rows("scores")] == [0, 5, 10, 11]
    assert [row["step"] for row in store.rows("diagnostics")] == [0, 5, 10, 11]
    assert [step for step, _ in store.sample_grids()] == [0, 5, 10, 11]
    assert store.status().state == "finished"
    assert store.is_done()


def test_the_same_spec_gives_the_same_bytes(tiny, trained) -> None:
    spec = tiny(method="spectral_norm", n_dis=2)
    first, second = trained(spec, "one"), trained(spec, "two")
    assert _numbers(first) == _numbers(second)
    assert first.proof() == second.proof()


@pytest.mark.parametrize("method", METHODS)
def test_a_run_stopped_anywhere_resumes_exactly(method, tiny, trained, monkeypatch) -> None:
    spec = tiny(method=method, steps=12)
    whole = trained(spec, "whole")

    class Stop(Exception):
        pass

    norm, calls = loop.gradient_norm, []

    def stop_once(network):  # after the checkpoint of step 5, in the middle of step 8's row
        calls.append(network)
        if len(calls) == 10:
            raise Stop
        return norm(network)

    monkeypatch.setattr(loop, "gradient_norm", stop_once)
    with pytest.raises(Stop):
        trained(spec, "stopped")
    stopped = trained(spec, "stopped")
    assert _numbers(stopped) == _numbers(whole)
    assert stopped.proof() == whole.proof()


@pytest.mark.slow
def test_methods_of_a_seed_share_what_the_proof_says(tiny, trained) -> None:
    methods = [name for name, method in METHODS.items() if not method.lacking()]
    proofs = [trained(tiny(method=method)).proof() for method in methods]
    other = trained(tiny(seed=1)).proof()
    for key in ("generator_init", "discriminator_init", "batches", "latents"):
        assert len({proof[key] for proof in proofs}) == 1, key
        assert other[key] != proofs[0][key], key


def test_measuring_more_often_does_not_change_training(tiny, trained) -> None:
    seldom = trained(tiny(evaluation={"every": 10, "samples": 200}, diagnostics_every=10))
    often = trained(tiny(evaluation={"every": 1, "samples": 100}, diagnostics_every=1))
    assert seldom.rows("spectra")[-1] == often.rows("spectra")[-1]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_dis", [1, 3])
def test_every_loss_trains(loss, n_dis, tiny, trained) -> None:
    store = trained(tiny(loss=loss, n_dis=n_dis))
    first, last = store.rows("metrics")[0], store.rows("metrics")[-1]
    assert first["loss_d"] != last["loss_d"]
    assert first["grad_norm_g"] > 0


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_norms_in_the_discriminator_train(norm, tiny, trained) -> None:
    store = trained(tiny(model={"name": "dcgan", "width": 8, "latent": 16, "norm": norm}))
    assert store.status().state == "finished"


@pytest.mark.parametrize("method", METHODS)
def test_bf16_trains_on_what_fp32_does(method, tiny, trained) -> None:
    full = trained(tiny(method=method, steps=4), "full")
    half = trained(tiny(method=method, steps=4, precision="bf16"), "half")
    again = trained(tiny(method=method, steps=4, precision="bf16"), "again")
    assert _numbers(half) == _numbers(again)
    assert _numbers(half) != _numbers(full)
    shared = ("generator_init", "discriminator_init", "batches", "latents")
    assert all(half.proof()[key] == full.proof()[key] for key in shared)
    one, two = full.rows("metrics")[-1], half.rows("metrics")[-1]
    assert two["loss_d"] == pytest.approx(one["loss_d"], rel=0.02)
    assert two["loss_g"] == pytest.approx(one["loss_g"], rel=0.02)
    saved = checkpoint.load(half)
    assert saved
    kept = [*saved["generator"].values(), *saved["discriminator"].values()]
    assert {tensor.dtype for tensor in kept} <= {torch.float32, torch.int64}


def test_bf16_leaves_spectral_norm_its_promise(tiny, trained) -> None:
    method = {"name": "spectral_norm", "n_power_iterations": 100}
    store = trained(tiny(method=method, steps=40, precision="bf16"))
    sigmas = [row["sigma_max"] for row in store.rows("spectra") if row["step"] == 40]
    assert sigmas == pytest.approx([1.0] * 3, abs=1e-3)


def test_rmsprop_trains(tiny, trained) -> None:
    assert trained(tiny(optimizer="rmsprop")).status().state == "finished"


def test_divergence_is_a_result(tiny, trained) -> None:
    overflowing = {"name": "spectral_norm", "scale": 1e15}  # 1e45 after three layers
    store = trained(tiny(method=overflowing, loss="wasserstein"))
    status = store.status()
    assert status.state == "diverged"
    assert "non-finite" in status.reason
    assert store.is_done()
    assert None in store.rows("metrics")[-1].values()


def test_stored_samples_and_grid_are_the_generators(tiny, trained) -> None:
    store = trained(tiny())
    with np.load(store.samples_file) as arrays:
        images = arrays["images"]
    assert images.shape == (200, 1, 8, 8)
    assert images.dtype == np.uint8
    picture = np.asarray(Image.open(store.sample_grids()[-1][1]))
    assert picture.shape == (8 * 36 - 4, 8 * 36 - 4)
    assert np.array_equal(picture[0:32:4, 36:68:4], images[1, 0])


def test_the_loop_takes_one_plain_step(tiny, trained) -> None:
    """The first row equals a textbook step: two forwards, autograd, torch's own Adam."""
    import scipy.stats

    from runners import seeds
    from runners.datasets import load_images
    from runners.networks import Networks, to_float

    spec = tiny(log_every=1)
    row = trained(spec).rows("metrics")[0]
    networks = Networks(spec, "cpu")
    generator, discriminator = networks.generator, networks.discriminator
    images = torch.from_numpy(load_images(spec.dataset, Options().data_root).train)
    real = to_float(images[seeds.BatchSampler(0, len(images), 32).batch(0)])
    z = seeds.latents(0, "latents", 0, 32, 16)
    criterion = torch.nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(32), torch.zeros(32)
    adam = torch.optim.Adam(discriminator.parameters(), 1e-3, (0.5, 0.999))
    on_real, on_fake = discriminator(real), discriminator(generator(z).detach())
    loss_d = criterion(on_real, ones) + criterion(on_fake, zeros)
    u = scipy.stats.mannwhitneyu(on_real.detach().numpy(), on_fake.detach().numpy()).statistic
    loss_d.backward()
    adam.step()
    loss_g = criterion(discriminator(generator(z)), ones)
    assert row["loss_d"] == pytest.approx(loss_d.item(), rel=1e-5)
    assert row["loss_g"] == pytest.approx(loss_g.item(), rel=1e-5)
    assert row["auc_gap"] == pytest.approx(abs(u / 32**2 - 0.5), abs=2e-3)  # two pairs may tie
