"""THE training loop: one run of one method with one seed, readable from top to bottom."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch.nn.utils import parametrize

from runners import checkpoint, seeds
from runners.datasets import load_images
from runners.flops import flops_of_kind
from runners.losses import LOSSES
from runners.machine import environment, wait_for
from runners.measure import Recorder, gradient_norm, non_finite
from runners.memory import Memory, only
from runners.metrics.scorer import scorer
from runners.networks import Networks, chain, to_float
from runners.options import Options
from runners.separation import auc
from runners.spec import RunSpec
from runners.state import TrainingState
from runners.store.run import RunStore
from runners.store.states import State, Status
from runners.tracking import Tracker


def train(
    spec: RunSpec,
    store: RunStore,
    options: Options,
    stop: Callable[[], bool] = lambda: False,
    saved: checkpoint.Saved | None = None,
) -> Status:
    """Train, measure and store one run, going on from its checkpoint if there is one.

    The generator runs forward once per step: its last batch of a step serves the discriminator
    (detached) and then the generator, whose weights have not changed in between.

    Args:
        spec: what to train.
        store: where rows and checkpoints go.
        options: how and where.
        stop: asked after every step; True ends the run early, after a checkpoint.
        saved: the run's checkpoint, if it has been read already.

    Returns:
        The status: finished, diverged, or unfinished where stopped.

    Raises:
        StoreProblem: the checkpoint or the rows it belongs to are damaged.
    """
    device = options.device
    loss, method = LOSSES[spec.loss], spec.method
    memory = Memory(device)

    # images in memory, and networks that are identical for all methods of a seed
    images = load_images(spec.dataset, options.data_root)
    real_images = torch.from_numpy(images.train).to(device)
    sampler = seeds.BatchSampler(spec.seed, len(real_images), spec.batch_size)
    networks = Networks(spec, device)
    generator, discriminator = networks.generator, networks.discriminator
    one_forward = spec.per_sample
    precision = torch.autocast(device, torch.bfloat16, enabled=spec.precision == "bf16")

    # state: fresh, or exactly where the checkpoint left it
    state = TrainingState(spec, networks, device)
    saved = saved or checkpoint.load(store)
    if saved:
        state.restore(saved)
    state.ran_on(environment(device))
    store.truncate_rows(saved["row_sizes"] if saved else {})

    tracker = Tracker(spec, store, options)
    judge = scorer(spec.dataset, spec.evaluation.extractor, options, spec.evaluation.reference)
    recorder = Recorder(spec, store, tracker, judge, real_images, state.starts)

    def due(every: int) -> bool:
        return state.step % every == 0 or state.step == spec.steps

    recorder.floor()
    if not saved:
        recorder.diagnose(0, generator, discriminator)
        recorder.evaluate(0, generator, state.averaged)
        store.append("timing", [{"step": 0, "seconds": 0.0}])

    reason = None
    for step in range(state.step + 1, spec.steps + 1):
        clock = time.perf_counter()
        state.begin(step)

        # discriminator: n_dis updates; the last one's fakes keep their graph for the generator
        for inner in range(spec.n_dis):
            update = (step - 1) * spec.n_dis + inner
            batch = sampler.batch(update)
            z = seeds.latents(spec.seed, "latents", update, spec.batch_size, spec.model.latent)
            state.proof["batches"] = chain(state.proof["batches"], batch)
            state.proof["latents"] = chain(state.proof["latents"], z)
            real = networks.see(to_float(real_images[batch.to(device)]), "real", update)
            with precision, torch.set_grad_enabled(inner == spec.n_dis - 1):
                fake = generator(z.to(device)).float()
            seen = networks.see(networks.fakes(fake.detach(), update), "fake", update)
            draws = seeds.draws(spec.seed, "penalty", update)
            with precision, parametrize.cached():
                if one_forward:
                    both = discriminator(torch.cat([real, seen])).float()
                else:
                    both = torch.cat([discriminator(real), discriminator(seen)]).float()
                penalty = method.penalty(discriminator, real, seen, draws, update)
            logits_real, logits_fake = both.chunk(2)
            loss_d = loss.discriminator(logits_real, logits_fake)
            state.optimizer_d.zero_grad()
            (loss_d if penalty is None else loss_d + penalty).backward()
            state.optimizer_d.step()
            method.project(discriminator)

        # generator: one update through the frozen, just updated discriminator
        discriminator.requires_grad_(False)
        with precision:
            compared = [discriminator(real).float()] if loss.relative else []
            own = discriminator(networks.see(fake, "own", step)).float()
            loss_g = loss.generator(*compared, own)
        state.optimizer_g.zero_grad()
        loss_g.backward()
        state.optimizer_g.step()
        state.average()
        discriminator.requires_grad_(True)

        # means since the last row, accumulated on the device
        with torch.no_grad():
            right = logits_real.gt(0).float().mean() + logits_fake.lt(0).float().mean()
            state.count(torch.stack([
                loss_d.detach(), loss_g.detach(),
                loss_d.new_zeros(()) if penalty is None else penalty.detach(),
                logits_real.mean(), logits_fake.mean(), right / 2,
                auc(logits_real, logits_fake).sub(0.5).abs(),
            ]))  # fmt: skip
        diagnosed, evaluated = due(spec.diagnostics_every), due(spec.evaluation.every)
        logged = due(spec.log_every) or diagnosed or evaluated
        if logged:
            wait_for(device)  # else the steps since the last row are timed as begun, not as done
        state.seconds += time.perf_counter() - clock

        # measuring; a non-finite value ends the run, as a result
        if logged:
            first = step - state.counted + 1
            row = state.means()
            row |= {
                "grad_norm_d": gradient_norm(discriminator),
                "grad_norm_g": gradient_norm(generator),
            }
            recorder.losses(step, row)
            store.append("timing", [{"step": step, "seconds": state.seconds}])
            reason = non_finite(row, first, step)
        if reason:
            break
        if diagnosed:
            recorder.diagnose(step, generator, discriminator)
        if evaluated:
            state.keep_best(recorder.evaluate(step, generator, state.averaged))
        stopped = stop() and step < spec.steps
        if evaluated or stopped:
            state.peaks = memory.peaks(state.peaks)
            state.save(store)
        if stopped:
            tracker.close()
            return Status(State.UNFINISHED, step, f"checkpoint at step {step}")

    if not reason:
        recorder.score_best(state.best)
    store.write_json(store.proof_file, state.proof)
    status = Status(
        State.DIVERGED if reason else State.FINISHED,
        state.step,
        reason,
        seconds=state.seconds,
        seconds_per_step=state.seconds / state.step,
        peak_bytes=only(memory.peaks(state.peaks)),
        flops_per_step=flops_of_kind(spec),
    )
    tracker.finish(status)
    store.write_status(status)
    return status
