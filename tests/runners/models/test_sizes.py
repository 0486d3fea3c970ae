"""Parameters and shapes of every architecture, by hand."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from runners.models import MODELS


def conv(inputs: int, outputs: int, kernel: int, bias: int = 1) -> int:
    """Return the parameters of a convolution, transposed or not."""
    return inputs * outputs * kernel * kernel + bias * outputs


def dense(inputs: int, outputs: int, bias: int = 1) -> int:
    return conv(inputs, outputs, 1, bias)


def norm(channels: int) -> int:
    return 2 * channels


def up(inputs: int, outputs: int) -> int:
    """Return the parameters of a generator's residual block."""
    branch = norm(inputs) + conv(inputs, outputs, 3, 0) + norm(outputs) + conv(outputs, outputs, 3)
    return branch + conv(inputs, outputs, 1)


def down(inputs: int, inner: int, outputs: int, shortcut: bool = True) -> int:
    """Return the parameters of a discriminator's residual block."""
    branch = conv(inputs, inner, 3) + conv(inner, outputs, 3)
    return branch + shortcut * conv(inputs, outputs, 1)


TUTORIAL_G = (
    conv(64, 256, 3, 0) + norm(256) + conv(256, 128, 4, 0) + norm(128)
    + conv(128, 64, 3, 0) + norm(64) + conv(64, 1, 4)
)  # fmt: skip
CNN_D = [(64, 3), (128, 4), (128, 3), (256, 4), (256, 3), (512, 4), (512, 3)]


def cnn_g(base: int, colours: int = 3) -> int:
    ups = sum(conv(a, b, 4, 0) + norm(b) for a, b in ((512, 256), (256, 128), (128, 64)))
    return dense(128, 512 * base * base) + ups + conv(64, colours, 3)


def cnn_d(base: int, colours: int = 3) -> int:
    inputs = [colours] + [width for width, _ in CNN_D]
    layers = sum(conv(a, b, k) for a, (b, k) in zip(inputs, CNN_D, strict=False))
    return layers + dense(512 * base * base, 1)


RESNET_32 = (
    dense(128, 256 * 4 * 4) + 3 * up(256, 256) + norm(256) + conv(256, 3, 3),
    down(3, 128, 128) + down(128, 128, 128) + 2 * down(128, 128, 128, False) + dense(128, 1, 0),
)
RESNET_48 = (
    dense(128, 512 * 6 * 6) + up(512, 256) + up(256, 128) + up(128, 64) + norm(64)
    + conv(64, 3, 3),
    down(3, 64, 64) + down(64, 64, 128) + down(128, 128, 256) + down(256, 256, 512)
    + down(512, 512, 1024) + dense(1024, 1, 0),
)  # fmt: skip
BY_HAND: dict[str, tuple[str, dict[str, Any], tuple[int, ...], int, int, int]] = {
    # name: model, parameters, shape of its data, latent, numbers in G and in D
    "tutorial": (
        "tutorial_dcgan", {}, (1, 28, 28), 64, TUTORIAL_G,
        conv(1, 16, 4) + conv(16, 32, 4) + conv(32, 1, 4),
    ),
    "tutorial with batch norm": (
        "tutorial_dcgan", {"norm": "batch"}, (1, 28, 28), 64, TUTORIAL_G,
        conv(1, 16, 4, 0) + norm(16) + conv(16, 32, 4, 0) + norm(32) + conv(32, 1, 4),
    ),
    "wgan": (
        "wgan_mnist", {}, (1, 28, 28), 100,
        dense(100, 7 * 7 * 256, 0) + norm(7 * 7 * 256) + conv(256, 128, 3, 0) + norm(128)
        + conv(128, 64, 4, 0) + norm(64) + conv(64, 1, 4),
        conv(1, 64, 3) + conv(64, 128, 3) + dense(7 * 7 * 128, 1),
    ),
    "dense": (
        "dense", {}, (1, 28, 28), 30,
        dense(30, 100) + dense(100, 150) + dense(150, 784),
        dense(784, 150) + dense(150, 100) + dense(100, 1),
    ),
    "fashion": (
        "fashion_dcgan", {}, (1, 28, 28), 100,
        dense(100, 7 * 7 * 128) + norm(128) + conv(128, 64, 5) + norm(64) + conv(64, 1, 5),
        conv(1, 64, 5) + conv(64, 128, 5) + dense(7 * 7 * 128, 1),
    ),
    "cnn 32": ("sngan_cnn", {}, (3, 32, 32), 128, cnn_g(4), cnn_d(4)),
    "cnn 48": ("sngan_cnn", {}, (3, 48, 48), 128, cnn_g(6), cnn_d(6)),
    "cnn grey": ("sngan_cnn", {}, (1, 32, 32), 128, cnn_g(4, 1), cnn_d(4, 1)),
    "cnn with batch norm, without gains": (
        "sngan_cnn", {"norm": "batch"}, (3, 32, 32), 128, cnn_g(4),
        cnn_d(4) + sum(width for width, _ in CNN_D[1:]),
    ),
    "resnet 32": ("sngan_resnet", {}, (3, 32, 32), 128, *RESNET_32),
    "resnet 48": ("sngan_resnet", {}, (3, 48, 48), 128, *RESNET_48),
}  # fmt: skip


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", BY_HAND)
def test_parameters_and_shapes_are_those_computed_by_hand(name) -> None:
    model, parameters, shape, latent, in_g, in_d = BY_HAND[name]
    made = MODELS[model](**parameters)
    assert (made.problem(shape), made.latent) == (None, latent)
    with torch.device("meta"):  # shapes without numbers
        generator, discriminator = made.generator(shape), made.discriminator(shape)
        images = generator(torch.empty(5, latent))
        assert images.shape == (5, *shape)
        assert discriminator(images).shape == (5,)
    assert (_count(generator), _count(discriminator)) == (in_g, in_d)


def _sides(network: nn.Module, data: torch.Tensor, kind: type[nn.Module]) -> list[int]:
    """Return the width of each output of a kind of module."""
    seen: list[int] = []
    for module in network.modules():
        if isinstance(module, kind):
            module.register_forward_hook(lambda _, __, out: seen.append(out.shape[-1]))
    network(data)
    return seen


def test_sizes_on_the_way() -> None:
    tutorial, fashion = MODELS["tutorial_dcgan"](), MODELS["fashion_dcgan"]()
    shape = (1, 28, 28)
    up, down = nn.ConvTranspose2d, nn.Conv2d
    image = torch.zeros(2, *shape)
    assert _sides(tutorial.generator(shape), torch.zeros(2, 64), up) == [3, 6, 13, 28]
    assert _sides(tutorial.discriminator(shape), image, down) == [13, 5, 1]
    assert _sides(fashion.generator(shape), torch.zeros(2, 100), up) == [14, 28]
    assert _sides(fashion.discriminator(shape), image, down) == [14, 7]


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        (
            "tutorial_dcgan", (1, 8, 8),
            "tutorial_dcgan takes images of 28x28 px with 1 channel, not 8x8 with 1; use dcgan",
        ),
        (
            "wgan_mnist", (3, 32, 32),
            "wgan_mnist takes images of 28x28 px with 1 channel, not 32x32 with 3; use dcgan",
        ),
        (
            "sngan_resnet", (1, 9, 11),
            "sngan_resnet takes images of 32x32 or 48x48 px with 1 or 3 channels, "
            "not 9x11 with 1",
        ),
        ("dense", (2,), "dense takes images, not points in the plane; use mlp"),
    ],
)  # fmt: skip
def test_data_that_do_not_fit_are_refused_by_the_name_of_what_takes_them(name, shape, words):
    assert MODELS[name]().problem(shape) == words


def test_initial_weights_have_the_spreads_of_their_sources() -> None:
    """N(0, .02); Glorot's sqrt(6 / (inputs + outputs)), sqrt(2) as large in the blocks; He's."""
    found = {}
    for name, shape in (("sngan_cnn", (3, 32, 32)), ("sngan_resnet", (3, 32, 32)),
                        ("dense", (1, 28, 28)), ("tutorial_dcgan", (1, 28, 28))):  # fmt: skip
        model = MODELS[name]()
        network = model.discriminator(shape)
        model.initialise(network, torch.Generator().manual_seed(0))
        found[name] = dict(network.named_parameters())
    assert found["sngan_cnn"]["8.weight"].std().item() == pytest.approx(0.02, rel=0.01)
    assert found["tutorial_dcgan"]["2.weight"].std().item() == pytest.approx(0.02, rel=0.05)
    assert found["dense"]["1.weight"].std().item() == pytest.approx((2 / 784) ** 0.5, rel=0.01)
    branch = found["sngan_resnet"]["1.branch.1.weight"].abs().max().item()
    assert branch == pytest.approx((2 * 6 / (9 * 256)) ** 0.5, rel=1e-3)
    shortcut = found["sngan_resnet"]["1.shortcut.1.weight"].abs().max().item()
    assert shortcut == pytest.approx((6 / 256) ** 0.5, rel=1e-3)
    biases = [p for part in found.values() for n, p in part.items() if n.endswith("bias")]
    assert not any(bias.any() for bias in biases)
