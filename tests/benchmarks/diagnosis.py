"""What spectra and a whole diagnosis of D cost, in milliseconds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from sizes import SIZES, spec
from statistic import Sample

from runners import seeds
from runners.diagnostics.diagnose import diagnose
from runners.diagnostics.spectrum import spectra
from runners.measure import PROBE, undisturbed
from runners.networks import Networks


def measure(sizes: Sequence[str], rounds: int, data: Path) -> Iterator[tuple[str, Sample]]:
    """Yield the cost of spectral norm's spectra, and of a diagnosis from a warm start."""
    torch.set_num_threads(1)
    for size in sizes:
        run = spec(SIZES[size], data, method="spectral_norm")
        networks = Networks(run, "cpu")
        generator, discriminator = networks.generator, networks.discriminator
        real = torch.rand(PROBE, *run.dataset.shape) * 2 - 1
        latents = seeds.latents(0, "evaluation", 0, PROBE, run.model.latent)
        starts, both = {}, {"spectra": [], "diagnosis": []}
        for number in range(rounds + 1):
            with undisturbed(generator, discriminator):
                clock = time.perf_counter()
                spectra(discriminator)
                both["spectra"].append(time.perf_counter() - clock)
                clock = time.perf_counter()
                with torch.no_grad():
                    fake = generator(latents)
                draws = seeds.draws(0, "interpolates", number)
                diagnose(run.method, discriminator, real, fake, draws, starts)
                both["diagnosis"].append(time.perf_counter() - clock)
        for what, found in both.items():
            yield f"{what}/{size}", Sample([1e3 * s for s in found[1:]], "ms")
