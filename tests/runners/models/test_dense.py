"""GELU under a gradient penalty, whose gradient needs second derivatives."""

from __future__ import annotations

import torch

from runners import seeds
from runners.lipschitz.gradient_penalty import GradientPenalty
from runners.models.dense import Dense

EPS = 1e-5


def test_a_penalty_on_gelu_has_the_gradient_of_finite_differences() -> None:
    model = Dense()
    network = model.discriminator((1, 28, 28))
    model.initialise(network, seeds.draws(0, "init"))
    network = network.double()
    draws = torch.Generator().manual_seed(0)
    real, fake = (
        torch.rand(5, 1, 28, 28, dtype=torch.float64, generator=draws) * 2 - 1 for _ in "ab"
    )

    def penalty() -> torch.Tensor:
        return GradientPenalty().term(network, real, fake, seeds.draws(0, "penalty"))

    penalty().backward()
    for name, parameter in network.named_parameters():
        if parameter.grad is None:  # no bias of the last layer moves a gradient
            assert name == "5.bias"
            continue
        place = parameter.grad.abs().argmax()
        found = []
        for sign in (1, -1):
            parameter.data.view(-1)[place] += sign * EPS
            found.append(penalty().item())
            parameter.data.view(-1)[place] -= sign * EPS
        difference = torch.tensor((found[0] - found[1]) / (2 * EPS), dtype=torch.float64)
        torch.testing.assert_close(parameter.grad.view(-1)[place], difference, rtol=1e-5, atol=1e-7)


def test_generated_images_fill_the_range_and_do_not_leave_it() -> None:
    model = Dense()
    network = model.generator((1, 28, 28))
    model.initialise(network, seeds.draws(0, "init"))
    for layer in network.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.weight.data.mul_(30)
    images = network(torch.randn(16, 30, generator=torch.Generator().manual_seed(0)))
    assert images.min() == -1
    assert images.max() == 1
