"""What the Lipschitz ledger costs: its share of a run's time at the default cadence.

Run: python tests/benchmarks/ledger_cost.py
"""

from __future__ import annotations

import statistics
import time

import torch

from runners import seeds
from runners.diagnostics.diagnose import diagnose
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.measure import PROBE, undisturbed
from runners.networks import build
from runners.spec import RunSpec, from_dict

SIZES = {
    "digits 8x8x1 width 32": {"shape": (1, 8, 8), "width": 32, "repeats": 200},
    "32x32x3 width 64": {"shape": (3, 32, 32), "width": 64, "repeats": 6},
}


def _spec(method: str, width: int) -> RunSpec:
    return from_dict({
        "method": method, "seed": 0, "dataset": "digits", "loss": "nonsaturating", "steps": 1,
        "model": {"name": "dcgan", "width": width, "latent": 64},
        "optimizer": {"name": "adam", "lr": 2e-4}, "batch_size": 64,
    })  # fmt: skip


def _step(spec: RunSpec, networks, optimizers, real: torch.Tensor, update: int) -> None:
    (generator, discriminator), loss = networks, LOSSES[spec.loss]
    fake = generator(seeds.latents(0, "latents", update, 64, 64))
    logits = discriminator(torch.cat([real, fake.detach()])).chunk(2)
    draws = seeds.generator(0, "penalty", update)
    penalty = spec.method.penalty(discriminator, real, fake.detach(), draws)
    optimizers[1].zero_grad()
    total = loss.discriminator(*logits)
    (total if penalty is None else total + penalty).backward()
    optimizers[1].step()
    spec.method.project(discriminator)
    discriminator.requires_grad_(False)
    optimizers[0].zero_grad()
    loss.generator(discriminator(fake)).backward()
    optimizers[0].step()
    discriminator.requires_grad_(True)


def _cost(spec: RunSpec, shape: tuple[int, int, int], repeats: int) -> tuple[float, float]:
    """Return median seconds of a step and of one ledger, alternating."""
    object.__setattr__(spec, "dataset", type("Shape", (), {"shape": shape, "name": "bench"})())
    generator, discriminator, _ = build(spec, "cpu")
    optimizers = [spec.optimizer.build(n.parameters()) for n in (generator, discriminator)]
    real = torch.rand(PROBE, *shape) * 2 - 1
    steps, ledgers, starts = [], [], {}
    for update in range(repeats):
        clock = time.perf_counter()
        _step(spec, (generator, discriminator), optimizers, real[:64], update)
        steps.append(time.perf_counter() - clock)
        if update % max(1, repeats // 6) == 0:
            clock = time.perf_counter()
            with undisturbed(generator, discriminator):
                with torch.no_grad():
                    fake = generator(seeds.latents(0, "evaluation", 0, PROBE, 64))
                draws = seeds.generator(0, "interpolates", update)
                diagnose(spec.method, discriminator, real, fake, draws, starts)
            ledgers.append(time.perf_counter() - clock)
    return statistics.median(steps), statistics.median(ledgers[1:] or ledgers)


def main() -> None:
    """Print a Markdown table."""
    torch.set_num_threads(1)
    every = _spec("none", 8).diagnostics_every
    print(f"| size | method | ms a step | ms a ledger | share at every {every} steps |")
    print("| --- | --- | --- | --- | --- |")
    for name, size in SIZES.items():
        for method in METHODS:
            step, ledger = _cost(_spec(method, size["width"]), size["shape"], size["repeats"])
            share = ledger / (ledger + every * step)
            print(f"| {name} | {method} | {step * 1e3:.1f} | {ledger * 1e3:.0f} | {share:.2%} |")


if __name__ == "__main__":
    main()
