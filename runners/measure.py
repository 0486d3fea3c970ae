"""What a run measures at a step; everything here leaves training bit-identical."""

from __future__ import annotations

import copy
import io
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.optim.swa_utils import update_bn

from runners import seeds
from runners.diagnostics.diagnose import diagnose
from runners.metrics.scorer import Scorer
from runners.networks import PLANE, generate, generator_at, scatter, tile, to_float
from runners.spec import RunSpec
from runners.store.run import RunStore
from runners.tracking import Tracker

GRID = 64  # images of a sample grid
SURFACE = 121  # points per side where D is drawn over the plane
RENORMING = 32  # batches for the batch-norm statistics of the averaged G
PROBE = 128  # images of each kind for input gradients


@contextmanager
def undisturbed(*networks: nn.Module) -> Iterator[None]:
    """Put networks in eval mode inside the block; no gradient reaches their parameters."""
    modes = [network.training for network in networks]
    flags = [[p.requires_grad for p in network.parameters()] for network in networks]
    for network in networks:
        network.eval().requires_grad_(False)
    try:
        yield
    finally:
        for network, mode, kept in zip(networks, modes, flags, strict=True):
            network.train(mode)
            for parameter, flag in zip(network.parameters(), kept, strict=True):
                parameter.requires_grad_(flag)


def evaluation_latents(spec: RunSpec) -> Tensor:
    """Return the latents every score of a run uses, the same for all methods of a seed."""
    return seeds.latents(spec.seed, "evaluation", 0, spec.evaluation.samples, spec.model.latent)


class Recorder:
    """Writes a run's measurements to its store and mirrors them to wandb.

    Args:
        spec, store, tracker, scorer: of the run.
        real: all training data, on the run's device.
        starts: where the operator norms' power iterations start, updated by every diagnosis.
    """

    def __init__(
        self,
        spec: RunSpec,
        store: RunStore,
        tracker: Tracker,
        scorer: Scorer,
        real: Tensor,
        starts: dict[str, Tensor],
    ) -> None:
        self.spec, self.store, self.tracker, self.scorer = spec, store, tracker, scorer
        order = torch.randperm(len(real), generator=seeds.draws(spec.seed, "probe"))
        self.probe = to_float(real[order[:PROBE].to(real.device)])
        self.latents = evaluation_latents(spec).to(real.device)
        self.starts = starts

    def losses(self, step: int, row: dict[str, float]) -> None:
        """Record losses, logits and gradient norms."""
        self.store.append("metrics", [{"step": step} | row])
        self.tracker.log(step, row)

    def diagnose(self, step: int, generator: nn.Module, discriminator: nn.Module) -> None:
        """Record spectra, norms, bounds and conformance of the discriminator."""
        draws = seeds.draws(self.spec.seed, "interpolates", step)
        with undisturbed(generator, discriminator):
            with torch.no_grad():
                fake = generator(self.latents[: len(self.probe)])
            real = self.probe[: len(fake)]
            layers, whole = diagnose(
                self.spec.method, discriminator, real, fake, draws, self.starts
            )
        layers = [{"step": step} | row for row in layers]
        self.store.append("spectra", layers)
        self.store.append("diagnostics", [{"step": step} | whole])
        self.tracker.spectra(step, layers)
        self.tracker.log(step, whole)
        if step == self.spec.steps and self.probe.dim() == 2 and self.spec.per_sample:
            self._draw_surface(generator, discriminator)

    def evaluate(
        self, step: int, generator: nn.Module, average: nn.Module | None = None
    ) -> dict[str, Any]:
        """Score samples, draw a grid of them, and return the scores.

        Args:
            step: it is at.
            generator: whose samples are scored and drawn.
            average: of its weights, scored beside it.
        """
        images = generate(generator, self.latents)
        scores = self._scores(images) | self._averaged_scores(average)
        self.store.append("scores", [{"step": step} | scores])
        file = self.store.sample_grid_file(step)
        self.store.write(file, png(tile(images[:GRID]) if images.dim() == 4 else scatter(images)))
        if step == self.spec.steps:
            self._keep(images)
        self.tracker.log(step, scores)
        self.tracker.samples(step, file)
        return scores

    def score_best(self, best: Mapping[str, Any]) -> None:
        """Score the generator of the best validation score on latents it was not chosen by.

        Args:
            best: step and generator (a state dict), as in TrainingState; {} if none was scored.
        """
        if not best:
            return
        device, spec = self.latents.device, self.spec
        generator = generator_at(spec, best["step"], best["generator"], device)
        fresh = seeds.latents(spec.seed, "best", 0, len(self.latents), spec.model.latent)
        scores = self._scores(generate(generator, fresh.to(device)))
        self.store.append("best", [{"step": best["step"]} | scores])

    def _scores(self, images: Tensor) -> dict[str, Any]:
        return self.scorer.score(images, self.spec.evaluation)

    def _averaged_scores(self, average: nn.Module | None) -> dict[str, Any]:
        if average is None:
            return {}
        scores = self._scores(generate(self._renormed(average), self.latents))
        columns = [c for m in self.spec.evaluation.metrics for c in m.all_columns() if c.ranks]
        return {c.averaged.name: scores[c.name] for c in columns if c.name in scores}

    def _renormed(self, average: nn.Module) -> nn.Module:
        """Return a copy whose batch norms have the statistics of its own weights."""
        spec, average = self.spec, copy.deepcopy(average)
        count = RENORMING * spec.batch_size
        latents = seeds.latents(spec.seed, "batch norm", 0, count, spec.model.latent)
        with seeds.scoped(spec.seed, "batch norm"):  # layers may draw in train mode
            update_bn(latents.to(self.latents.device).split(spec.batch_size), average)
        return average

    def floor(self) -> None:
        """Record what held-out real data score, and copies: what every score here is between."""
        self.store.write_json(self.store.floor_file, self.scorer.floor(self.spec.evaluation))

    @torch.no_grad()
    def _draw_surface(self, generator: nn.Module, discriminator: nn.Module) -> None:
        ticks = torch.linspace(*PLANE, SURFACE, device=self.probe.device)
        points = torch.cartesian_prod(ticks, ticks).flip(1)  # rows of equal y
        with undisturbed(discriminator):
            values = discriminator(points).view(SURFACE, SURFACE).cpu().numpy()
        fake, real = generate(generator, self.latents), self.scorer.images.test
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            values=values,
            ticks=ticks.cpu().numpy(),
            generated=fake.cpu().numpy(),
            real=real,
        )
        self.store.write(self.store.surface_file, buffer.getvalue())

    def _keep(self, images: Tensor) -> None:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, images=images.cpu().numpy())
        self.store.write(self.store.samples_file, buffer.getvalue())


def gradient_norm(network: nn.Module) -> float:
    """Return the 2-norm of all parameter gradients of the last backward pass."""
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    return torch.nn.utils.get_total_norm(gradients).item()


def non_finite(row: dict[str, float], first: int, last: int) -> str | None:
    """Say which numbers of a row over the steps ``first`` to ``last`` are not finite, or None."""
    bad = [name for name, value in row.items() if not math.isfinite(value)]
    if not bad:
        return None
    return f"non-finite {', '.join(bad)} between steps {first} and {last}"


def png(picture: np.ndarray) -> bytes:
    """Return a (height, width, channels) uint8 picture as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(picture.squeeze()).save(buffer, "PNG")
    return buffer.getvalue()
