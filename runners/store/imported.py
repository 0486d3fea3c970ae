"""Runs that the suite did not make: what their specs say of where they come from.

An imported run has the field ``imported`` in its spec and a name of its own kind. It has no proof
and no checkpoint, so that nothing can go on with it, and nothing takes it for a paired one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from runners.errors import StoreProblem
from runners.files import digest

KEY = "imported"
"""The field of a spec that says so."""

IMAGES = "images"
"""The reader of runs of which only images are known: they are scored here, at a step that stands
for their end."""

UNKNOWN_PROTOCOL = "unknown protocol"
"""The protocol of scores that say none."""


@dataclass(frozen=True)
class Origin:
    """Where an imported run comes from.

    Args:
        file: what was read, as the user named it.
        sha256: of its bytes; of several files, of their names and hashes.
        reader: what read it: ``wandb``, ``csv``, ``tensorboard`` or IMAGES.
    """

    file: str
    sha256: str
    reader: str

    def to_json(self) -> dict[str, str]:
        """Return what a spec holds."""
        return asdict(self)


def is_name(run_id: str) -> bool:
    """Whether a run's folder is called as those of imported runs are."""
    return run_id.startswith(f"{KEY}-")


def origin(run_id: str, spec: Mapping[str, Any], where: object = "spec") -> Origin | None:
    """Return where a run comes from, None if the suite made it.

    Raises:
        StoreProblem: what the spec says of it is damaged, or lacking where the run's name says so.
    """
    if KEY not in spec and is_name(run_id):
        raise StoreProblem(
            f"{where}: {run_id} has the name of an imported run, and its spec does not say where "
            "it comes from; import it again"
        )
    if KEY not in spec:
        return None
    said = spec[KEY]
    whole = isinstance(said, dict) and set(said) == set(Origin.__dataclass_fields__)
    if whole and all(isinstance(value, str) for value in said.values()):
        return Origin(**said)
    raise StoreProblem(f"{where}: {KEY} does not say file, sha256 and reader; import the run again")


def marked(spec: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    """Return the spec of an imported run: what is known of it, and where it comes from."""
    return {**spec, KEY: origin.to_json()}


def run_id(spec: Mapping[str, Any]) -> str:
    """Return the name of an imported run's folder: words, and a hash of all that its spec says."""
    words = re.sub(r"[^A-Za-z0-9_.=-]+", "_", f"{spec['method']['name']}-s{spec['seed']}")
    return f"{KEY}-{words[:80]}-{digest(json.dumps(spec, sort_keys=True).encode())[:10]}"


def require_own(runs: Mapping[str, Mapping[str, Any]], what: str) -> None:
    """Refuse work that only runs of the suite can be used for.

    Args:
        runs: stored specs by run id.
        what: the folder, and what cannot be done, as ``results/x: cannot be sampled``.

    Raises:
        StoreProblem: one of them was imported.
    """
    for run_id, spec in runs.items():
        if found := origin(run_id, spec, what):
            raise StoreProblem(
                f"{what}: imported by `bench import` from {found.file} ({found.reader}), so there "
                "is no checkpoint of it and nothing to train; `bench report` and `bench show` "
                "read it"
            )
