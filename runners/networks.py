"""The two networks of a run, and the hashes that prove what all methods of a seed share."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.utils import make_grid

from runners import seeds
from runners.spec import RunSpec

GREY = 127
PLANE = (-1.5, 1.5)  # the part of the plane that is drawn


class Networks:
    """Generator and discriminator of a run, built once, and what changes them with the step.

    All methods of a seed start from the same raw weights, whatever is wrapped around them.

    Args:
        spec: the run.
        device: where they live.
    """

    def __init__(self, spec: RunSpec, device: str | torch.device) -> None:
        self.spec = spec
        shape = spec.dataset.shape
        with seeds.scoped(spec.seed, "build"):
            self._bare = spec.model.generator(shape), spec.model.discriminator(shape)
        names = ("generator", "discriminator")
        for name, network in zip(names, self._bare, strict=True):
            spec.model.initialise(network, seeds.draws(spec.seed, f"init {name}"))
        self.hashes = {
            f"{name}_init": weights_hash(network)
            for name, network in zip(names, self._bare, strict=True)
        }
        with seeds.scoped(spec.seed, "wrap"):
            self.generator, self.discriminator = self._wrapped()
        self.states = {
            part.name: state.to(device)
            for part in spec.stabilisers
            if (state := part.state(shape, spec.batch_size)) is not None
        }
        for network in (self.generator, self.discriminator):
            network.to(device, memory_format=torch.channels_last)  # pyright: ignore
        self.advance(0)

    def _wrapped(self) -> tuple[nn.Module, nn.Module]:
        generator, discriminator = self._bare
        for part in self.spec.stabilisers:
            generator = part.wrap_generator(generator)
            discriminator = part.wrap_discriminator(discriminator, self.spec.batch_size)
        return generator, self.spec.method.wrap(discriminator, self.spec.dataset.shape)

    def advance(self, step: int) -> None:
        """Make everything what it is at a step: 0 before training, then that which begins."""
        self.spec.model.advance(*self._bare, step)
        self.spec.method.advance(self.discriminator, step)
        for part in self.spec.stabilisers:
            part.advance(self.states.get(part.name), step)

    def see(self, data: Tensor, which: str, update: int) -> Tensor:
        """Return what D sees of a batch.

        Args:
            data: (batch, *shape), real or generated.
            which: names the batch, so that each has random numbers of its own.
            update: discriminator updates before this one.
        """
        for part in self.spec.stabilisers:
            draws = seeds.draws(self.spec.seed, f"{part.name} sees {which}", update)
            data = part.see(data, draws)
        for part in self.spec.augment:
            draws = seeds.draws(self.spec.seed, f"{part.name} changes {which}", update)
            data = part.apply(data, draws)
        return data

    def fakes(self, fake: Tensor, update: int) -> Tensor:
        """Return the generated data that D is trained on at an update, without gradient."""
        for part in self.spec.stabilisers:
            draws = seeds.draws(self.spec.seed, f"{part.name} fakes", update)
            fake = part.fakes(fake, self.states.get(part.name), draws)
        return fake


def generator_at(
    spec: RunSpec, step: int, weights: Mapping[str, Tensor], device: str | torch.device
) -> nn.Module:
    """Return a run's generator as it was at a step.

    Args:
        weights: its state dict there.
    """
    networks = Networks(spec, device)
    networks.advance(step)
    networks.generator.load_state_dict(weights)
    return networks.generator


def weights_hash(network: nn.Module) -> str:
    """Return the SHA-256 of all names, shapes and values of a state dict."""
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(f"{name}{tuple(tensor.shape)}".encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()


def chain(digest: str, data: Tensor) -> str:
    """Return the next link of a hash chain over a stream of tensors."""
    return hashlib.sha256(bytes.fromhex(digest) + data.cpu().numpy().tobytes()).hexdigest()


def to_float(images: Tensor) -> Tensor:
    """Return uint8 images as float32 in [-1, 1]; points as they are."""
    if images.dtype != torch.uint8:
        return images
    return images.float().div_(127.5).sub_(1)


def to_uint8(images: Tensor) -> Tensor:
    """Return images in [-1, 1] as uint8."""
    return images.add(1).mul(127.5).round_().clamp_(0, 255).to(torch.uint8)


@torch.no_grad()
def generate(generator: nn.Module, latents: Tensor, batch: int = 500) -> Tensor:
    """Return uint8 images, or points, on G's device; G runs in eval mode and is left as it was.

    Args:
        latents: (n, latent), on G's device.
        batch: latents at once.

    Returns:
        (n, *shape) of the data set's own shape and type.
    """
    mode = generator.training
    generator.eval()
    out = torch.cat([generator(part) for part in latents.split(batch)])
    generator.train(mode)
    return to_uint8(out) if out.dim() == 4 else out


def scatter(points: Tensor, pixels: int = 256) -> np.ndarray:
    """Return points (n, 2) as a grey density picture of the square [-1.5, 1.5]^2, x to the right.

    Each pixel's brightness is the fourth root of its share, so that single points stay visible.
    """
    counts, _, _ = np.histogram2d(
        *points.double().cpu().numpy().T, bins=pixels, range=[PLANE, PLANE]
    )
    brightness = (counts / max(1, counts.max())) ** 0.25
    return (255 * brightness.T[::-1]).astype(np.uint8)[:, :, None]


def tile(images: Tensor, columns: int = 8, pixels: int = 32, gap: int = 4) -> np.ndarray:
    """Return uint8 images (n, channels, size, size) as one (height, width, channels) picture.

    Args:
        images: of any number.
        columns: images per row.
        pixels: each image is magnified by a whole factor to about this size.
        gap: grey pixels between neighbours, for images that fill their frame.
    """
    factor = max(1, pixels // images.shape[-1])
    large = images.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    grid = make_grid(large, nrow=columns, padding=gap, pad_value=GREY)
    inner = grid[: images.shape[1], gap:-gap, gap:-gap]
    return inner.permute(1, 2, 0).cpu().numpy()
