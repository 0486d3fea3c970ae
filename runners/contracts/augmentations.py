"""What every augmentation keeps."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from runners import seeds
from runners.augmentations.base import Augmentation
from runners.contracts.base import (
    Check,
    images,
    is_described,
    is_stored_and_read_back,
    leaves_global_randomness_alone,
    require,
)

SHAPES = ((1, 8, 8), (3, 8, 8))


def _fitting(augmentation: Augmentation) -> Iterator[Tensor]:
    """Yield batches of the shapes that it takes."""
    shapes = [shape for shape in SHAPES if augmentation.problem(shape) is None]
    require(shapes, "it takes neither grey nor RGB images of 8 pixels")
    yield from (images("x", shape) for shape in shapes)


def _changed(augmentation: Augmentation, data: Tensor) -> Tensor:
    return augmentation.apply(data, seeds.draws(0, "augmentation"))


def stored_fields(augmentation: Augmentation) -> None:
    """Fields are plain data that reach the spec and come back."""
    if augmentation.problem(SHAPES[0]) is None:  # of the spec that is stored
        is_stored_and_read_back(augmentation, "augment", listed=True)


def points(augmentation: Augmentation) -> None:
    """Points in the plane are refused in words, not met with an exception."""
    problem = augmentation.problem((2,))
    require(problem is None or problem, "problem((2,)) is empty; say why points do not fit")


def what_is_seen(augmentation: Augmentation) -> None:
    """What D sees has the shape of the images, and is drawn from its generator alone."""
    for data in _fitting(augmentation):
        before = data.clone()
        leaves_global_randomness_alone(lambda x=data: _changed(augmentation, x), "what D sees")
        first, second = (_changed(augmentation, data) for _ in range(2))
        require(first.shape == data.shape, f"D sees {tuple(first.shape)} of {tuple(data.shape)}")
        require(first.dtype == data.dtype, f"D sees {first.dtype}, not {data.dtype}")
        require(torch.equal(first, second), "what D sees is not a function of its arguments alone")
        require(torch.equal(data, before), "it changes the given images in place")


def gradients(augmentation: Augmentation) -> None:
    """Gradients pass to the images, so that G learns through it."""
    for data in _fitting(augmentation):
        data.requires_grad_(True)
        (gradient,) = torch.autograd.grad(_changed(augmentation, data).sum(), data)
        require(gradient.abs().sum() > 0, "no gradient passes through what D sees")


def per_sample(augmentation: Augmentation) -> None:
    """Other images of the batch do not change what D sees of one."""
    for data in _fitting(augmentation):
        other = torch.cat([data[:1], images("y", tuple(data.shape[1:]))[1:]])
        alone, beside = (_changed(augmentation, batch)[0] for batch in (data, other))
        require(
            torch.allclose(alone, beside, atol=1e-6), "what D sees of an image depends on the batch"
        )


CHECKS: tuple[Check, ...] = (
    is_described,
    stored_fields,
    points,
    what_is_seen,
    gradients,
    per_sample,
)
