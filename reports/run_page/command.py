"""The command that makes a run again, from its spec alone."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from reports.load.planned import Planned, plugin_files

NOT_OF_BASE = ("method", "seed", "plugins")
"""Fields of a spec that a grid file has elsewhere, or that a spec fills in by itself."""

EARLIER = (
    "An earlier version drew the random numbers of this run. This one cannot make it again: the "
    "same settings give a run of another id."
)
IMPORTED = "The suite did not make this run, and cannot make it again: it was read from {file}."
UNNAMED = "It cannot be made again here: its spec names no file for what is not known ({unknown})."


@dataclass(frozen=True)
class Again:
    """How a run is made again.

    Args:
        command: for a shell; '' where there is none.
        problem: why there is none.
    """

    command: str = ""
    problem: str = ""


def again(run: Planned, device: str | None) -> Again:
    """Return the command whose run has the same id, and on such a machine the same bytes of rows.

    Args:
        run: it.
        device: what it ran on, None where nobody noted it.
    """
    if run.origin:
        return Again(problem=IMPORTED.format(file=run.origin.file))
    if run.earlier:
        return Again(problem=EARLIER)
    if run.unknown and not run.plugins:
        return Again(problem=UNNAMED.format(unknown=run.unknown))
    options = ["--grid /dev/stdin", f"--out ./{run.run_id}", "--wandb disabled"]
    if device:
        options.append(f"--device {'cpu' if device == 'cpu' else 'cuda'}")
    files = dict.fromkeys(file for file, _ in plugin_files([run]))
    options += [f"--plugin {shlex.quote(file)}" for file in files]
    return Again(f"bench run {' '.join(options)} <<'END'\n{_grid(run)}\nEND")


def _grid(run: Planned) -> str:
    """Return the grid of one run as JSON, which is YAML too, a field a line."""
    base = {key: value for key, value in run.spec.items() if key not in NOT_OF_BASE}
    fields = ",\n".join(f"  {_json(key)}: {_json(value)}" for key, value in base.items())
    methods, seeds = _json([run.spec["method"]]), _json([run.seed])
    return f'{{"name": "again", "base": {{\n{fields}}},\n"methods": {methods}, "seeds": {seeds}}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
