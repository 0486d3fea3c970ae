"""The two networks of a run, and the hashes that prove what all methods of a seed share."""

from __future__ import annotations

import hashlib
import platform

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from runners import seeds
from runners.spec import RunSpec

GREY = 127
PLANE = (-1.5, 1.5)  # the part of the plane that is drawn


def build(spec: RunSpec, device: str) -> tuple[nn.Module, nn.Module, dict[str, str]]:
    """Return G, the constrained D and the hashes of their raw initial weights."""
    shape = spec.dataset.shape
    with seeds.scoped(spec.seed, "build"):
        generator, discriminator = spec.model.generator(shape), spec.model.discriminator(shape)
    spec.model.initialise(generator, seeds.generator(spec.seed, "init generator"))
    spec.model.initialise(discriminator, seeds.generator(spec.seed, "init discriminator"))
    hashes = {
        "generator_init": weights_hash(generator),
        "discriminator_init": weights_hash(discriminator),
    }
    with seeds.scoped(spec.seed, "wrap"):
        spec.method.wrap(discriminator)
    for network in (generator, discriminator):
        network.to(device, memory_format=torch.channels_last)
    return generator, discriminator, hashes


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


def environment(device: str) -> dict[str, str]:
    """Return what bitwise repetition of a run depends on besides its spec."""
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "device": device if device == "cpu" else torch.cuda.get_device_name(),
        "threads": str(torch.get_num_threads()),
    }


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
    """Return uint8 images, or points, on the CPU; G runs in eval mode and is left as it was.

    Args:
        latents: (n, latent).
    """
    mode = generator.training
    generator.eval()
    out = torch.cat([generator(part).cpu() for part in latents.split(batch)])
    generator.train(mode)
    return to_uint8(out) if out.dim() == 4 else out


def scatter(points: Tensor, pixels: int = 256) -> np.ndarray:
    """Return points (n, 2) as a grey density picture of the square [-1.5, 1.5]^2, x to the right.

    Each pixel's brightness is the fourth root of its share, so that single points stay visible.
    """
    counts, _, _ = np.histogram2d(*points.double().numpy().T, bins=pixels, range=[PLANE, PLANE])
    brightness = (counts / max(1, counts.max())) ** 0.25
    return (255 * brightness.T[::-1]).astype(np.uint8)[:, :, None]


def tile(images: Tensor, columns: int = 8, pixels: int = 32, gap: int = 4) -> np.ndarray:
    """Return uint8 images (n, channels, size, size) as one (height, width, channels) picture.

    Args:
        images: ``n`` a multiple of ``columns``.
        columns: images a row.
        pixels: each image is magnified by a whole factor to about this size.
        gap: grey pixels between neighbours, for images that fill their frame.
    """
    count, channels, size, _ = images.shape
    factor = max(1, pixels // size)
    large = images.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    framed = functional.pad(large, (0, gap, 0, gap), value=GREY)
    cell = size * factor + gap
    grid = framed.view(count // columns, columns, channels, cell, cell)
    picture = grid.permute(0, 3, 1, 4, 2).reshape(-1, columns * cell, channels)
    return picture[:-gap, :-gap].numpy()
