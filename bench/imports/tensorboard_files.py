"""TensorBoard event files, by TensorBoard's own reader: a folder of them is a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.imports.columns import Columns, columns, number
from bench.imports.found import Asked, Found, Line, Reader, Say, in_order, run_name
from runners.errors import UserProblem
from runners.files import digest
from runners.store.imported import Origin

LENGTH, CHECK = 8, 4  # bytes of a record's length, and of each of its two checksums
MISSING = (
    "{source}: holds TensorBoard's event files, which TensorBoard itself reads: "
    "pip install 'lipschitz-bench[tensorboard]'"
)
Scalars = dict[int, dict[str, float]]
"""Step -> tag -> number."""


def _read(source: Path, files: Sequence[Path], asked: Asked, say: Say) -> list[Found]:
    """Return the runs of event files, named by their folders below the source."""
    groups: dict[Path, list[Path]] = {}
    for file in files:
        groups.setdefault(file.parent, []).append(file)
    read_ = {folder: _scalars(folder, mine, source) for folder, mine in groups.items()}
    tags = dict.fromkeys(t for steps in read_.values() for row in steps.values() for t in row)
    known = columns([*tags], asked, source)
    for line in known.said(source):
        say(line)
    return [_run(folder, groups[folder], read_[folder], known, asked, source) for folder in groups]


READER = Reader(
    "tensorboard", "TensorBoard's event files", lambda file: "tfevents" in file.name, _read
)


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
    origin = Origin(str(folder), digest(hashes.encode()), READER.name)
    return Found(str(folder), origin, method, seed, in_order(lines, f"run {name}"))


def _scalars(folder: Path, mine: list[Path], source: Path) -> Scalars:
    """Return the scalars of one run, whose files do not contradict each other."""
    found: Scalars = {}
    for file in mine:
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
    from google.protobuf.message import DecodeError

    try:
        from tensorboard.backend.event_processing.event_file_loader import (  # pyright: ignore
            EventFileLoader,
            RawEventFileLoader,
        )
        from tensorboard.util.tensor_util import make_ndarray  # pyright: ignore
    except ImportError as error:
        raise UserProblem(MISSING.format(source=source)) from error
    try:
        # its reader checks the sums of a record, and ends without a word at one that is damaged
        _require_read(file, sum(1 for _ in RawEventFileLoader(str(file)).Load()))
        for event in EventFileLoader(str(file)).Load():  # which makes tensors of older scalars
            for value in event.summary.value:
                if not (value.HasField("tensor") and _single(value.tensor)):
                    continue
                array = make_ndarray(value.tensor)
                if array.dtype.kind in "fiu":
                    what = f"{file}: {value.tag} at step {event.step}"
                    yield event.step, value.tag, number(array.item(), what)
    except (DecodeError, ValueError, TypeError, MemoryError) as error:
        raise UserProblem(f"{file}: a record is none of TensorBoard's: {error}") from error


def _single(tensor: Any) -> bool:
    """Whether a tensor says that it holds one number, before it is made."""
    return all(axis.size == 1 for axis in tensor.tensor_shape.dim)


def _require_read(file: Path, count: int) -> None:
    """Refuse a file that ends within a record, or of which not all records were read.

    Raises:
        UserProblem: where.
    """
    position, size, number_ = 0, file.stat().st_size, 0
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
            if number_ == count:
                raise UserProblem(f"{file}: damaged at byte {position}: its checksum fails")
            position, number_ = after, number_ + 1
