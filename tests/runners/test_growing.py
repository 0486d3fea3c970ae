"""Pairs that grow: what is in use at a step, with which weight, and what is left alone."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from runners import checkpoint, rescore, seeds
from runners.contracts.base import images
from runners.diagnostics.diagnose import diagnose
from runners.diagnostics.operator_norm import operator_norms
from runners.lipschitz import METHODS
from runners.measure import undisturbed
from runners.metrics.scorer import scorer
from runners.models.growing import HALVED, GrowingFeatures, Halved, averaged_down, enlarged
from runners.models.progressive import Progressive
from runners.models.stylegan import StyleGAN
from runners.networks import Networks, generate, generator_at, tile
from runners.options import Options
from runners.state import TrainingState
from runners.store.run import RunStore
from runners.train import train

SHAPE = (1, 16, 16)
MEASURED = ("metrics", "scores", "spectra", "diagnostics", "best")
PHASES: dict[str, Any] = {"phase_steps": 4, "fade": 1.0}  # 8 px fade in at steps 6, 7 and 8
PROGRESSIVE = {"name": "progressive", "width": 4, "latent": 8, **PHASES}
STYLEGAN = {
    "name": "stylegan", "width": 4, "z": 8, "mapping_layers": 2, "progressive": True, **PHASES,
}  # fmt: skip
GROWN = {"progressive": PROGRESSIVE, "stylegan": STYLEGAN}
STEPS = {0: 0.0, 1: 0.0, 26: 0.25, 41: 1.0, 56: 1.75, 61: 2.0, 999: 2.0}
"""Step -> stage at 16 px, with twenty steps a phase that are all fade."""


def _pair(step: int) -> tuple[nn.Module, nn.Module]:
    model = Progressive(width=2, latent=8, phase_steps=20, fade=1.0)
    pair = model.generator(SHAPE), model.discriminator(SHAPE)
    for network in pair:
        model.initialise(network, seeds.draws(0, "init"))
    model.advance(*pair, step)
    return pair


def _features(step: int) -> GrowingFeatures:
    features = _pair(step)[1][0]  # pyright: ignore
    assert isinstance(features, GrowingFeatures)
    return features


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_stage_is_a_function_of_the_step() -> None:
    model = Progressive(phase_steps=100, fade=0.4)
    known = {0: 0, 1: 0, 101: 0, 102: 1 / 40, 121: 0.5, 140: 39 / 40, 141: 1, 201: 1, 211: 1.25,
             241: 2, 10**6: 2}  # fmt: skip
    assert {step: model.stage(step, levels=2) for step in known} == pytest.approx(known)
    assert Progressive(phase_steps=100, fade=0.0).stage(101, levels=2) == 1
    assert StyleGAN(phase_steps=100).stage(0, levels=2) == 2
    grown = StyleGAN(phase_steps=100, fade=0.4, progressive=True)
    assert [grown.stage(step, 2) for step in known] == [model.stage(step, 2) for step in known]


def test_parameters_are_as_many_as_by_hand() -> None:
    model = Progressive(width=8, latent=10)  # 32, 16 and 8 channels at 4, 8 and 16 px

    def conv(inputs: int, out: int) -> int:
        return 9 * inputs * out + out

    norms = 2 * (2 * 32 + 2 * 16 + 2 * 8)
    layers = conv(32, 32) + conv(32, 16) + conv(16, 16) + conv(16, 8) + conv(8, 8)
    to_rgb = (32 + 16 + 8) * 3 + 3 * 3
    assert _count(model.generator((3, 16, 16))) == 11 * 512 + norms + layers + to_rgb
    layers = conv(8, 8) + conv(8, 16) + conv(16, 16) + conv(16, 32) + conv(32, 32)
    from_rgb = (32 + 16 + 8) * 3 + 32 + 16 + 8
    dense = 16 * 32 * 32 + 32 + 32 + 1
    assert _count(model.discriminator((3, 16, 16))) == from_rgb + layers + dense


def _halved(x: Tensor) -> Tensor:
    return x.unflatten(3, (-1, 2)).unflatten(2, (-1, 2)).mean((3, 5))


def _doubled(x: Tensor) -> Tensor:
    return x.repeat_interleave(2, 2).repeat_interleave(2, 3)


def _times(step, x: Tensor, count: int) -> Tensor:
    for _ in range(count):
        x = step(x)
    return x


@pytest.mark.parametrize("step", STEPS)
def test_in_g_a_resolution_fades_in_by_a_weighted_sum_of_images(step) -> None:
    generator = _pair(step)[0].eval()
    level = int(np.ceil(STEPS[step]))
    alpha = STEPS[step] - (level - 1)
    z = torch.randn(3, 8, generator=seeds.draws(0, "z"))
    made = [z]
    for block in list(generator.blocks)[: level + 1]:  # pyright: ignore
        made.append(block(made[-1]))
    drawn = generator.to_image[str(level)](made[-1])  # pyright: ignore
    if level:
        before = generator.to_image[str(level - 1)](made[-2])  # pyright: ignore
        drawn = alpha * drawn + (1 - alpha) * _doubled(before)
    drawn = _times(_doubled, drawn.tanh(), 2 - level)
    assert torch.allclose(generator(z), drawn, atol=1e-6)


@pytest.mark.parametrize("step", STEPS)
def test_d_mirrors_it_with_features_of_averaged_images(step) -> None:
    features, x = _features(step), images("x", SHAPE)
    level = int(np.ceil(STEPS[step]))
    alpha = STEPS[step] - (level - 1)

    def conv(x: Tensor, layer: nn.Conv2d) -> Tensor:
        out = functional.conv2d(x, layer.weight, layer.bias, padding=layer.kernel_size[0] // 2)
        return torch.where(out > 0, out, 0.2 * out)

    def block(x: Tensor, level: int) -> Tensor:
        layers: Any = features.blocks[str(level)]
        return _halved(conv(conv(x, layers[0]), layers[2]))

    colours: Any = features.from_image
    seen = _times(_halved, x, 2 - level)
    found = conv(seen, colours[str(level)][0])
    if level:
        before = conv(_halved(seen), colours[str(level - 1)][0])
        found = alpha * block(found, level) + (1 - alpha) * before
    for coarser in range(level - 1, 0, -1):
        found = block(found, coarser)
    assert torch.allclose(features(x), found, atol=1e-6)


def _matrix(network: nn.Module, size: int, channels: int = 1) -> np.ndarray:
    """Return the matrix of a network's affine map, column by column, in float64."""
    basis = torch.eye(channels * size**2, dtype=torch.float64).view(-1, channels, size, size)
    with torch.no_grad():
        return (network(basis) - network(torch.zeros_like(basis[:1]))).flatten(1).T.numpy()


@pytest.mark.parametrize("levels", [1, 2])
def test_averaging_halves_norms_and_repeating_pixels_doubles_them(levels) -> None:
    class Averaged(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return averaged_down(x, levels)

    class Enlarged(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return enlarged(x, levels)

    values = scipy.linalg.svdvals(_matrix(Averaged(), 8, channels=2))
    assert values == pytest.approx(HALVED**levels, rel=1e-12)
    assert scipy.linalg.svdvals(_matrix(Enlarged(), 4)) == pytest.approx(2**levels, rel=1e-12)


def _bound(features: GrowingFeatures, norm: Callable[[nn.Conv2d, str], float]) -> float:
    """Return the bound of features whose convolutions have these norms."""
    names = {module: name for name, module in features.named_modules()}

    def of(module: nn.Module) -> float:
        if isinstance(module, nn.Sequential):
            return math.prod(map(of, module))
        if isinstance(module, nn.Conv2d):
            return norm(module, names[module])
        return HALVED if isinstance(module, Halved) else 1.0

    return features.lipschitz_bound(of)


@pytest.mark.parametrize(
    ("step", "bound"),
    [
        (1, 3 / 4),
        (26, (0.25 * 3 * 2 * 2 / 2 + 0.75 * 3 / 2) / 2),
        (41, 3 * 2 * 2 / 2 / 2),
        (56, (0.75 * 3 * 2 * 2 / 2 + 0.25 * 3 / 2) * 2 * 2 / 2),
        (61, 3 * (2 * 2 / 2) ** 2),
    ],
)
def test_the_bound_of_a_stage_is_the_weighted_sum_of_its_two_ways(step, bound) -> None:
    found = _bound(_features(step), lambda _, name: 3.0 if "from_image" in name else 2.0)
    assert found == pytest.approx(bound, rel=1e-12)


@pytest.mark.parametrize("step", [1, 26, 56])
def test_the_bound_of_a_stage_is_not_below_the_norm_of_its_linear_map(step) -> None:
    features = _features(step)
    rows = operator_norms(features, SHAPE, {})
    linear = copy.deepcopy(features).double()
    for module in linear.modules():
        if isinstance(module, nn.LeakyReLU):
            module.negative_slope = 1.0
    truth = scipy.linalg.svdvals(_matrix(linear, 16))[0]
    bound = _bound(features, lambda _, name: rows[name]["operator_upper"])
    assert truth <= bound * (1 + 1e-9)


def _place(layer: str) -> str:
    """Return a layer's name without what methods put around layers, or around D."""
    return layer.removeprefix("inner.").removesuffix(".layer")


@pytest.mark.parametrize("method", METHODS)
def test_diagnostics_know_the_layers_in_use_and_bracket_d(method, tiny) -> None:
    spec = tiny(method=method, model=PROGRESSIVE)
    networks = Networks(spec, "cpu")
    real, fake = images("real"), images("fake")
    always = {"1", "4", "6"}
    first, second = {"0.from_image.0.0"}, {"0.from_image.1.0", "0.blocks.1.0", "0.blocks.1.2"}
    starts: dict[str, Tensor] = {}
    for step, used in ((1, first), (7, first | second), (9, second), (1, first)):
        networks.advance(step)
        with undisturbed(networks.discriminator):
            rows, whole = diagnose(
                spec.method, networks.discriminator, real, fake, seeds.draws(0, "x"), starts
            )
        assert {_place(row["layer"]) for row in rows} == always | used
        upper = whole["lipschitz_upper"]
        assert upper is None or 0 < whole["lipschitz_lower"] <= upper * (1 + 1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
@pytest.mark.parametrize("name", GROWN)
def test_layers_not_in_use_are_left_alone(name, optimizer, tiny, trained) -> None:
    spec = tiny(model=GROWN[name], optimizer=optimizer, steps=4)
    saved = checkpoint.load(trained(spec))
    assert saved
    fresh = Networks(spec, "cpu")
    for which in ("generator", "discriminator"):
        network = getattr(fresh, which)
        names = [key for key, _ in network.named_parameters()]
        moved = {
            key for key in names if not torch.equal(saved[which][key], network.state_dict()[key])
        }
        unused = {key for key in names if "image.1" in key or "blocks.1" in key}
        assert unused
        assert moved == set(names) - unused
        known = saved[f"optimizer_{which[0]}"]["state"]
        assert set(known) == {number for number, key in enumerate(names) if key not in unused}


def test_what_faded_out_is_left_alone_and_methods_reach_layers_not_in_use(tiny, trained) -> None:
    model = PROGRESSIVE | {"fade": 0.5}
    short, long = (
        checkpoint.load(trained(tiny(model=model, steps=steps), f"{steps}")) for steps in (6, 10)
    )
    assert short
    assert long
    for which in ("generator.to_image", "discriminator.0.from_image"):
        network, key = which.split(".", 1)
        same = [
            torch.equal(short[network][k], long[network][k]) for k in short[network] if key in k
        ]
        assert same.count(True) == same.count(False) == len(same) / 2
    spec = tiny(model=PROGRESSIVE, method={"name": "weight_clipping", "c": 0.02}, steps=1)
    clipped = checkpoint.load(trained(spec))
    assert clipped
    assert all(w.abs().max() <= 0.02 for k, w in clipped["discriminator"].items() if "weight" in k)


CASES = [
    ("progressive", {"method": "none", "ema": 0.9}),
    ("progressive", {"method": "weight_clipping"}),
    ("progressive", {"method": "gradient_penalty", "n_dis": 2}),
    ("progressive", {"method": "spectral_norm", "optimizer": "rmsprop"}),
    ("stylegan", {"method": "spectral_norm", "ema": 0.9}),
    ("stylegan", {"method": "gradient_penalty"}),
]


@pytest.mark.parametrize(("name", "fields"), CASES)
def test_stopped_while_a_resolution_fades_in_a_run_goes_on_to_the_same_bytes(
    name, fields, tiny, tmp_path
) -> None:
    evaluation = {"every": 5, "samples": 100}
    spec = tiny(model=GROWN[name], evaluation=evaluation, batch_size=16, log_every=1, **fields)
    whole, parts = (RunStore(tmp_path / name / spec.run_id) for name in ("whole", "parts"))
    for store in (whole, parts):
        store.create(spec.as_dict)
    train(spec, whole, Options())
    for steps, stop in ((6, 6), (1, 7)):  # with alpha 1/4 and 1/2
        answers = iter([False] * (steps - 1) + [True])
        train(spec, parts, Options(), answers.__next__)
        saved = checkpoint.load(parts)
        assert saved
        assert saved["step"] == stop
    train(spec, parts, Options())
    for file in MEASURED:
        assert parts.rows_file(file).read_bytes() == whole.rows_file(file).read_bytes()
    assert parts.proof() == whole.proof()


@pytest.mark.parametrize("name", GROWN)
def test_an_average_is_at_the_stage_of_g_also_after_a_stop(name, tiny) -> None:
    spec = tiny(model=GROWN[name], ema=0.9)
    state = TrainingState(spec, Networks(spec, "cpu"), "cpu")
    assert state.averaged is not None
    average: Any = state.averaged.module
    for step in (1, 7, 9):
        state.begin(step)
        state.average()
        assert average.stage == state.networks.generator.stage == spec.model.stage(step, 1)
    resumed = TrainingState(spec, Networks(spec, "cpu"), "cpu")
    resumed.begin(7)
    resumed.average()
    assert resumed.averaged is not None
    assert resumed.averaged.module.stage == 0.5  # pyright: ignore


def test_averages_and_best_generators_are_scored_as_they_are_at_their_step(tiny, trained) -> None:
    spec = tiny(model=STYLEGAN, ema=0.9, steps=7, evaluation={"every": 1, "samples": 100})
    store = trained(spec)
    saved = checkpoint.load(store)
    assert saved
    judge = scorer(spec.dataset, "classifier", Options())
    latents = seeds.latents(0, "evaluation", 0, 100, spec.model.latent)

    def fid(step: int, weights: dict[str, Tensor]) -> float:
        made = generate(generator_at(spec, step, weights, "cpu"), latents)
        return judge.score(made, spec.evaluation)["fid"]

    weights = {k.removeprefix("module."): v for k, v in saved["averaged"].items() if "module." in k}
    rows = {row["step"]: row for row in store.rows("scores")}
    assert fid(7, weights) == rows[7]["fid_ema"] != fid(6, weights)
    best = saved["best"]
    assert fid(best["step"], best["generator"]) == rows[best["step"]]["fid"]


def test_samples_of_a_checkpoint_are_those_of_its_stage(tiny, trained) -> None:
    store = trained(tiny(model=PROGRESSIVE, steps=7))
    _, made, step = rescore.samples(store, "evaluation", 64)
    picture = np.asarray(Image.open(store.sample_grid_file(7)))
    assert step == 7
    assert np.array_equal(tile(made)[:, :, 0], picture)
    first = np.asarray(Image.open(store.sample_grid_file(0)))
    assert np.array_equal(first[::8, ::8][:4, :4], first[4::8, 4::8][:4, :4]), (
        "4x4 pixels, enlarged"
    )


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"name": "progressive"}, "8, 16, 32 or 64 px, not 28x28; .* dataset.size"),
        ({"name": "stylegan", "size": 16}, "8, 16, 32 or 64 px, not 28x28; .* dataset.size"),
    ],
)
def test_other_sizes_are_refused_with_what_to_do(model, said, tiny) -> None:
    with pytest.raises(ValueError, match=said):
        tiny(model=model, dataset="mnist")


def test_a_style_gan_of_another_size_is_refused(tiny) -> None:
    with pytest.raises(ValueError, match=r"built for 16 px here, not 8; set model.size"):
        tiny(model={"name": "stylegan", "size": 16})
