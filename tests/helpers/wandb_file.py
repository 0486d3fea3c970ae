"""A .wandb file: wandb's own records, in the frame that wandb writes them in."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HEADER, BLOCK, CHUNK = b":W&B\xe1\xbe\x00", 32768, 7
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


def write(
    file: Path,
    name: str,
    config: Mapping[Any, Any],
    history: Sequence[Mapping[Any, Any]],
    *,
    project: str = "theirs",
    summary: Mapping[Any, Any] | None = None,
    exit_code: int | None = 0,
) -> Path:
    """Write a run; keys are text or, nested, tuples of it; bytes are JSON as it stands."""
    from wandb.proto.wandb_internal_pb2 import Record  # pyright: ignore

    run = Record()
    run.run.run_id, run.run.display_name, run.run.project = name, name, project
    _fill(run.run.config.update, config)
    records = [run]
    for row in history:
        record = Record()
        _fill(record.history.item, row)
        records.append(record)
    if summary is not None:
        record = Record()
        _fill(record.summary.update, summary)
        records.append(record)
    if exit_code is not None:
        record = Record()
        record.exit.exit_code = exit_code
        records.append(record)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(_framed(record.SerializeToString() for record in records))
    return file


def _fill(items: Any, values: Mapping[Any, Any]) -> None:
    for key, value in values.items():
        item = items.add()
        if isinstance(key, str):
            item.key = key
        else:
            item.nested_key.extend(key)
        item.value_json = value.decode() if isinstance(value, bytes) else json.dumps(value)


def _framed(records: Iterable[bytes]) -> bytes:
    content = bytearray(HEADER)
    for record in records:
        left, first = record, True
        while left or first:
            room = BLOCK - len(content) % BLOCK
            if room < CHUNK:
                content += bytes(room)
                continue
            body, left = left[: room - CHUNK], left[room - CHUNK :]
            kind = {(1, 0): FULL, (1, 1): FIRST, (0, 1): MIDDLE, (0, 0): LAST}[first, bool(left)]
            first = False
            check = zlib.crc32(body, zlib.crc32(bytes([kind])))
            content += check.to_bytes(4, "little") + len(body).to_bytes(2, "little")
            content += bytes([kind]) + body
    return bytes(content)
