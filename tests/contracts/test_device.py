"""Training keeps to its device: no step but one that is logged brings a value back from it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from small_data import digits
from stand_in import StandIn

from runners import train
from runners.augmentations import AUGMENTATIONS
from runners.contracts.models import shape_of, small
from runners.lipschitz import METHODS
from runners.losses import LOSSES
from runners.measure import Recorder
from runners.models import MODELS
from runners.optim import OPTIMIZERS
from runners.options import Options
from runners.stabilisers import STABILISERS
from runners.state import TrainingState
from runners.store.run import RunStore

STEPS = 3
PARTS = [
    *({"method": name} for name in METHODS),
    *({"loss": name} for name in LOSSES),
    *({"optimizer": {"name": name}} for name in OPTIMIZERS),
    *({"stabilisers": [name]} for name in STABILISERS),
    *({"augment": [name]} for name in AUGMENTATIONS),
    {"precision": "bf16"},
    {"ema": 0.9},
]


@pytest.mark.parametrize("parts", PARTS, ids=str)
def test_no_step_waits_for_its_device(
    parts: dict[str, Any], tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    method = METHODS[parts.get("method", "none")]
    if missing := method.lacking():
        pytest.skip(missing)
    _train_on_stand_in(parts, tiny, tmp_path, monkeypatch)


@pytest.mark.parametrize("name", MODELS)
def test_no_model_waits_for_its_device(
    name: str, tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small(MODELS[name]())
    fields = dataclasses.asdict(model)  # pyright: ignore
    dataset = _pictures(tmp_path / "pictures", shape_of(model))
    evaluation = {"every": 3, "samples": 100}
    parts = {"model": fields, "dataset": dataset, "evaluation": evaluation}
    _train_on_stand_in(parts, tiny, tmp_path, monkeypatch)


def test_seconds_are_read_once_the_device_has_done_the_steps_of_a_row(
    tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny(steps=5, log_every=2, diagnostics_every=5, evaluation={"every": 5, "samples": 100})
    store = RunStore(tmp_path / "runs" / spec.run_id)
    store.create(spec.as_dict)
    seen: list[str] = []

    def read() -> float:
        seen.append("read")
        return float(len(seen))

    monkeypatch.setattr(train, "wait_for", lambda device: seen.append(f"wait for {device}"))
    monkeypatch.setattr(train, "time", SimpleNamespace(perf_counter=read))
    for name in ("floor", "diagnose", "evaluate", "score_best"):
        monkeypatch.setattr(Recorder, name, lambda *_: {})
    monkeypatch.setattr(train, "scorer", lambda *_: None)
    train.train(spec, store, Options(cache=tmp_path))
    step, row = ["read", "read"], ["read", "wait for cpu", "read"]
    assert seen == [*step, *row, *step, *row, *row]


def _pictures(folder: Path, shape: tuple[int, ...]) -> Any:
    """Return data of a shape: points, or real digits written to a folder."""
    if len(shape) == 1:
        return "gaussians8"
    for number, image in enumerate(digits(shape[1])):
        place = folder / str(number % 10)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number}.png")
    size = {"size": shape[1], "channels": shape[0]}
    return {"name": "folder", "path": str(folder), "labelled": True, **size}


def _train_on_stand_in(
    parts: dict[str, Any], tiny: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tiny(**parts, steps=STEPS, log_every=STEPS, force=True)
    store = RunStore(folder / "runs" / spec.run_id)
    store.create(spec.as_dict)
    began: list[tuple[int, int]] = []  # waits and mixtures before each step
    begin = TrainingState.begin

    def noted(state: TrainingState, step: int) -> None:
        began.append((len(stand_in.waits), len(stand_in.mixed)))
        begin(state, step)

    monkeypatch.setattr(TrainingState, "begin", noted)
    for name in ("floor", "diagnose", "evaluate", "score_best"):
        monkeypatch.setattr(Recorder, name, lambda *_: {})
    monkeypatch.setattr(train, "scorer", lambda *_: None)
    with StandIn() as stand_in:
        train.train(spec, store, Options(cache=folder))
    first, last = began[0], began[-1]
    assert stand_in.waits[first[0] : last[0]] == []
    assert stand_in.mixed[first[1] : last[1]] == []
    assert "tolist" in stand_in.waits[last[0] :]  # the row of the last step
