"""What wandb is asked for, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from runners import tracking
from runners.options import Options
from runners.store.run import RunStore
from runners.tracking import PRIVATE_SETTINGS, Tracker, TrackingWarning, private_settings


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
