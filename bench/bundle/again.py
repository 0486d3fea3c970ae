"""Runs of a bundle, made again here and held against what is bundled.

On a machine of the same kind (that rounds the same: alike in all that
:data:`runners.store.proof.ROUNDING` names) every row, hash and array must be the same; on another
the reference bands of :mod:`bench.bundle.bands` say whether the run could be another seed's.
"""

from __future__ import annotations

import shlex
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from rich.console import Console

from bench.bundle import bands
from bench.bundle.archive import DAMAGE
from bench.needs import require_installed
from bench.progress import progress
from runners import identity
from runners.engines import chosen
from runners.engines.resources import Resources
from runners.engines.scheduler import Scheduler
from runners.errors import UserProblem
from runners.options import Options
from runners.spec import RunSpec, from_stored
from runners.store import copies
from runners.store.grid import GridStore
from runners.store.proof import ENVIRONMENT, ROUNDING, ran_on
from runners.store.run import RunStore
from runners.store.states import ENDED, Status

SHOWN = 5  # columns


def sampled(ended: Sequence[str], digest: str) -> str:
    """Return the run that is made again if nobody says which.

    The bundle's hash as a number, modulo the number of runs that ended, is its place among them:
    whoever checks a bundle cannot choose, though whoever makes one may try many.

    Args:
        ended: ids of the runs, sorted; not empty.
        digest: of the bundle.
    """
    return ended[int(digest, 16) % len(ended)]


def spec_of(run: RunStore) -> RunSpec:
    """Return what a run that is to be made again was asked for.

    Raises:
        UserProblem: why it cannot be made here.
    """
    stored = run.spec()
    if identity.earlier(stored):
        raise UserProblem(f"{run.run_id}: of an earlier version, which drew other random numbers")
    try:
        spec = from_stored(stored)
    except ValidationError as error:
        raise UserProblem(f"{run.run_id}: {_unknown(stored, error)}") from error
    require_installed([spec])
    return spec


def like(options: Options, runs: Iterable[RunStore]) -> Options:
    """Return options that make runs on a processor if they ran on one, unless a device was said."""
    on_processor = all(run.proof().get("device") == "cpu" for run in runs)
    return replace(options, device="cpu") if options.device == "auto" and on_processor else options


def made(
    specs: Sequence[RunSpec], out: GridStore, options: Options, console: Console
) -> dict[str, Status]:
    """Make runs here, and return how each ended.

    Args:
        specs: the runs.
        out: a folder for them.
        options: how to run.
        console: to show progress on.

    Raises:
        UserProblem: what they need is missing.
    """
    ended = {}
    with ExitStack() as engines:
        workers = Resources(workers=1) if len(specs) == 1 else Resources()
        engine = engines.enter_context(chosen("local").made(workers, options))
        scheduler = Scheduler(engine)
        scheduler.prepare(specs)
        with progress(console, len(specs), "making runs again") as view:
            for spec, status in scheduler.run(specs, out, view.update):
                ended[spec.run_id] = status
                seconds = f", {status.seconds:.1f} s" if status.seconds else ""
                view.ended(f"{spec.run_id}: {status.state}{seconds}")
    return ended


class Outcome(NamedTuple):
    """What was found of a run that was made again.

    Args:
        words: it, if nothing is wrong.
        wrong: a line for everything that is.
        held: whether it was compared with anything.
    """

    words: str
    wrong: list[str]
    held: bool = True


def compared(bundled: RunStore, again: RunStore, ended: Status, found: Any) -> Outcome:
    """Return what was found of a run.

    Args:
        bundled: it.
        again: what was made here.
        ended: how that ended.
        found: the bands of the bundle.
    """
    if ended.state not in ENDED:
        why = f"{ended.state} here: {ended.reason or ended.traceback}"
        return Outcome("", [f"{bundled.run_id}: {why}"])
    apart = _apart(ran_on(bundled.proof()), ran_on(again.proof()))
    if not apart:
        return Outcome("the same kind of machine, the same bytes", list(_bytes(bundled, again)))
    other = f"another kind of machine ({', '.join(apart)})"
    return _within(other, bundled.run_id, again, found)


def _apart(mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Return in what two machines round differently, also where one is not known to round alike."""
    return [
        f"{ENVIRONMENT[key]} {mine.get(key, 'unknown')} there, {theirs.get(key, 'unknown')} here"
        for key in ROUNDING
        if key not in mine or mine[key] != theirs.get(key)
    ]


def _bytes(bundled: RunStore, again: RunStore) -> Iterator[str]:
    """Yield the first difference between a run and its repeat on the same kind of machine."""
    there, here = bundled.status(), again.status()
    if (there.state, there.step) != (here.state, here.step):
        yield (
            f"{bundled.run_id}: {there.state} at step {there.step} in the bundle, "
            f"{here.state} at step {here.step} here"
        )
        return
    packed = (bundled.samples_file, bundled.surface_file)
    other = [f for f in packed if not _same_members(f, again.folder / f.name)]
    what = f"{other[0].name} holds other arrays" if other else copies.difference(bundled, again)
    if what:
        also = [
            f"{name} {a} there, {b} here"
            for key, name in ENVIRONMENT.items()
            if (a := bundled.proof().get(key)) and a != (b := again.proof().get(key))
        ]
        words = f" (also different: {', '.join(also)})" if also else ""
        yield f"{bundled.run_id}: made again, not the same: {what} here{words}"


def _within(other: str, run_id: str, again: RunStore, found: Any) -> Outcome:
    """Hold a run against bands, where no bytes can be expected."""
    result = bands.outside(found, run_id, again)
    if result is None:
        few = f"fewer than {bands.LEAST} seeds of its settings, so no band to hold it against"
        return Outcome(f"{other}, and {few}: it ran, and nothing was compared", [], held=False)
    count, of, columns = result
    words = f"{count} of {of} losses and scores outside the bands of its seeds"
    if bands.too_far(count, of):
        most = ", ".join(columns[:SHOWN])
        line = f"{run_id}: {other}: {words}, more than {bands.TOLERATED:.0%}; most in {most}"
        return Outcome("", [line])
    return Outcome(f"{other}: {words}, as another seed's may be; bytes are not compared there", [])


def _same_members(mine: Path, theirs: Path) -> bool:
    """Whether two packed files unpack to the same bytes; a foreign one is read no further."""
    if not (mine.exists() and theirs.exists()):
        return mine.exists() == theirs.exists()
    try:
        with zipfile.ZipFile(mine) as one, zipfile.ZipFile(theirs) as other:
            sizes = [{e.filename: e.file_size for e in z.infolist()} for z in (one, other)]
            same = sizes[0] == sizes[1] and len(one.infolist()) == len(other.infolist())
            return same and all(one.read(name) == other.read(name) for name in sizes[1])
    except (*DAMAGE, zlib.error):
        return False


def _unknown(stored: Mapping[str, Any], error: ValidationError) -> str:
    """Say why a spec cannot be run here, and what to do."""
    files = [str(entry).rpartition("@") for entry in stored.get("plugins") or ()]
    if not files:
        return f"cannot be read by this version: {error.errors()[0]['msg']}"
    made = ", ".join(f"{file} ({digest})" for file, _, digest in files)
    options = " ".join(f"--plugin {shlex.quote(file)}" for file, _, _ in files)
    return (
        f"holds components of {made}, which no bundle brings along; {options} makes it again, once "
        f"you have that file and trust it ({error.errors()[0]['msg']})"
    )
