"""What wandb is asked for, without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runners import tracking
from runners.options import Options
from runners.store.run import RunStore
from runners.tracking import PRIVATE_SETTINGS, Tracker, TrackingWarning, private_settings
from runners.train import train


def test_this_wandb_knows_every_private_setting() -> None:
    import wandb

    missing = sorted(set(PRIVATE_SETTINGS) - set(private_settings()))
    assert not missing, (
        f"wandb {wandb.__version__} renamed {', '.join(missing)}: see PRIVATE_SETTINGS in "
        "runners/tracking.py, nothing else depends on them"
    )
    chosen = wandb.Settings(**private_settings())
    assert {name: getattr(chosen, name) for name in PRIVATE_SETTINGS} == PRIVATE_SETTINGS


def test_a_setting_that_wandb_lacks_is_left_out(monkeypatch) -> None:
    monkeypatch.setitem(PRIVATE_SETTINGS, "x_no_such_setting", 1)
    assert "x_no_such_setting" not in private_settings()


SECRET = "secret" * 7


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("WANDB_MODE", "", "WANDB_MODE is empty; unset it, or use --wandb disabled"),
        ("WANDB_MODE", "ofline", "WANDB_MODE is not valid: Input should be 'online', 'offline'"),
        ("WANDB_BASE_URL", "", "WANDB_BASE_URL is empty; unset it, or use --wandb disabled"),
        ("WANDB_BASE_URL", "here", "WANDB_BASE_URL is not valid: "),
        ("WANDB_API_KEY", f" {SECRET}", "WANDB_API_KEY is not valid: API key cannot start"),
    ],
)
def test_what_wandb_does_not_take_is_told_before_any_run(monkeypatch, name, value, words) -> None:
    assert tracking.environment_problem() is None
    monkeypatch.setenv(name, value)
    said = tracking.environment_problem() or ""
    assert said.startswith(words)
    assert said.endswith("; unset it, or use --wandb disabled")
    assert "\n" not in said
    assert SECRET not in said


def test_wandb_still_reads_settings_from_variables() -> None:
    import wandb

    settings = wandb.Settings()
    settings.update_from_env_vars({"WANDB_MODE": "disabled", "PATH": ""})
    assert settings.mode == "disabled", "see environment_problem in runners/tracking.py"


def test_a_process_waits_for_an_unreachable_server_once(tiny, tmp_path, monkeypatch) -> None:
    modes: list[str] = []

    def init(_spec: Any, _store: Any, _options: Any, mode: str) -> object:
        modes.append(mode)
        if mode == "online":
            raise TimeoutError("no answer")
        return object()

    monkeypatch.setattr(tracking, "_init", init)
    monkeypatch.setattr(tracking, "_forget", lambda: None)
    monkeypatch.setattr(Tracker, "unreachable", False)
    store = RunStore(tmp_path / "runs" / "a")
    store.folder.mkdir(parents=True)
    with pytest.warns(TrackingWarning, match="offline instead of online") as told:
        trackers = [Tracker(tiny(), store, Options(wandb="online")) for _ in range(3)]
    assert all(tracker.run for tracker in trackers)
    assert modes == ["online", "offline", "offline", "offline"]
    assert len(told) == 1


def _history(records: list[Any]) -> list[dict[str, Any]]:
    """Return what was logged, a row per step."""
    logged = [one.history.item for one in records if one.WhichOneof("record_type") == "history"]
    return [
        {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in items}
        for items in logged
    ]


class Killed(Exception):
    """Stands for whatever ends an attempt without a word."""


def test_a_resumed_run_is_one_offline_folder_with_every_row_once(
    tiny, tmp_path, wandb_records
) -> None:
    spec, store = tiny(steps=20), RunStore(tmp_path / "runs" / "a")
    store.create(spec.as_dict)

    def ending_at(step: int) -> Any:
        def look() -> bool:
            row = store.last_row("metrics")
            if row and row["step"] >= step:
                raise Killed
            return False

        return look

    for step in (8, 14):  # past the checkpoints at 5 and 10
        with pytest.raises(Killed):
            train(spec, store, Options(wandb="offline"), ending_at(step))
    train(spec, store, Options(wandb="offline"))
    (file,) = store.wandb_folder.glob("offline-run-*/*.wandb")
    history = _history(wandb_records(file))
    rows = {row["_step"]: row for row in history}
    assert len(rows) == len(history)
    for name in ("metrics", "scores", "diagnostics"):
        for stored in store.rows(name):
            mirrored = rows[stored["step"]]
            known = {k: v for k, v in stored.items() if isinstance(v, float) and k != "seconds"}
            assert {k: mirrored[k] for k in known} == known
    assert {step for step, row in rows.items() if any(k.startswith("samples") for k in row)} == {
        row["step"] for row in store.rows("scores")
    }
    assert any(key.startswith("spectrum") for key in rows[0])
