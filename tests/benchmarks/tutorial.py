"""The reference: the loop of the usual notebook GAN, written as one finds it.

A DataLoader over PIL images and transforms, a forward pass of G for each update, gradients of
D's weights in G's step, torch's own reparametrisations, losses fetched every step.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from sizes import LATENT, LR, Size, pictures
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from runners.models.dcgan import DCGAN
from runners.models.layers import Doubling, FromGrey, Halving, ToGrey

CLIP, LAMBDA_GP = 0.01, 10.0


class Pictures(Dataset):
    """PIL images behind torchvision's usual transforms."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = [Image.fromarray(image.transpose(1, 2, 0).squeeze()) for image in images]
        middle = [0.5] * images.shape[1]
        self.transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(middle, middle)]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> Tensor:
        return self.transform(self.images[index])  # pyright: ignore


def networks(size: Size, method: str) -> tuple[nn.Sequential, nn.Sequential]:
    """Return G and D of a size as one finds them: torch's layers, a transposed one first in G."""
    torch.manual_seed(0)
    model, shape = DCGAN(width=size.width, latent=LATENT), (size.channels, *[size.pixels] * 2)
    dense, unflatten, *rest = model.generator(shape)  # pyright: ignore
    features, base, _ = unflatten.unflattened_size
    first = nn.ConvTranspose2d(dense.in_features, features, base, 1, 0, bias=False)
    generator = nn.Sequential(nn.Unflatten(1, (LATENT, 1, 1)), first, *rest)
    discriminator: nn.Sequential = model.discriminator(shape)  # pyright: ignore
    for network in (generator, discriminator):
        _plain(network)
        model.initialise(network, torch.Generator().manual_seed(0))
    constraint = {
        "spectral_norm": parametrizations.spectral_norm,
        "weight_norm": parametrizations.weight_norm,
    }.get(method)
    for layer in discriminator.modules() if constraint else ():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            constraint(layer)  # pyright: ignore
    return generator, discriminator


def _plain(network: nn.Sequential) -> None:
    """Put torch's own layers where ours choose kernels."""
    for place, layer in enumerate(network):
        if not isinstance(layer, FromGrey | ToGrey | Halving | Doubling):
            continue
        plain = nn.Conv2d if isinstance(layer, nn.Conv2d) else nn.ConvTranspose2d
        sizes, bias = (layer.in_channels, layer.out_channels), layer.bias is not None
        network[place] = plain(*sizes, 4, 2, 1, bias=bias)


def gradient_penalty(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """Return the penalty as it is usually written."""
    alpha = torch.rand(len(real), 1, 1, 1)
    x = (alpha * real + (1 - alpha) * fake).requires_grad_(True)
    logits = discriminator(x)
    gradients = torch.autograd.grad(
        logits, x, torch.ones_like(logits), create_graph=True, retain_graph=True
    )[0]
    return LAMBDA_GP * ((gradients.view(len(real), -1).norm(2, dim=1) - 1) ** 2).mean()


def training(size: Size, method: str) -> tuple[nn.Module, Iterator[float]]:
    """Return G, and a loop that trains it for ever and yields the seconds of each step."""
    generator, discriminator = networks(size, method)
    return generator, _steps(size, method, generator, discriminator)


def _steps(
    size: Size, method: str, generator: nn.Module, discriminator: nn.Module
) -> Iterator[float]:
    loader = DataLoader(Pictures(pictures(size)), size.batch, shuffle=True, drop_last=True)
    adam_g = torch.optim.Adam(generator.parameters(), LR, betas=(0.5, 0.999))
    adam_d = torch.optim.Adam(discriminator.parameters(), LR, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    losses = []
    clock = time.perf_counter()
    while True:
        for real in loader:
            ones, zeros = torch.ones(len(real)), torch.zeros(len(real))

            discriminator.zero_grad()
            fake = generator(torch.randn(len(real), LATENT)).detach()
            loss_real = criterion(discriminator(real), ones)
            loss_fake = criterion(discriminator(fake), zeros)
            loss_d = loss_real + loss_fake
            if method == "gradient_penalty":
                loss_d = loss_d + gradient_penalty(discriminator, real, fake)
            loss_d.backward(retain_graph=True)
            adam_d.step()
            if method == "weight_clipping":
                for parameter in discriminator.parameters():
                    parameter.data.clamp_(-CLIP, CLIP)

            generator.zero_grad()
            loss_g = criterion(discriminator(generator(torch.randn(len(real), LATENT))), ones)
            loss_g.backward()
            adam_g.step()

            losses.append((loss_d.item(), loss_g.item()))
            yield time.perf_counter() - clock
            clock = time.perf_counter()
