"""What a worker process is asked to do: begin, prepare a grid once, execute runs one at a time."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from runners import checkpoint, plugins
from runners.component import origin
from runners.contracts import broken
from runners.device import resolved
from runners.engines.slots import CPU
from runners.errors import StoreProblem, UserProblem
from runners.files import APPEND
from runners.metrics.extractors import require_enough
from runners.metrics.scorer import scorer
from runners.options import Options
from runners.processor import bf16_problem
from runners.spec import RunSpec
from runners.store.events import another_attempt
from runners.store.lease import NO_CLAIM, Claim, Held, Lease, LeaseLost
from runners.store.run import RunStore
from runners.store.states import State, Status
from runners.tracking import environment_problem
from runners.train import train

Stop = Callable[[], bool]


def begin(options: Options, gpu: str | None) -> None:
    """Make a fresh worker ready for its first message; no spec has been unpickled before.

    Args:
        options: with the plugins, whose components specs may hold.
        gpu: what CUDA_VISIBLE_DEVICES is to be, None to leave it; CUDA has not been used yet.
    """
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    plugins.load_all(options.plugins)


def prepare(specs: list[RunSpec], options: Options) -> list[str]:
    """Check device and environment, load all data and fill the caches before any training starts.

    Returns:
        One line per data set: sizes, extractor and its held-out accuracy.

    Raises:
        UserProblem: what is missing and what to do.
    """
    options = resolved(options)
    if options.wandb != "disabled" and (problem := environment_problem()):
        raise UserProblem(problem)
    check_plugins(specs)
    check_precision(specs, options.device)
    lines: dict[str, None] = {}
    for spec in specs:
        judge = scorer(spec.dataset, spec.evaluation.extractor, options, spec.evaluation.reference)
        require_enough(judge.reference.count, spec.evaluation.metrics)
        accuracy = judge.extractor.accuracy
        right = "" if accuracy is None else f" (held-out accuracy {accuracy:.1%})"
        lines[
            f"{spec.dataset.name}: {len(judge.images.train)} training data of shape "
            f"{spec.dataset.shape}, scored by {judge.extractor.name}{right}"
        ] = None
    return list(lines)


def check_precision(specs: Iterable[RunSpec], device: str) -> None:
    """Refuse bfloat16 where it would be many times slower, and nobody would know why.

    Raises:
        UserProblem: the reason, with the measured factor, and what to do.
    """
    asked = any(spec.precision == "bf16" and not spec.force for spec in specs)
    if asked and (problem := bf16_problem(device)):
        raise UserProblem(
            f"base.precision: bf16: {problem}; use fp32, or force: true to run it all the same"
        )


def check_plugins(specs: Iterable[RunSpec]) -> None:
    """Run the contract suite on the components from outside that these runs would use.

    Raises:
        UserProblem: what they break.
    """
    parts = dict.fromkeys(part for spec in specs for part in spec.foreign)
    found = [
        f"{origin(component)}: {getattr(component, 'name', registry)}: {text}"
        for registry, component in parts
        for text in broken(registry, component)
    ]
    if found:
        raise UserProblem("\n".join([*found, "bench check FILE says more; nothing was run"]))


def devices(options: Options) -> list[str]:
    """Return the devices that runs may be spread over: ``cpu``, or ``cuda:0`` and so on."""
    if resolved(options).device == CPU:
        return [CPU]
    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def execute(
    spec: RunSpec,
    folder: Path,
    options: Options,
    stop: Stop = lambda: False,
    claim: Claim = NO_CLAIM,
) -> Status:
    """Execute one run in its folder, unless it is done or another process has it.

    An exception is recorded with its traceback and never leaves this function, so that one
    run cannot take others along.

    Args:
        spec: what to run.
        folder: the run's folder.
        options: how and where to run.
        stop: asked after every step; True ends the run early, after a checkpoint.
        claim: on a run that another process has.
    """
    store = RunStore(folder)
    try:
        with store.lease(claim) as lease:
            return _while_held(spec, store, resolved(options), stop, lease)
    except Held as other:
        return Status(State.BUSY, reason=str(other))
    except Exception as error:  # of the lease: nothing may be written without it
        return _crash(error)


def _while_held(
    spec: RunSpec, store: RunStore, options: Options, stop: Stop, lease: Lease
) -> Status:
    """Execute a run until it ends or is given to another process."""

    def stop_or_lost() -> bool:
        lease.require()
        return stop()

    try:
        return _unless_damaged(spec, store, options, stop_or_lost)
    except LeaseLost:
        raise
    except Exception as error:
        return _crashed(store, error)


def _unless_damaged(spec: RunSpec, store: RunStore, options: Options, stop: Stop) -> Status:
    try:
        return _attempt(spec, store, options, stop)
    except StoreProblem as problem:
        if not options.redo_damaged:
            return Status(State.DAMAGED, reason=str(problem))
        store.require_lease()
        store.set_aside()
        return _attempt(spec, store, options, stop)


def _attempt(spec: RunSpec, store: RunStore, options: Options, stop: Stop) -> Status:
    store.check(spec)
    if store.is_done():
        return store.status()
    check_precision([spec], options.device)
    before = store.status()
    saved = checkpoint.load(store)  # refused before anything in the folder changes
    store.begin(spec.as_dict)
    goes_on = saved["step"] if saved else 0
    for event in another_attempt(before, goes_on, store.taken_over):
        store.note(event)
    with _output_to(store):
        try:
            return train(spec, store, options, stop, saved)
        except (StoreProblem, LeaseLost):
            raise
        except Exception as error:
            return _crashed(store, error)


def _crashed(store: RunStore, error: Exception) -> Status:
    """Return the status of a crash, recorded where the disk still takes it.

    Raises:
        LeaseLost: it is no crash: the run, and perhaps its folder, is another's by now.
    """
    store.require_lease()
    crash = _crash(error)
    with contextlib.suppress(OSError):
        store.write_status(crash)
    return crash


def _crash(error: Exception) -> Status:
    return Status(
        State.CRASHED,
        reason=explain(error),
        traceback=traceback.format_exc(),
        environment=isinstance(error, OSError),
    )


def explain(error: Exception) -> str:
    """Say in a line what happened, and what to do if it is not the program's fault."""
    if isinstance(error, UserProblem):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return (
            f"{where}{error.strerror}; once that is put right, the same command goes on from here"
        )
    return traceback.format_exception_only(error)[-1].strip()


@contextmanager
def _output_to(store: RunStore) -> Iterator[None]:
    """Send what this process prints, C code included, to the run's log; an empty one is removed."""
    kept = [os.dup(stream) for stream in (1, 2)]
    log = store.place.open(store.log_file, APPEND | os.O_TRUNC)
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for stream, copy in zip((1, 2), kept, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        if os.fstat(log).st_size == 0:
            store.place.unlink(store.log_file)
        os.close(log)
