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
