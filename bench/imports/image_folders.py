"""Folders of generated images, one a run, scored by the suite's own metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.imports.found import Asked, Found, Judge, Line, Reader, Say, in_order, run_name
from runners.datasets.base import Dataset
from runners.datasets.image_files import FEW, SUFFIXES, Unusable
from runners.errors import UserProblem
from runners.files import digest
from runners.store.imported import IMAGES, Origin

if TYPE_CHECKING:
    import numpy as np

STEP = 1
"""Stands for the end of training, of which images do not say when it was."""

NO_JUDGE = (
    "{source}: folders of images are scored here, against a data set: name it, as --dataset digits "
    "or --dataset folder:PATH"
)


def _runs(source: Path, files: Sequence[Path], asked: Asked, say: Say) -> list[Found]:
    """Return the scored runs of folders of images, named by their paths below the source."""
    if (judge := asked.judge) is None:
        raise UserProblem(NO_JUDGE.format(source=source))
    groups: dict[Path, list[Path]] = {}
    for file in files:
        groups.setdefault(file.parent, []).append(file)
    named = {f: asked.method_and_seed(run_name(f, source), f) for f in groups}
    count = _one_count(groups, source)
    score, floor = _scorer(judge, count)
    found = []
    for folder, mine in groups.items():
        data, hashed = _read(mine, judge.dataset)
        line = Line(f"{folder}: {count} images", STEP, score(data))
        method, seed = named[folder]
        spec = {"dataset": {"name": judge.dataset.name}}
        origin = Origin(str(folder), hashed, READER.name)
        lines = in_order([line], folder)
        found.append(Found(str(folder), origin, method, seed, lines, spec, floor=floor))
    say(f"{source}: scored as {found[0].lines[0].values['protocol']}; step {STEP} is their end")
    return found


READER = Reader(IMAGES, "images", lambda file: file.suffix.lower() in SUFFIXES, _runs)


def _one_count(groups: dict[Path, list[Path]], source: Path) -> int:
    """Return how many images each run has.

    Raises:
        UserProblem: they differ; scores of different numbers must not be compared.
    """
    counts = {folder: len(mine) for folder, mine in groups.items()}
    if len(set(counts.values())) > 1:
        fewest, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
        raise UserProblem(
            f"{source}: {fewest} has {counts[fewest]} images and {most} has {counts[most]}; scores "
            "of different numbers must not be compared: give every run as many"
        )
    return next(iter(counts.values()))


def _scorer(judge: Judge, count: int) -> tuple[Callable[[Any], dict[str, Any]], dict[str, Any]]:
    """Return what scores so many images, and what real ones score.

    Raises:
        UserProblem: they are too few for a metric.
    """
    from runners.device import resolved
    from runners.metrics.extractors import problem, require_enough
    from runners.metrics.scorer import Settings, scorer

    plan = judge.plan
    if why := problem(judge.dataset, plan.extractor, plan.metrics, count):
        raise UserProblem(why)
    scores = scorer(judge.dataset, plan.extractor, resolved(judge.options), plan.reference)
    require_enough(scores.reference.count, plan.metrics)
    settings = Settings(plan.metrics, count)
    return lambda data: scores.score(data, settings), scores.floor(settings)


def _read(mine: Sequence[Path], dataset: Dataset) -> tuple[Any, str]:
    """Return the images of a run, and a hash of their names and bytes."""
    import numpy as np
    import torch

    wrong, images, hashes = {}, [], []
    for file in mine:
        try:
            images.append(_image(file, dataset.shape))
            hashes.append(f"{file.name} {digest(file.read_bytes())}\n")
        except Unusable as why:
            wrong[file] = str(why)
    if wrong:
        lines = [f"  {file}: {why}" for file, why in list(wrong.items())[:FEW]]
        more = [f"  and {len(wrong) - FEW} more"] if len(wrong) > FEW else []
        said = f"{mine[0].parent}: {len(wrong)} of {len(mine)} images cannot be scored:"
        raise UserProblem("\n".join([said, *lines, *more]))
    return torch.from_numpy(np.stack(images)), digest("".join(hashes).encode())


def _image(file: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Return one image as data of the set are.

    Raises:
        Unusable: it is none, or of another size.
    """
    import numpy as np

    from runners.datasets import pictures

    channels, height, width = shape
    picture = pictures.read(file, "RGB" if channels == 3 else "L")
    if picture.size != (width, height):
        raise Unusable(
            f"has {picture.size[0]}x{picture.size[1]} pixels, not {width}x{height} as the data "
            "set; nothing is resized, for that would change scores"
        )
    return np.asarray(picture).reshape(height, width, -1).transpose(2, 0, 1)
