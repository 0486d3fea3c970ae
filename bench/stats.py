"""`bench stats`: the real side of scores as a file, so that several machines share one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bench.judged import judged
from runners.component import one_of
from runners.datasets import DATASETS
from runners.datasets.base import Dataset
from runners.errors import UserProblem
from runners.files import write_bytes
from runners.metrics.statistics_file import SUFFIX, Statistics, install, read
from runners.options import Options

NPZ = ".npz"
LOST = (
    "an npz of mu and sigma says nothing of extractor, split, number of data or preprocessing; the "
    "{suffix} form does"
)
NEEDED = (
    "{file}: an npz holds mu and sigma and nothing else; say what they are of: --dataset NAME, "
    "--n NUMBER, and --extractor where it is not the usual one"
)
ASSERTED = "not proven by the file, and marked so in every protocol: {what}, which are as you say"


def export(
    name: str, out: Path, split: str, extractor: str | None, options: Options
) -> Iterator[str]:
    """Write the statistics of a data set, and yield what was written.

    Args:
        name: of a data set or grid.
        out: ends in .safetensors, or in .npz for other tools.
        split: of an npz.
        extractor: instead of the usual one.
        options: where data and weights are.

    Raises:
        UserProblem: the data set, extractor or file's name is of no use here.
    """
    from runners.device import resolved
    from runners.metrics.scorer import scorer
    from runners.metrics.statistics_of import as_npz, of_scorer

    if out.suffix not in (SUFFIX, NPZ):
        raise UserProblem(f"-o {out}: ends neither in {SUFFIX} nor in {NPZ}")
    dataset, plan = judged(name, extractor)
    scores = scorer(dataset, plan.extractor, resolved(options))
    found = of_scorer(scores, _plain(dataset), dataset.shape)
    content = found.content if out.suffix == SUFFIX else as_npz(found, split)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(out, content)
    yield f"{out}: {_words(found)}"
    if out.suffix == NPZ:
        yield f"{out}: of {split}; {LOST.format(suffix=SUFFIX)}"


def take_in(
    file: Path, name: str | None, count: int | None, extractor: str | None, options: Options
) -> Iterator[str]:
    """Put a file's statistics where runs find them, and yield how a grid names them.

    Args:
        file: of `bench stats export`, or an npz of mu and sigma.
        name: of the data set, or a grid with it, that an npz is of.
        count: of how many data an npz is.
        extractor: that made an npz's features.
        options: where data, weights and statistics are.

    Raises:
        UserProblem: it is none, or says too little.
    """
    if file.suffix == NPZ:
        found = _of_npz(file, name, count, extractor, options)
    elif (name, count, extractor) != (None, None, None):
        raise UserProblem(
            f"{file}: says by itself what it is of; leave --dataset, --n, --extractor"
        )
    else:
        found = read(file)
    yield f"{install(found, options.cache)}: {_words(found)}"
    if found.card.stated:
        yield ASSERTED.format(what=", ".join(found.card.stated))
    yield f'a grid scores against it by   evaluation: {{reference: "{found.id}"}}'


def _of_npz(
    file: Path, name: str | None, count: int | None, extractor: str | None, options: Options
) -> Statistics:
    from runners.datasets import load_images
    from runners.metrics.extractors import EXTRACTORS
    from runners.metrics.statistics_of import of_npz

    if name is None or count is None:
        raise UserProblem(NEEDED.format(file=file))
    dataset, plan = judged(name, extractor)
    images = load_images(dataset, options.data_root)
    made_by = EXTRACTORS[plan.extractor](dataset, images, options)
    return of_npz(file, count, made_by, _plain(dataset), dataset.shape)


def _plain(dataset: Dataset) -> dict[str, Any]:
    return TypeAdapter(one_of(DATASETS)).dump_python(dataset, mode="json")


def _words(found: Statistics) -> str:
    card = found.card
    parts = ", ".join(f"{part.count} of {part.split}" for part in found.moments)
    return f"{card.dataset.get('name')} by {card.extractor}: {parts}; its id is {found.id}"
