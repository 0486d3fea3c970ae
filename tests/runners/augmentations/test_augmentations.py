"""Each augmentation against its formula, its gradient, and alike for real and generated data."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from scipy.stats import ks_2samp

from runners import seeds
from runners.augmentations import AUGMENTATIONS
from runners.augmentations.colour import Colour
from runners.augmentations.cutout import Cutout
from runners.augmentations.flip import Flip
from runners.augmentations.shift import Shift
from runners.networks import Networks

ALL = [cls() for cls in AUGMENTATIONS.values()]
NONE = [
    Shift(pixels=0), Flip(p=0.0), Colour(brightness=0, saturation=0, contrast=0), Cutout(share=0.0)
]  # fmt: skip


def _images(count: int = 200, channels: int = 3, size: int = 6) -> torch.Tensor:
    draws = seeds.draws(0, "images")
    return torch.rand(count, channels, size, size, generator=draws, dtype=torch.float64) * 2 - 1


def _applied(part, images: torch.Tensor, number: int = 0) -> torch.Tensor:
    return part.apply(images, seeds.draws(0, "augmentation", number))


def _moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move pixel by pixel."""
    out = np.zeros_like(image)
    _, height, width = image.shape
    for y, x in itertools.product(range(height), range(width)):
        if 0 <= y - down < height and 0 <= x - right < width:
            out[:, y, x] = image[:, y - down, x - right]
    return out


@pytest.mark.parametrize("pixels", [1, 2])
def test_shift_is_one_of_all_moves_each_equally_likely(pixels) -> None:
    images = _images(900)
    moves = list(itertools.product(range(-pixels, pixels + 1), repeat=2))
    seen = dict.fromkeys(moves, 0)
    for image, shifted in zip(
        images.numpy(), _applied(Shift(pixels=pixels), images).numpy(), strict=True
    ):
        (move,) = [move for move in moves if np.array_equal(_moved(image, *move), shifted)]
        seen[move] += 1
    expected = len(images) / len(moves)
    assert sum((n - expected) ** 2 / expected for n in seen.values()) < 3 * len(moves)


def test_flip_mirrors_half_of_the_images() -> None:
    images = _images(1000)
    flipped = _applied(Flip(), images)
    mirrored = [torch.equal(out, image[:, :, range(5, -1, -1)]) for image, out in
                zip(images, flipped, strict=True)]  # fmt: skip
    same = [torch.equal(out, image) for image, out in zip(images, flipped, strict=True)]
    assert [a != b for a, b in zip(mirrored, same, strict=True)] == [True] * 1000
    assert 440 < sum(mirrored) < 560
    assert torch.equal(_applied(Flip(p=1.0), images), images.flip(-1))


@pytest.mark.parametrize("channels", [1, 3])
def test_colour_is_the_published_formula(channels) -> None:
    """DiffAugment's rand_brightness, rand_saturation and rand_contrast, one image at a time."""
    images = _images(20, channels)
    light, colour, contrast = torch.rand(3, 20, generator=seeds.draws(0, "augmentation"))
    for i, out in enumerate(_applied(Colour(), images)):
        x = images[i] + (light[i] - 0.5)
        mean = x.mean(dim=0, keepdim=True)
        x = (x - mean) * (colour[i] * 2) + mean
        x = (x - x.mean()) * (contrast[i] + 0.5) + x.mean()
        assert torch.allclose(out, x, atol=1e-6)


def test_colour_has_no_saturation_where_images_are_grey() -> None:
    images = _images(20, channels=1)
    assert torch.allclose(_applied(Colour(brightness=0, contrast=0), images), images)
    assert not torch.allclose(_applied(Colour(brightness=0, contrast=0), _images(20)), _images(20))


@pytest.mark.parametrize(("share", "side"), [(0.5, 3), (1 / 3, 2), (1.0, 6)])
def test_cutout_sets_one_square_around_a_uniform_centre_to_0(share, side) -> None:
    images = _images(600)
    out = _applied(Cutout(share=share), images)
    centres = range(7 - side % 2)
    corners = [(y - side // 2, x - side // 2) for y in centres for x in centres]
    seen = dict.fromkeys(corners, 0)
    for image, holed in zip(images.numpy(), out.numpy(), strict=True):
        (found,) = [one for one in corners if np.array_equal(_cut(image, *one, side), holed)]
        seen[found] += 1
    expected = len(images) / len(corners)
    assert sum((n - expected) ** 2 / expected for n in seen.values()) < 3 * len(corners)


def _cut(image: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    out = image.copy()
    out[:, max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = 0
    return out


@pytest.mark.parametrize("part", NONE)
def test_without_strength_nothing_changes(part) -> None:
    assert torch.allclose(_applied(part, _images()), _images(), atol=1e-12)


@pytest.mark.parametrize("part", [*ALL, Shift(pixels=3), Cutout(share=0.3)], ids=str)
def test_gradients_are_those_of_finite_differences(part) -> None:
    images = _images(3, size=4).requires_grad_(True)
    assert torch.autograd.gradcheck(lambda x: _applied(part, x), (images,))


@pytest.mark.parametrize("part", ALL, ids=str)
def test_every_batch_of_a_run_is_changed_by_draws_of_its_own(part, tiny) -> None:
    networks = Networks(tiny(augment=[part.name]), "cpu")
    images = _images(64, channels=1, size=8).float()
    kinds = [("real", 3), ("fake", 3), ("own", 3), ("real", 4)]
    seen = [networks.see(images, *kind) for kind in kinds]
    assert not any(torch.equal(a, b) for a, b in itertools.combinations(seen, 2))
    assert torch.equal(networks.see(images, "real", 3), seen[0])


@pytest.mark.parametrize("part", ALL, ids=str)
def test_real_and_generated_images_are_changed_by_one_distribution(part, tiny) -> None:
    """The change of one image, as real and as generated: a statistic that tells moves apart."""
    networks = Networks(tiny(augment=[part.name]), "cpu")
    image = _images(1, channels=1, size=8).float().expand(2000, -1, -1, -1)
    weights = _images(1, channels=1, size=8).float()
    real, fake = (
        (networks.see(image, which, 0) * weights).sum((1, 2, 3)) for which in ("real", "fake")
    )
    assert len(real.unique()) > 1
    _, p = ks_2samp(real.numpy(), fake.numpy())
    assert p > 1e-3  # pyright: ignore


def test_what_does_not_fit_is_refused_in_words(tiny) -> None:
    plane = {"dataset": "gaussians8", "model": "mlp", "evaluation": {"every": 5, "samples": 200}}
    for name in AUGMENTATIONS:
        with pytest.raises(ValidationError, match=f"augment: {name}: changes images, not points"):
            tiny(augment=[name], **plane)
    with pytest.raises(ValidationError, match="pixels: 8 moves images of 8 pixels out of sight"):
        tiny(augment=[{"shift": {"pixels": 8}}])
    with pytest.raises(ValidationError, match="augment: flip: stands there twice"):
        tiny(augment=["flip", "shift", {"flip": {"p": 0.1}}])


def test_methods_with_a_gradient_per_sample_may_be_augmented(tiny) -> None:
    assert tiny(augment=list(AUGMENTATIONS), method="gradient_penalty").per_sample
