"""Offline wandb folders: the records of a .wandb file, by wandb's own protocol.

The file is a LevelDB log of wandb's Record messages: blocks of 32 KiB hold chunks of (checksum,
length, kind), and a record is one chunk or several. Newer versions of wandb have no reader of it
in Python, so its frame is read here; what is in it, wandb's own classes read.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.imports.columns import Columns, columns, count, number
from bench.imports.found import Asked, Found, Line, Reader, Say, in_order
from runners.errors import StoreProblem, UserProblem
from runners.files import digest
from runners.store.imported import Origin
from runners.store.states import State, Status, from_json
from runners.tracking import PROJECT

IDENTITY, HEADER, BLOCK = b":W&B", 7, 32768
FULL, FIRST, LAST = 1, 2, 4
"""Kinds of chunks that begin or end a record."""

WANDBS_OWN = "_"
"""What wandb's own keys begin with."""

SETTINGS = ("method", "seed", "dataset")
"""What a config may say of a run."""

DEEPEST = 50
"""Levels of nested values."""

Rows = list[tuple[str, dict[str, Any]]]
"""Values by dotted names, with their places."""


@dataclass(frozen=True)
class Recorded:
    """What a .wandb file holds.

    Args:
        file: where.
        origin: the same, with its hash.
        run: wandb's record of the run.
        config: settings, nested.
        history: rows with their places, nested.
        summary: what was recorded last, nested.
        exit_code: of its process; None where no end is recorded.
    """

    file: Path
    origin: Origin
    run: Any
    config: dict[str, Any]
    history: list[tuple[str, dict[str, Any]]]
    summary: dict[str, Any]
    exit_code: int | None

    @property
    def ours(self) -> bool:
        """Whether it is a run of this suite, whose config is its spec."""
        return self.run.project == PROJECT and isinstance(self.config.get("method"), dict)

    @property
    def name(self) -> str:
        """What its run is called."""
        return self.run.display_name or self.run.run_id


def _read(source: Path, files: Sequence[Path], asked: Asked, say: Say) -> list[Found]:
    """Return the runs of .wandb files, one of each."""
    recorded = [_recorded(file) for file in files]
    theirs = [one for one in recorded if not one.ours]
    rows = {one.file: [(where, _flat(row)) for where, row in one.history] for one in theirs}
    present = dict.fromkeys(key for mine in rows.values() for _, row in mine for key in row)
    config = {key for one in theirs for key in _flat(one.config)}
    settings = {k: asked.columns.get(k, k) for k in SETTINGS if asked.columns.get(k, k) in config}
    rest = {key: column for key, column in asked.columns.items() if key not in settings}
    known = columns([*present], Asked(rest, asked.directions), source) if theirs else Columns({})
    for line in known.said(source):
        say(line)
    return [
        _ours(one) if one.ours else _theirs(one, rows[one.file], known, settings, asked)
        for one in recorded
    ]


READER = Reader("wandb", ".wandb files", lambda file: file.suffix.lower() == ".wandb", _read)


def _records(content: bytes, file: Path) -> Iterator[bytes]:
    if not content.startswith(IDENTITY):
        raise UserProblem(f"{file}: not a file of wandb, which begins with {IDENTITY.decode()}")
    position, parts, whole = HEADER, b"", HEADER
    while position < len(content):
        left = BLOCK - position % BLOCK
        if left < HEADER:
            position += left
            continue
        kind, body = _chunk(content, position, file)
        parts = body if kind in (FULL, FIRST) else parts + body
        position += HEADER + len(body)
        if kind in (FULL, LAST):
            yield parts
            parts, whole = b"", position
    if parts:
        raise UserProblem(_cut_off(file, whole, len(content)))


def _chunk(content: bytes, position: int, file: Path) -> tuple[int, bytes]:
    head = content[position : position + HEADER]
    size = int.from_bytes(head[4:6], "little")
    body = content[position + HEADER : position + HEADER + size]
    if len(head) < HEADER or len(body) < size:
        raise UserProblem(_cut_off(file, position, len(content)))
    if zlib.crc32(body, zlib.crc32(head[6:7])) != int.from_bytes(head[:4], "little"):
        raise UserProblem(f"{file}: damaged at byte {position}: a record fails its checksum")
    return head[6], body


def _cut_off(file: Path, position: int, size: int) -> str:
    return (
        f"{file}: cut off in the record at byte {position} of {size}, as by a copy that was not "
        "finished or a process that was killed; copy it again, or name the other folders only"
    )


def _recorded(file: Path) -> Recorded:
    from google.protobuf.message import DecodeError
    from wandb.proto.wandb_internal_pb2 import Record  # pyright: ignore

    content, run, config, history, summary, exit_code = file.read_bytes(), None, {}, [], {}, None
    try:
        for number_, data in enumerate(_records(content, file), 1):
            record = Record.FromString(data)
            kind, where = record.WhichOneof("record_type"), f"{file}: record {number_}"
            if kind == "run":
                run, config = record.run, config | _nested(record.run.config.update, where)
            elif kind == "config":
                config |= _nested(record.config.update, where)
            elif kind == "history":
                history.append((where, _nested(record.history.item, where)))
            elif kind == "summary":
                summary |= _nested(record.summary.update, where)
            elif kind == "exit":
                exit_code = record.exit.exit_code
    except DecodeError as error:
        raise UserProblem(f"{file}: a record is none of wandb's: {error}") from error
    if run is None:
        raise UserProblem(f"{file}: names no run; it was cut off before the first record")
    origin = Origin(str(file), digest(content), READER.name)
    return Recorded(file, origin, run, config, history, summary, exit_code)


def _nested(items: Iterable[Any], where: object) -> dict[str, Any]:
    """Return wandb's items as nested dictionaries."""
    found: dict[str, Any] = {}
    for item in items:
        *path, last = list(item.nested_key) or [item.key]
        try:
            place = found
            for key in path:
                place = place.setdefault(key, {})
            place[last] = json.loads(item.value_json)
            _require_sound(place[last], DEEPEST - len(path))
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise UserProblem(f"{where}: {last[:80]} cannot be read: {error}") from error
    return found


def _require_sound(value: Any, levels: int) -> None:
    """Refuse values that are nested so deeply, or text so odd, that nothing could write them.

    Raises:
        ValueError: why.
    """
    if levels < 0:
        raise ValueError(f"more than {DEEPEST} levels are nested in each other")
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict | list):
        for part in [*value, *value.values()] if isinstance(value, dict) else value:
            _require_sound(part, levels - 1)


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values under dotted names; what a picture or histogram is made of is left."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            found |= {} if "_type" in value else _flat(value, f"{prefix}{key}.")
        else:
            found[prefix + key] = value
    return found


def _ours(one: Recorded) -> Found:
    """Return a run of this suite: its config is its spec, its summary its status."""
    spec = {key: value for key, value in one.config.items() if not key.startswith(WANDBS_OWN)}
    method, file = spec["method"].get("name"), one.file
    if not isinstance(method, str):
        raise UserProblem(f"{file}: its config is not the spec of a run: it names no method")
    spec |= {key: count(spec.get(key), f"{file}: {key}") for key in ("seed", "steps")}
    lines = [
        Line(where, count(row.get("_step"), f"{where}: _step"), row) for where, row in one.history
    ]
    status = Status(State.UNFINISHED)
    if "state" in one.summary:
        state = str(one.summary["state"]).lower()  # wandb stores the name of an enumeration
        try:
            status = from_json({**one.summary, "state": state}, file)
        except StoreProblem as problem:
            raise UserProblem(str(problem)) from problem
    return Found(
        str(file),
        one.origin,
        method,
        spec["seed"],
        in_order(lines, f"run {one.name}"),
        spec,
        status,
    )


def _theirs(
    one: Recorded, rows: Rows, known: Columns, settings: dict[str, str], asked: Asked
) -> Found:
    """Return a run of others, by names of its columns and settings."""
    config = _flat(one.config)
    there = {k: config[col] for k, col in settings.items() if config.get(col) is not None}
    if asked.pattern is None and {"method", "seed"} <= set(there):
        method, seed = str(there["method"]), count(there["seed"], f"{one.file}: config: seed")
    else:
        method, seed = asked.method_and_seed(one.name, one.file)
    spec = {"dataset": {"name": str(there["dataset"])}} if "dataset" in there else {}
    lines = in_order(list(_lines(rows, known)), f"run {one.name}")
    return Found(str(one.file), one.origin, method, seed, lines, spec, _ended(one.exit_code))


def _lines(rows: Rows, known: Columns) -> Iterator[Line]:
    step = known.source.get("step", "_step")
    for where, values in rows:
        numbers: dict[str, Any] = {
            name: number(values[column], f"{where}: {column}")
            for name, column in known.numbers.items()
            if values.get(column) is not None
        }
        if (protocol := values.get(known.source.get("protocol", ""))) is not None:
            numbers["protocol"] = str(protocol)
        if numbers:
            yield Line(where, count(values.get(step), f"{where}: {step}"), numbers)


def _ended(exit_code: int | None) -> Status | None:
    """Return how a run of others ended, None where its rows must tell."""
    if exit_code is None:
        return Status(State.UNFINISHED, reason="wandb recorded no end of it")
    return None if exit_code == 0 else Status(State.CRASHED, reason=f"exit code {exit_code}")
