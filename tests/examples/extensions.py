"""One component of each kind from outside the project, each doing what no built-in one does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from runners.augmentations.base import Augmentation
from runners.component import STRICT
from runners.datasets.base import Dataset, Images, hold_out
from runners.input_gradients import input_gradient_norms, interpolates
from runners.lipschitz.base import Method, check
from runners.losses import Loss
from runners.metrics.score import Column, Features, Metric, Reference
from runners.models.base import Model
from runners.schedules import Schedule
from runners.stabilisers.base import Stabiliser


class Squashed(nn.Module):
    """D(x) / sqrt(1 + |grad D(x)|^2): a change of D's forward, not of its weights."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        with torch.enable_grad():
            x = x if x.requires_grad else x.detach().requires_grad_(True)
            logits = self.inner(x)
            (slope,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
            return logits / (1 + slope.flatten(1).square().sum(dim=1)).sqrt()


@dataclass(frozen=True, config=STRICT)
class SquashedByGradient(Method):
    """A module around D that uses D's gradient."""

    summary: ClassVar[str] = "D / sqrt(1 + |grad D|^2)"
    per_sample_gradient: ClassVar[bool] = True
    name: Literal["squashed_by_gradient"] = "squashed_by_gradient"

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:
        return Squashed(discriminator)

    def conformance(self, discriminator: nn.Module, gradients: Mapping[str, float]) -> Any:
        wrapped = float(isinstance(discriminator, Squashed))
        return {"wrapped": check("D is squashed", wrapped, 1.0, 0.0)}


@dataclass(frozen=True, config=STRICT)
class Lazy(Method):
    """A gradient penalty that is due at every k-th update and annealed away."""

    summary: ClassVar[str] = "a gradient penalty every k-th update, annealed"
    promises: ClassVar[bool] = False
    per_sample_gradient: ClassVar[bool] = True
    name: Literal["lazy"] = "lazy"
    every: int = 2
    half_life: int = 4

    def penalty(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, draws: Any, update: int
    ) -> Tensor | None:
        if update % self.every:
            return None
        x = interpolates(real, fake, draws)
        excess = input_gradient_norms(discriminator, x, create_graph=True) - 1
        return 0.5 ** (update / self.half_life) * excess.square().mean()


class Residual(nn.Module):
    """x + branch(x)."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)

    def lipschitz_bound(self, of: Callable[[nn.Module], float]) -> float:
        return 1.0 + of(self.branch)


def _generator(latent: int, width: int, size: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(latent, width * size * size // 4), nn.ReLU(),
        nn.Unflatten(1, (width, size // 2, size // 2)),
        nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Tanh(),
    )  # fmt: skip


@dataclass(frozen=True, config=STRICT)
class ResidualPair(Model):
    """D has a residual block with a grouped and a dilated convolution, and a transposed one."""

    summary: ClassVar[str] = "a residual D of unusual convolutions"
    name: Literal["residual"] = "residual"
    latent: int = 8
    width: int = 4

    def problem(self, shape: tuple[int, ...]) -> str | None:
        return None if shape == (1, 8, 8) else f"residual takes 8x8 grey images, not {shape}"

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        return _generator(self.latent, self.width, shape[1])

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        wide = self.width
        branch = nn.Sequential(
            nn.Conv2d(wide, wide, 3, padding=1, groups=2), nn.LeakyReLU(0.2),
            nn.Conv2d(wide, wide, 3, padding=2, dilation=2),
        )  # fmt: skip
        return nn.Sequential(
            nn.Conv2d(1, wide, 4, 2, 1), nn.LeakyReLU(0.2), Residual(branch),
            nn.ConvTranspose2d(wide, wide, 4, 2, 1, groups=2), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(wide * 64, 1), nn.Flatten(0),
        )  # fmt: skip

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        for parameter in network.parameters():
            nn.init.normal_(parameter, 0.0, 0.1, generator=draws)


class Grown(nn.Module):
    """A plain path and a fine one that is faded in: (1 - alpha) * plain + alpha * fine."""

    def __init__(self, plain: nn.Module, fine: nn.Module) -> None:
        super().__init__()
        self.plain, self.fine = plain, fine
        self.register_buffer("alpha", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        alpha = self.get_buffer("alpha")
        if alpha == 0:
            return self.plain(x)
        return torch.lerp(self.plain(x), self.fine(x), alpha)


@dataclass(frozen=True, config=STRICT)
class Growing(Model):
    """Both networks use their fine path from step ``at`` on, faded in over ``fade`` steps."""

    summary: ClassVar[str] = "grows at a step"
    name: Literal["growing"] = "growing"
    latent: int = 8
    width: int = 4
    at: int = 4
    fade: int = 4

    def problem(self, shape: tuple[int, ...]) -> str | None:
        return None if shape == (1, 8, 8) else f"growing takes 8x8 grey images, not {shape}"

    def generator(self, shape: tuple[int, ...]) -> nn.Module:
        coarse = nn.Sequential(
            nn.Linear(self.latent, 16), nn.Unflatten(1, (1, 4, 4)),
            nn.Upsample(scale_factor=2), nn.Tanh(),
        )  # fmt: skip
        return Grown(coarse, _generator(self.latent, self.width, shape[1]))

    def discriminator(self, shape: tuple[int, ...]) -> nn.Module:
        def path(before: nn.Module, *layers: nn.Module) -> nn.Module:
            head = [nn.Flatten(), nn.Linear(self.width * 16, 1), nn.Flatten(0)]
            return nn.Sequential(before, *layers, nn.LeakyReLU(0.2), *head)

        return Grown(
            path(nn.AvgPool2d(2), nn.Conv2d(1, self.width, 3, padding=1)),
            path(nn.Identity(), nn.Conv2d(1, self.width, 4, 2, 1)),
        )

    def initialise(self, network: nn.Module, draws: torch.Generator) -> None:
        for parameter in network.parameters():
            nn.init.normal_(parameter, 0.0, 0.1, generator=draws)

    def advance(self, generator: nn.Module, discriminator: nn.Module, step: int) -> None:
        share = min(1.0, max(0.0, (step - self.at) / self.fade))
        for network in (generator, discriminator):
            network.get_buffer("alpha").fill_(share)


class Memory(nn.Module):
    """The last generated batches."""

    def __init__(self, shape: tuple[int, ...], count: int) -> None:
        super().__init__()
        self.register_buffer("kept", torch.zeros(count, *shape))
        self.register_buffer("filled", torch.zeros((), dtype=torch.int64))


@dataclass(frozen=True, config=STRICT)
class Shaken(Stabiliser):
    """Half of the fakes D is trained on are older ones, and both kinds of data are shifted."""

    summary: ClassVar[str] = "replays generated images and shifts what D sees"
    name: Literal["shaken"] = "shaken"
    keep: int = 64
    shift: int = 1

    def state(self, shape: tuple[int, ...], batch_size: int) -> nn.Module:
        return Memory(shape, self.keep)

    def see(self, data: Tensor, draws: torch.Generator) -> Tensor:
        by = torch.randint(-self.shift, self.shift + 1, (2,), generator=draws).tolist()
        return torch.roll(data, by, dims=(2, 3))

    def fakes(self, fake: Tensor, state: nn.Module | None, draws: torch.Generator) -> Tensor:
        assert state is not None
        kept, filled = state.get_buffer("kept"), state.get_buffer("filled")
        have, half = int(filled), len(fake) // 2
        out = fake
        if have >= half:
            chosen = torch.randperm(have, generator=draws)[:half]
            out = torch.cat([fake[half:], kept[chosen]])
        places = (torch.arange(half) + have) % self.keep
        kept[places] = fake[:half]
        filled.fill_(min(self.keep, have + half))
        return out


class Deviation(nn.Module):
    """Adds to each logit how much the batch varies."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x) + self.weight * x.std(dim=0).mean()


@dataclass(frozen=True, config=STRICT)
class BatchDeviation(Stabiliser):
    """D sees how much a batch varies, so that real and generated data need passes of their own."""

    summary: ClassVar[str] = "minibatch deviation"
    per_sample: ClassVar[bool] = False
    name: Literal["batch_deviation"] = "batch_deviation"

    def wrap_discriminator(self, discriminator: nn.Module, batch_size: int) -> nn.Module:
        return Deviation(discriminator)


@dataclass(frozen=True, config=STRICT)
class Brightness(Metric):
    """How far the mean feature is from the real one."""

    summary: ClassVar[str] = "distance of mean features"
    compares: ClassVar[bool] = True
    columns: ClassVar[tuple[Column, ...]] = (
        Column("mean_distance", "mean distance", lower_is_better=True, ranks=True),
    )
    name: Literal["mean_distance"] = "mean_distance"

    def score(self, generated: Features, reference: Reference, samples: int) -> dict[str, float]:
        gap = generated.embedding.double().mean(0).numpy() - reference.mean
        return {"mean_distance": float(np.linalg.norm(gap))}


@dataclass(frozen=True, config=STRICT)
class Bars(Dataset):
    """Images of one bright column, each with a pattern of its own."""

    summary: ClassVar[str] = "bars, 8x8"
    labelled: ClassVar[bool] = True
    shape: ClassVar[tuple[int, int, int]] = (1, 8, 8)
    name: Literal["bars"] = "bars"

    def load(self, root: Path) -> Images:
        labels = np.arange(800) % 8
        images = np.zeros((800, 1, 8, 8), np.uint8)
        images[:, 0, :2] = (np.arange(800)[:, None] >> np.arange(16)).reshape(-1, 2, 8) % 2
        images[np.arange(800), 0, :, labels] += 200
        return hold_out(images, labels)


@dataclass(frozen=True, config=STRICT)
class Halving(Schedule):
    """Half the learning rates from half-way on."""

    summary: ClassVar[str] = "half of it from half-way on"
    name: Literal["halving"] = "halving"

    def decay(self, share: float) -> float:
        return 1.0 if share <= 0.5 else 0.5


@dataclass(frozen=True, config=STRICT)
class Noise(Augmentation):
    """Instance noise."""

    summary: ClassVar[str] = "adds Gaussian noise"
    name: Literal["noise"] = "noise"
    std: float = 0.1

    def apply(self, images: Tensor, draws: torch.Generator) -> Tensor:
        noise = torch.randn(images.shape, generator=draws)
        return images + self.std * noise.to(images.device)


METHODS = {"squashed_by_gradient": SquashedByGradient, "lazy": Lazy}
MODELS = {"residual": ResidualPair, "growing": Growing}
STABILISERS = {"shaken": Shaken, "batch_deviation": BatchDeviation}
METRICS = {"mean_distance": Brightness}
DATASETS = {"bars": Bars}
SCHEDULES = {"halving": Halving}
AUGMENTATIONS = {"noise": Noise}
LOSSES = {
    "margin": Loss(
        lambda real, fake: (0.5 - real).relu().mean() + (0.5 + fake).relu().mean(),
        lambda fake: -fake.mean(),
        "hinge with a margin of 1/2",
        zero_decides=True,
    )
}
