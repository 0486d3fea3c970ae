"""Samples and scores of finished runs, from their checkpoints."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from torch import Tensor

from runners import checkpoint, seeds
from runners.device import resolved
from runners.errors import UserProblem
from runners.metrics.extractors import require_enough
from runners.metrics.scorer import scorer
from runners.networks import generate, generator_at
from runners.options import Options
from runners.spec import Evaluation, RunSpec, from_stored
from runners.store import imported
from runners.store.run import RunStore
from runners.store.states import State


def samples(
    store: RunStore, purpose: str, count: int, device: str = "cpu"
) -> tuple[RunSpec, Tensor, int]:
    """Return the spec, ``count`` generated data and the step of a run's checkpoint.

    They are of the generator itself, not of its average or of its best checkpoint.

    Args:
        purpose: of the random latents: ``evaluation`` gives those its scores were made of.

    Raises:
        UserProblem: the run has no checkpoint, or a plugin of it is not loaded.
    """
    store.check_whole()
    spec = _spec(store)
    state = checkpoint.load(store)
    if state is None:
        raise UserProblem(f"{store.folder}: has no checkpoint yet; run its grid first")
    generator = generator_at(spec, state["step"], state["generator"], device)
    latents = seeds.latents(spec.seed, purpose, 0, count, spec.model.latent)
    return spec, generate(generator, latents.to(device)), state["step"]


def _spec(store: RunStore) -> RunSpec:
    plain = store.spec()
    imported.require_own(
        {store.run_id: plain}, f"{store.folder}: cannot be sampled or scored again"
    )
    try:
        return from_stored(plain)
    except ValidationError as error:
        files = ", ".join(plain.get("plugins") or ())
        hint = f"; it was made with {files}: name that file with --plugin" if files else ""
        raise UserProblem(f"{store.spec_file}: {error.errors()[0]['msg']}{hint}") from error


def _plan(plain: dict[str, Any]) -> Evaluation:
    try:
        return from_stored(plain).evaluation
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, problem['loc'])) or 'evaluation'}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise UserProblem("\n".join(lines)) from error


def rescore(store: RunStore, changes: dict[str, Any], options: Options) -> dict[str, Any]:
    """Score a finished run under another evaluation and append the row to its ``evals``.

    What is scored is its generator itself, not its average or its best checkpoint.

    Args:
        changes: fields of Evaluation that differ from the run's own.

    Raises:
        UserProblem: the run is not finished, or the evaluation does not fit its data.
    """
    store.check_whole()
    state = store.status().state
    if state != State.FINISHED:
        raise UserProblem(f"{store.folder}: is {state}, not finished")
    _spec(store)  # refused first where its plugin is missing
    plain = store.spec()
    renewed = {"metrics": [], **changes} if "extractor" in changes else changes
    plain["evaluation"] = {**plain["evaluation"], **renewed}
    plan, options = _plan(plain), resolved(options)
    spec, generated, step = samples(store, "evaluation", plan.samples, options.device)
    judge = scorer(spec.dataset, plan.extractor, options, plan.reference)
    require_enough(judge.reference.count, plan.metrics)
    row = {"step": step} | judge.score(generated, plan)
    store.append_eval(row)
    return row
