"""THE training loop: one run of one method with one seed, readable from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import torch
from torch.nn.utils import parametrize

from runners import checkpoint, seeds
from runners.datasets import load_images
from runners.files import write_json
from runners.losses import LOSSES
from runners.measure import Recorder, gradient_norm, non_finite
from runners.metrics.scorer import scorer
from runners.networks import build, chain, environment, to_float
from runners.options import Options
from runners.spec import RunSpec
from runners.store import DIVERGED, FINISHED, UNFINISHED, RunStore
from runners.tracking import Tracker

WINDOW = ("loss_d", "loss_g", "penalty", "logit_real", "logit_fake", "accuracy_d")
START = "00" * 32  # first link of the hash chains


def train(
    spec: RunSpec, store: RunStore, options: Options, stop: Callable[[], bool] = lambda: False
) -> dict[str, Any]:
    """Train, measure and store one run, going on from its checkpoint if there is one.

    The generator runs forward once a step: its last batch of a step serves the discriminator
    (detached) and then the generator, whose weights have not changed in between.

    Args:
        spec: what to train.
        store: where rows and checkpoints go.
        options: how and where.
        stop: asked after every step; True ends the run early, after a checkpoint.

    Returns:
        The status: state (finished, diverged, or unfinished where stopped), step, reason,
        seconds, seconds_per_step.

    Raises:
        StoreProblem: the checkpoint or the rows it belongs to are damaged.
    """
    device = options.device
    loss, method = LOSSES[spec.loss], spec.method

    # images in memory, and networks that are identical for all methods of a seed
    images = load_images(spec.dataset, options.data_root)
    real_images = torch.from_numpy(images.train).to(device)
    sampler = seeds.BatchSampler(spec.seed, len(real_images), spec.batch_size)
    generator, discriminator, hashes = build(spec, device)
    optimizer_g = spec.optimizer.build(generator.parameters())
    optimizer_d = spec.optimizer.build(discriminator.parameters())
    one_forward = not any(isinstance(m, torch.nn.BatchNorm2d) for m in discriminator.modules())
    precision = torch.autocast(device, torch.bfloat16, enabled=spec.precision == "bf16")

    # state: fresh, or exactly where the checkpoint left it
    parts = {"generator": generator, "discriminator": discriminator,
             "optimizer_g": optimizer_g, "optimizer_d": optimizer_d}  # fmt: skip
    begin, seconds, proof = 0, 0.0, hashes | {"batches": START, "latents": START}
    proof |= environment(device)
    window, counted = torch.zeros(len(WINDOW), dtype=torch.float64, device=device), 0
    saved = checkpoint.load(store)
    if saved:
        begin, seconds, proof, counted = (
            saved["step"], saved["seconds"], saved["proof"], saved["counted"],
        )  # fmt: skip
        window.copy_(saved["window"])
        saved.restore(parts)
    store.truncate_rows(saved["row_sizes"] if saved else {})

    tracker = Tracker(spec, store, options)
    judge = scorer(spec.dataset, spec.evaluation.extractor, options)
    recorder = Recorder(spec, store, tracker, judge, real_images)
    if saved:
        recorder.starts = saved["starts"]

    def save(step: int) -> None:
        states = {name: part.state_dict() for name, part in parts.items()}
        progress = {"step": step, "seconds": seconds, "proof": proof, "window": window,
                    "counted": counted, "starts": recorder.starts}  # fmt: skip
        checkpoint.save(store, progress | states)

    def due(step: int, every: int) -> bool:
        return step % every == 0 or step == spec.steps

    recorder.floor()
    if not saved:
        recorder.diagnose(0, generator, discriminator)
        recorder.evaluate(0, generator)
        store.append("timing", [{"step": 0, "seconds": 0.0}])

    reason, step = None, begin
    for step in range(begin + 1, spec.steps + 1):
        clock = time.perf_counter()

        # discriminator: n_dis updates; the last one's fakes keep their graph for the generator
        for inner in range(spec.n_dis):
            update = (step - 1) * spec.n_dis + inner
            batch = sampler.batch(update)
            z = seeds.latents(spec.seed, "latents", update, spec.batch_size, spec.model.latent)
            proof["batches"] = chain(proof["batches"], batch)
            proof["latents"] = chain(proof["latents"], z)
            real = to_float(real_images[batch.to(device)])
            draws = seeds.generator(spec.seed, "penalty", update)
            with precision, torch.set_grad_enabled(inner == spec.n_dis - 1):
                fake = generator(z.to(device)).float()
            seen = fake.detach()
            with precision, parametrize.cached():
                if one_forward:
                    both = discriminator(torch.cat([real, seen])).float()
                else:
                    both = torch.cat([discriminator(real), discriminator(seen)]).float()
                penalty = method.penalty(discriminator, real, seen, draws)
            logits_real, logits_fake = both.chunk(2)
            loss_d = loss.discriminator(logits_real, logits_fake)
            optimizer_d.zero_grad()
            (loss_d if penalty is None else loss_d + penalty).backward()
            optimizer_d.step()
            method.project(discriminator)

        # generator: one update through the frozen, just updated discriminator
        discriminator.requires_grad_(False)
        with precision:
            loss_g = loss.generator(discriminator(fake).float())
        optimizer_g.zero_grad()
        loss_g.backward()
        optimizer_g.step()
        discriminator.requires_grad_(True)

        # means since the last row, accumulated on the device
        with torch.no_grad():
            right = logits_real.gt(0).float().mean() + logits_fake.lt(0).float().mean()
            window += torch.stack([
                loss_d.detach(), loss_g.detach(),
                loss_d.new_zeros(()) if penalty is None else penalty.detach(),
                logits_real.mean(), logits_fake.mean(), right / 2,
            ])  # fmt: skip
            counted += 1
        seconds += time.perf_counter() - clock

        # measuring; a non-finite value ends the run, as a result
        diagnosed = due(step, spec.diagnostics_every)
        evaluated = due(step, spec.evaluation.every)
        if due(step, spec.log_every) or diagnosed or evaluated:
            row = dict(zip(WINDOW, (window / counted).tolist(), strict=True))
            row |= {
                "grad_norm_d": gradient_norm(discriminator),
                "grad_norm_g": gradient_norm(generator),
            }
            recorder.losses(step, row)
            store.append("timing", [{"step": step, "seconds": seconds}])
            reason = non_finite(row, step - counted, step)
            window.zero_()
            counted = 0
        if reason:
            break
        if diagnosed:
            recorder.diagnose(step, generator, discriminator)
        if evaluated:
            recorder.evaluate(step, generator)
        stopped = stop() and step < spec.steps
        if evaluated or stopped:
            save(step)
        if stopped:
            tracker.close()
            return {"state": UNFINISHED, "step": step, "reason": f"checkpoint at step {step}"}

    write_json(store.proof_file, proof)
    status = {
        "state": DIVERGED if reason else FINISHED,
        "step": step,
        "reason": reason,
        "seconds": seconds,
        "seconds_per_step": seconds / step,
    }
    tracker.finish(status)
    store.write_outcomes(status)
    store.write_status(**status)
    return status
