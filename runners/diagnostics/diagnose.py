"""What is known of D at one step: spectra, both norms of each layer, bounds, conformance."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from runners.diagnostics.bounds import bounds
from runners.diagnostics.gradients import input_gradients, probes
from runners.diagnostics.operator_norm import operator_norms
from runners.diagnostics.spectrum import spectra
from runners.lipschitz.base import Method


def diagnose(
    method: Method,
    discriminator: nn.Module,
    real: Tensor,
    fake: Tensor,
    draws: torch.Generator,
    starts: MutableMapping[str, Tensor],
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the rows of the weight layers in use, and the row of the whole discriminator.

    Args:
        discriminator: in eval mode, its parameters frozen.
        real, fake: images of one shape, in [-1, 1].
        draws: the source of interpolation points.
        starts: where the operator norms' power iterations start; updated.
    """
    with parametrize.cached():  # every effective weight is computed once
        norms = operator_norms(discriminator, tuple(real.shape[1:]), starts)
        rows = [row for row in spectra(discriminator) if row["layer"] in norms]
        images = probes(real, fake, draws)
        whole: dict[str, Any] = input_gradients(discriminator, images)
        uppers = {name: norm["operator_upper"] for name, norm in norms.items()}
        whole |= bounds(discriminator, torch.cat(list(images.values())), uppers)
        whole["conformance"] = method.conformance(discriminator, whole)
    return [row | norms[row["layer"]] for row in rows], whole
