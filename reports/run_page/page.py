"""One run's files to its page: facts as text, and the numbers that its script draws."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from reports.load.planned import Planned
from reports.load.settings import settings
from reports.run_page.command import again
from reports.run_page.curves import (
    DIAGNOSTICS,
    TRAINING,
    Groups,
    curves,
    layer_curves,
    spectra,
)
from reports.run_page.places import Neighbours, Place
from reports.run_page.samples import embeddable, embedded
from reports.text import number
from runners.store.proof import ENVIRONMENT, hashes, ran_on
from runners.store.run import EVALS, EVENTS, RunStore
from runners.store.states import State

HERE = Path(__file__).parent
PASSED = ("conformance", "upper_undefined")
"""Columns of diagnostics that hold no numbers."""


@dataclass(frozen=True)
class Around:
    """What a run's page says besides what its files hold.

    Args:
        grid: the grid's name.
        place: where the run stands.
        beside: its neighbours.
        plan: what was planned.
        groups: the panels of scores.
        passed: columns of scores without a panel.
        room: bytes of sample grids that it may show.
    """

    grid: str
    place: Place
    beside: Neighbours
    plan: Planned
    groups: Groups
    passed: tuple[str, ...]
    room: int


def page(around: Around, store: RunStore) -> bytes:
    """Return a run's page; of a damaged run one without any of its numbers.

    Args:
        around: what it is.
        store: its files.

    Raises:
        StoreProblem: a file cannot be read, or was damaged a moment ago.
    """
    damaged = around.place.state == State.DAMAGED
    found = _nothing() if damaged else _found(around, store)
    context = found | {
        "around": around,
        "place": around.place,
        "again": again(around.plan, found["ran_on"].get("device")),
        "settings": {"method": around.plan.method_label, "seed": around.plan.seed}
        | settings(around.plan),
        "data": Markup(json.dumps(found["data"], allow_nan=False).replace("<", "\\u003c")),
        "parts": _parts(),
    }
    return _template().render(context).encode(errors="replace")


def _nothing() -> dict[str, Any]:
    status: dict[str, Any] = {"step": None, "traceback": "", "pace": None}
    return status | {
        "ran_on": {},
        "hashes": {},
        "events": [],
        "scored": [],
        "shown": "",
        "machine": {},
        "data": {},
    }


def _found(around: Around, store: RunStore) -> dict[str, Any]:
    status, proof, grids = store.status(), store.proof(), store.sample_grids()
    samples = embedded(embeddable(grids, around.room))
    ran = ran_on(proof)
    return {
        "step": status.step,
        "traceback": status.traceback,
        "pace": status.seconds_per_step,
        "ran_on": ran,
        "machine": {ENVIRONMENT[key]: value for key, value in ran.items()},
        "hashes": hashes(proof),
        "events": [_event(row) for row in store.rows(EVENTS)],
        "scored": _scored(around, store),
        "shown": f"{len(samples)} of {len(grids)}" if len(samples) < len(grids) else "",
        "data": _data(around, store) | {"samples": samples},
    }


def _data(around: Around, store: RunStore) -> dict[str, Any]:
    """Return what the page's script draws, by the places that it is drawn at."""
    layers = store.rows("spectra")
    return {
        "scores": curves(store.rows("scores"), around.groups, ("protocol", *around.passed)),
        "training": curves(store.rows("metrics"), TRAINING),
        "diagnostics": curves(store.rows("diagnostics"), DIAGNOSTICS, PASSED),
        "layers": layer_curves(layers),
        "spectra": spectra(layers),
    }


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "step": row["step"],
        "event": str(row.get("event", "")),
        "reason": str(row.get("reason", "")),
        "when": f"{datetime.fromtimestamp(row['time'], UTC):%Y-%m-%d %H:%M UTC}",
    }


def _scored(around: Around, store: RunStore) -> list[dict[str, Any]]:
    """Return what was scored once more after training, each with its protocol."""
    rows = [("the best by validation on fresh latents", row) for row in store.rows("best")]
    rows += [("scored again", row) for row in store.rows(EVALS)]
    named = [
        (title if title == name else f"{title} ({name})", column)
        for title, columns in around.groups.items()
        for column, name in columns.items()
    ]
    return [
        {"what": what, "step": row["step"], "protocol": row["protocol"],
         "scores": {name: row[c] for name, c in named if row.get(c) is not None}}
        for what, row in rows
    ]  # fmt: skip


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["number"] = number
    return environment.get_template("run.html")


@cache
def _parts() -> dict[str, Markup]:
    """Return style and script of every page, and the policy that allows no other to run."""
    styles = (HERE.parent / "colours.css", HERE / "run.css")
    style = "".join(file.read_text(encoding="utf-8") for file in styles)
    script = (HERE / "run.js").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return {name: Markup(text) for name, text in
            (("style", style), ("script", script), ("policy", policy))}  # fmt: skip


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
