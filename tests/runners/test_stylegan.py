"""StyleGAN: each layer against its formula, and what the latent decides."""

from __future__ import annotations

import math
from typing import Any

import pytest
import scipy.stats
import torch
from torch import Tensor, nn

from runners import seeds
from runners.models.stylegan import StyleGAN
from runners.models.styles import (
    EPSILON,
    Mapping,
    SlowLinear,
    StyleGenerator,
    adaptive_instance_norm,
    crossover,
)
from runners.stabilisers.equalised_lr import EqualisedLearningRate

SHAPE = (1, 16, 16)
MODEL = StyleGAN(size=16, width=2, z=6, mapping_layers=3)


def _generator(model: StyleGAN = MODEL) -> StyleGenerator:
    network = model.generator(SHAPE)
    model.initialise(network, seeds.draws(0, "init"))
    assert isinstance(network, StyleGenerator)
    return network


def _latents(count: int, model: StyleGAN = MODEL) -> Tensor:
    return torch.randn(count, model.latent, generator=seeds.draws(0, "z"))


def test_adaptive_instance_norm_is_the_formula_on_the_statistics_of_each_sample() -> None:
    draws = seeds.draws(0, "x")
    x = torch.randn(3, 4, 5, 5, generator=draws, dtype=torch.float64, requires_grad=True)
    scale, shift = torch.randn(2, 3, 4, generator=draws, dtype=torch.float64)
    out = torch.empty_like(x)
    for n in range(3):
        for c in range(4):
            plane = x[n, c]
            mean = plane.sum() / 25
            variance = (plane - mean).square().sum() / 25
            out[n, c] = scale[n, c] * (plane - mean) / (variance + EPSILON).sqrt() + shift[n, c]
    found = adaptive_instance_norm(x, scale, shift)
    assert torch.allclose(found, out, atol=1e-12)
    weights = torch.randn(3, 4, 5, 5, generator=draws, dtype=torch.float64)
    ours, plain = (torch.autograd.grad((y * weights).sum(), x)[0] for y in (found, out))
    assert torch.allclose(ours, plain, atol=1e-10)


def test_a_layer_adds_scaled_noise_activates_and_takes_the_style() -> None:
    styled: Any = _generator().double().blocks[1].styled[0]  # pyright: ignore
    draws = seeds.draws(0, "x")
    nn.init.normal_(styled.noise, generator=draws)
    x, noise, w = (
        torch.randn(2, size, generator=draws, dtype=torch.float64) for size in (4 * 64, 64, 6)
    )
    x = x.view(2, 4, 8, 8)
    noisy = x + styled.noise * noise.view(2, 1, 8, 8)
    active = torch.where(noisy > 0, noisy, 0.2 * noisy)
    style = w @ styled.style.weight.T + styled.style.bias
    expected = adaptive_instance_norm(active, 1 + style[:, :4], style[:, 4:])
    assert torch.allclose(styled(x, w, noise), expected, atol=1e-12)


@pytest.mark.parametrize("layers", [1, 8])
def test_the_mapping_has_as_many_layers_as_asked_for_after_normalising_z(layers) -> None:
    generator = _generator(StyleGAN(size=16, width=2, z=6, mapping_layers=layers))
    mapping = generator.mapping
    dense = [module for module in mapping.modules() if isinstance(module, SlowLinear)]
    assert len(dense) == layers
    z = _latents(5)[:, :6]
    w = z / z.square().mean(1, keepdim=True).sqrt()
    for layer in dense:
        w = nn.functional.leaky_relu(0.01 * (w @ layer.weight.T + layer.bias), 0.2)
    assert torch.allclose(mapping(z), w, atol=1e-6)
    assert torch.allclose(mapping(z), mapping(7 * z), atol=1e-5)


def test_the_mapping_learns_at_a_share_of_the_rate() -> None:
    """One step of Adam moves every effective weight by the rate, or its share of it."""
    moved = {}
    for rate in (1.0, 0.01):
        model = StyleGAN(size=16, width=2, z=6, mapping_rate=rate, mixing=0.0)
        generator = _generator(model)
        first: Any = generator.mapping[0]
        before = rate * first.weight.detach().clone()
        moved[f"std {rate}"] = before.std().item()
        adam = torch.optim.Adam(generator.parameters(), 1e-3, betas=(0.0, 0.99), eps=1e-30)
        generator(_latents(4)).square().sum().backward()
        adam.step()
        moved[rate] = (rate * first.weight.detach() - before).abs().max().item()
    assert moved[1.0] == pytest.approx(1e-3, rel=1e-3)
    assert moved[0.01] == pytest.approx(1e-5, rel=1e-2)
    assert moved["std 1.0"] == pytest.approx(moved["std 0.01"], rel=1e-5)


def test_parameters_and_latents_are_as_many_as_by_hand() -> None:
    model = StyleGAN(size=16, width=4, z=10, mapping_layers=8)  # 16, 8 and 4 channels

    def conv(inputs: int, out: int) -> int:
        return 9 * inputs * out + out

    convolutions = conv(16, 16) + conv(16, 8) + conv(8, 8) + conv(8, 4) + conv(4, 4)
    styles = sum(2 * ((10 + 1) * 2 * c + c) for c in (16, 8, 4))  # and scales of the noise
    expected = 8 * 11 * 10 + 16 * 16 + convolutions + styles + (4 + 1)
    generator = model.generator(SHAPE)
    assert sum(p.numel() for p in generator.parameters()) == expected
    grown = StyleGAN(size=16, width=4, z=10, progressive=True).generator(SHAPE)
    assert sum(p.numel() for p in grown.parameters()) == expected + 16 + 1 + 8 + 1
    assert model.latent == 20 + 1 + 2 * (16 + 64 + 256)
    assert StyleGAN(size=32, z=64).latent == 129 + 2 * (16 + 64 + 256 + 1024)


def test_noise_has_no_influence_at_scale_zero_and_its_own_layers_only_else() -> None:
    generator = _generator().eval()
    latents = _latents(3)
    other = latents.clone()
    other[:, 13:] = torch.randn(3, other.shape[1] - 13, generator=seeds.draws(0, "noise"))
    assert torch.equal(generator(latents), generator(other))
    styled: Any = generator.blocks[1].styled[1]  # pyright: ignore
    nn.init.ones_(styled.noise)
    assert not torch.equal(generator(latents), generator(other))
    other[:, 13 + 2 * 16 + 64 : 13 + 2 * 16 + 2 * 64] = latents[
        :, 13 + 2 * 16 + 64 : 13 + 2 * 16 + 2 * 64
    ]
    assert torch.equal(generator(latents), generator(other))


def test_layers_before_the_crossover_follow_the_first_style_and_all_others_the_second() -> None:
    generator = _generator(StyleGAN(size=16, width=2, z=6, mixing=1.0))
    one, other, _ = _latents(5).split([6, 6, MODEL.latent - 12], dim=1)
    shares = torch.tensor([[0.05], [0.25], [0.5], [0.75], [0.95]])
    ws = generator.styles(one, other, torch.special.ndtri(shares), layers=6)
    first, second = generator.mapping(one), generator.mapping(other)
    after = [1, 2, 3, 4, 5]
    for number, w in enumerate(ws):
        for sample in range(5):
            expected = first if number < after[sample] else second
            assert torch.equal(w[sample], expected[sample])


def test_the_other_style_reaches_the_layers_from_its_crossover_on_only() -> None:
    generator = _generator(StyleGAN(size=16, width=2, z=6, mixing=1.0))
    latents = _latents(2)
    latents[:, 12] = torch.special.ndtri(torch.tensor(0.5))  # layers 3, 4 and 5 of six
    changed = latents.clone()
    changed[:, 6:12] += 1
    seen: list[list[Tensor]] = [[], []]
    for place, given in enumerate((latents, changed)):
        hooks = [
            styled.register_forward_hook(lambda _, __, out, kept=seen[place]: kept.append(out))
            for block in generator.blocks
            for styled in block.styled  # pyright: ignore
        ]
        generator(given)
        for hook in hooks:
            hook.remove()
    assert [torch.equal(a, b) for a, b in zip(*seen, strict=True)] == [True] * 3 + [False] * 3


def test_a_share_of_samples_is_mixed_with_crossovers_spread_evenly() -> None:
    choice = torch.randn(100_000, generator=seeds.draws(0, "choice"))
    after = crossover(choice, 0.9, layers=6).long()
    counts = torch.bincount(after, minlength=7)
    assert counts[0] == 0
    expected = [0.9 / 5] * 5 + [0.1]
    assert scipy.stats.chisquare(counts[1:], [100_000 * share for share in expected]).pvalue > 0.001


def test_in_eval_mode_and_without_mixing_the_second_style_is_not_used() -> None:
    latents = _latents(8)
    changed = latents.clone()
    changed[:, 6:13] = 0
    for mixing, train in ((1.0, False), (0.0, True)):
        generator = _generator(StyleGAN(size=16, width=2, z=6, mixing=mixing)).train(train)
        assert torch.equal(generator(latents), generator(changed))
    generator = _generator(StyleGAN(size=16, width=2, z=6, mixing=1.0))
    assert not torch.equal(generator(latents), generator(changed))


def test_a_sample_depends_on_its_own_latent_alone() -> None:
    generator, latents = _generator().double(), _latents(4).double()
    whole = generator(latents)
    assert torch.allclose(whole[1:2], generator(latents[1:2]), atol=1e-9)


def test_initial_weights_have_the_deviations_they_should() -> None:
    generator = _generator(StyleGAN(size=16, width=32, z=128))
    dense: Any = generator.mapping[4]
    he = math.sqrt(2 / (1 + 0.2**2))
    assert (0.01 * dense.weight).std().item() == pytest.approx(he / math.sqrt(128), rel=0.03)
    styled: Any = generator.blocks[0].styled[0]  # pyright: ignore
    assert styled.style.weight.std().item() == pytest.approx(1 / math.sqrt(128), rel=0.03)
    assert styled.noise.abs().max() == 0
    conv: Any = generator.blocks[0].layers[1]  # pyright: ignore
    assert conv.weight.std().item() == pytest.approx(he / math.sqrt(9 * 128), rel=0.03)
    assert generator.constant.std().item() == pytest.approx(1, rel=0.1)
    assert isinstance(generator.mapping, Mapping)


def test_styles_keep_their_variance_under_an_equalised_learning_rate() -> None:
    model, draws = StyleGAN(), seeds.draws(0, "init")
    generator = model.generator((1, 8, 8))
    model.initialise(generator, draws)
    z = torch.randn(200, 64, generator=draws)
    (mapping,) = (m for m in generator.modules() if isinstance(m, Mapping))
    plain = mapping(z).detach().std()
    EqualisedLearningRate().wrap_generator(generator)
    assert 0.5 * plain < mapping(z).std() < 2 * plain
