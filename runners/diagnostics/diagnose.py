"""The Lipschitz ledger of one step: spectra, both norms, bounds and conformance."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import torch
from torch import Tensor, nn

from runners.diagnostics.bounds import ledger
from runners.diagnostics.gradients import input_gradients, probes
from runners.diagnostics.operator_norm import operator_norms
from runners.diagnostics.spectrum import spectra
from runners.lipschitz.base import Method


def diagnose(
    method: Method,
    discriminator: nn.Module,
    real: Tensor,
    fake: Tensor,
    generator: torch.Generator,
    starts: MutableMapping[str, Tensor],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of the weight layers and the row of the whole discriminator.

    Args:
        discriminator: in eval mode, its parameters frozen.
        real, fake: images of one shape, in [-1, 1].
        generator: draws interpolation points.
        starts: where the operator norms' power iterations start; updated.
    """
    norms = operator_norms(discriminator, tuple(real.shape[1:]), starts)
    layers = [row | norm for row, norm in zip(spectra(discriminator), norms, strict=True)]
    images = probes(real, fake, generator)
    whole: dict[str, Any] = input_gradients(discriminator, images)
    largest = [norm["operator_norm"] for norm in norms]
    whole |= ledger(discriminator, torch.cat(list(images.values())), largest)
    whole["conformance"] = method.conformance(discriminator, whole)
    return layers, whole
