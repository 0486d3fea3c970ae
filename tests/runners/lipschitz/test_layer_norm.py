"""Layer normalisation reaches every hidden layer, wherever it stands, and no other."""

from __future__ import annotations

import torch
from torch import nn

from runners.lipschitz.layer_norm import LayerNorm
from runners.lipschitz.layer_normalised import LayerNormalised
from runners.lipschitz.replaced import replace
from runners.models.progressive import Progressive
from runners.networks import Networks
from runners.weights import weight_layers


class Nested(nn.Module):
    """A D with a layer in two places, a block inside, and a convolution that makes the logit."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 4, 3, padding=1)
        self.block = nn.ModuleDict({"a": nn.Conv2d(4, 4, 3, padding=1)})
        self.again = self.block["a"]
        self.last = nn.Conv2d(4, 1, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.first(x))
        h = torch.tanh(self.again(torch.tanh(self.block["a"](h))))
        return self.last(h).flatten()


def test_it_is_the_models_own_layer_norm(tiny) -> None:
    model = {"name": "dcgan", "width": 8, "latent": 16}
    wrapped = Networks(tiny(method="layer_norm", model=model), "cpu").discriminator
    built = Networks(tiny(model=model | {"norm": "layer"}), "cpu").discriminator
    x = torch.rand(4, 1, 8, 8, generator=torch.manual_seed(0))
    assert torch.equal(wrapped(x), built(x))


def test_nested_and_shared_layers_are_normalised_and_the_ends_are_not() -> None:
    network = Nested()
    before = [layer for _, layer in weight_layers(network)]
    LayerNorm().wrap(network, (1, 4, 4))
    assert [layer for _, layer in weight_layers(network)] == before
    assert isinstance(network.again, LayerNormalised)
    assert network.again is network.block["a"]
    assert isinstance(network.first, nn.Conv2d)
    assert isinstance(network.last, nn.Conv2d)
    out = network.again(torch.randn(3, 4, 4, 4, generator=torch.manual_seed(0)))
    torch.testing.assert_close(out.mean(dim=(1, 2, 3)), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(out.square().mean(dim=(1, 2, 3)), torch.ones(3), atol=1e-3, rtol=0)
    assert LayerNorm().conformance(network, {})["normalised"]["ok"]


def test_a_layer_without_it_is_counted() -> None:
    network = nn.Sequential(*[nn.Linear(3, 3) for _ in range(4)])
    assert LayerNorm().conformance(network, {})["normalised"]["value"] == 2
    LayerNorm().wrap(network, (3,))
    assert LayerNorm().conformance(network, {})["normalised"]["value"] == 0
    network[2] = network.get_submodule("2.layer")
    found = LayerNorm().conformance(network, {})["normalised"]
    assert (found["value"], found["ok"]) == (1, False)


def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(0)
    network = LayerNorm().wrap(Nested(), (1, 4, 4)).double()
    x = torch.randn(2, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(network, x)
    assert torch.autograd.gradgradcheck(network, x)


def test_the_network_itself_is_not_replaced() -> None:
    relu = nn.ReLU()
    replace(relu, lambda _: nn.Identity())
    assert type(relu) is nn.ReLU


def test_every_layer_that_sees_the_data_stays_as_it_is() -> None:
    network = Progressive(width=4).discriminator((1, 16, 16))
    seeing = [name for name, _ in weight_layers(network) if "from_image" in name]
    LayerNorm().wrap(network, (1, 16, 16))
    names = [name for name, _ in weight_layers(network)]
    assert len(seeing) == 3
    assert set(seeing) <= set(names), "normalised ones are called .layer"
    assert sum(name.endswith(".layer") for name in names) == len(names) - len(seeing) - 1
