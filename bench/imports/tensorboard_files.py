"""TensorBoard event files, by TensorBoard's own reader: a folder of them is a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.imports.columns import Columns, columns, number
from bench.imports.found import Asked, Found, Line, in_order, run_name
from runners.errors import UserProblem
from runners.files import digest
from runners.store.imported import Origin

READER = "tensorboard"
PATTERN = "*tfevents*"
LENGTH, CHECK = 8, 4  # bytes of a record's length, and of each of its two checksums
MISSING = (
    "{source}: holds TensorBoard's event files, which TensorBoard itself reads: "
    "pip install 'lipschitz-bench[tensorboard]'"
)
Scalars = dict[int, dict[str, float]]
"""Step -> tag -> number."""


def files(source: Path) -> list[Path]:
    """Return the event files of a source."""
    return [source] if source.is_file() else sorted(source.rglob(PATTERN))


def read(source: Path, asked: Asked, say: Callable[[str], None]) -> list[Found]:
    """Return the runs of event files, named by their folders below the source.

    Args:
        source: where they lie.
        asked: what the user said of them.
        say: is told what was guessed.

    Raises:
        UserProblem: TensorBoard is not installed; or a file is cut off or damaged.
    """
    groups: dict[Path, list[Path]] = {}
    for file in files(source):
        groups.setdefault(file.parent, []).append(file)
    read_ = {folder: _scalars(folder, mine, source) for folder, mine in groups.items()}
    tags = dict.fromkeys(t for steps in read_.values() for row in steps.values() for t in row)
    known = columns([*tags], asked, source)
    for line in known.said(source):
        say(line)
    return [_run(folder, groups[folder], read_[folder], known, asked, source) for folder in groups]


def _run(
    folder: Path, mine: list[Path], steps: Scalars, known: Columns, asked: Asked, source: Path
) -> Found:  # fmt: skip
    name = run_name(folder, source)
    method, seed = asked.method_and_seed(name, folder)
    lines = [
        Line(f"{folder}: step {step}", step, values)
        for step, row in steps.items()
        if (values := {n: row[tag] for n, tag in known.numbers.items() if tag in row})
    ]
    hashes = "".join(f"{file.name} {digest(file.read_bytes())}\n" for file in mine)
    origin = Origin(str(folder), digest(hashes.encode()), READER)
    return Found(str(folder), origin, method, seed, in_order(lines, f"run {name}"))


def _scalars(folder: Path, mine: list[Path], source: Path) -> Scalars:
    """Return the scalars of one run, whose files do not contradict each other."""
    found: Scalars = {}
    for file in mine:
        _require_whole(file)
        for step, tag, value in _events(file, source):
            row = found.setdefault(step, {})
            if tag in row:
                raise UserProblem(
                    f"{file}: {tag} at step {step} stands there twice in {folder}; a run has one "
                    "number a step, and folders hold one run each"
                )
            row[tag] = value
    return found


def _events(file: Path, source: Path) -> Iterator[tuple[int, str, float]]:
    try:
        from tensorboard.backend.event_processing.event_file_loader import (  # pyright: ignore
            EventFileLoader,
        )
        from tensorboard.util.tensor_util import make_ndarray  # pyright: ignore
    except ImportError as error:
        raise UserProblem(MISSING.format(source=source)) from error
    for event in EventFileLoader(str(file)).Load():  # which makes tensors of older scalars
        for value in event.summary.value:
            array = make_ndarray(value.tensor) if value.HasField("tensor") else None
            if array is not None and array.size == 1 and array.dtype.kind in "fiu":
                what = f"{file}: {value.tag} at step {event.step}"
                yield event.step, value.tag, number(array.item(), what)


def _require_whole(file: Path) -> None:
    """Refuse a file that ends within a record: TensorBoard takes that for its end.

    Raises:
        UserProblem: where.
    """
    position, size = 0, file.stat().st_size
    with file.open("rb") as content:
        while position < size:
            content.seek(position)
            length = int.from_bytes(content.read(LENGTH), "little")
            after = position + LENGTH + CHECK + length + CHECK
            if after > size:
                raise UserProblem(
                    f"{file}: cut off in the record at byte {position} of {size}, as by a copy "
                    "that was not finished or a process that was killed; copy it again, or leave "
                    "it out"
                )
            position = after
