"""wandb mirrors the local store: it may fail without stopping or slowing a run."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runners.options import Options
from runners.spec import RunSpec
from runners.store.run import RunStore
from runners.store.states import Status

PROJECT = "lipschitz-bench"
INIT_TIMEOUT = 15.0  # seconds to wait for a server, once per worker
OFFLINE = "offline-run-*"
MIRRORED = ("metrics", "spectra", "diagnostics", "scores")
FINISH_TIMEOUT = 20.0  # seconds a finished run may go on uploading


class TrackingWarning(UserWarning):
    """wandb does less than it was asked to; the local store is complete."""

    topic = "wandb"


class TrackingLost(TrackingWarning):
    """wandb broke in this process; a fresh process may do better."""


class Tracker:
    """Mirrors one run as one wandb run of the same id, grouped by grid and method.

    The first fault of wandb ends the mirroring, not the run.
    """

    unreachable = False  # in this process: an online run waited in vain, so the next do not

    def __init__(self, spec: RunSpec, store: RunStore, options: Options) -> None:
        self.run: Any = None
        self.active = options.wandb != "disabled"
        self._try(lambda: self._start(spec, store, options))

    def log(self, step: int, row: dict[str, Any]) -> None:
        """Mirror numbers of one step."""
        self._try(lambda: self.run.log(_values(row), step=step))

    def samples(self, step: int, file: Path) -> None:
        """Mirror a sample grid."""

        def send() -> None:
            import wandb

            self.run.log({"samples": wandb.Image(str(file))}, step=step)

        self._try(send)

    def spectra(self, step: int, rows: list[dict[str, Any]]) -> None:
        """Mirror each layer's singular values as a histogram, and their spread as numbers."""

        def send() -> None:
            import wandb

            values: dict[str, Any] = {}
            for row in rows:
                layer = f"layer_{row['index']}"
                values[f"spectrum/{layer}"] = wandb.Histogram(row["singular_values"])
                for name in ("sigma_max", "stable_rank", "effective_rank"):
                    values[f"{name}/{layer}"] = row[name]
            self.run.log(values, step=step)

        self._try(send)

    def finish(self, status: Status) -> None:
        """Write the status to the summary and close the run."""
        self._try(lambda: self.run.summary.update(status.to_json()))
        self.close()

    def close(self) -> None:
        """Close the run as it is."""
        self._try(lambda: self.run.finish(exit_code=0))

    def _start(self, spec: RunSpec, store: RunStore, options: Options) -> None:
        store.require_lease()
        store.wandb_folder.mkdir(exist_ok=True)
        before = [folder for folder in store.wandb_folder.glob(OFFLINE) if not folder.is_symlink()]
        self._open(spec, store, options)
        if before:
            self._tell_again(store)
            for folder in before if self.active else ():  # else they hold what could not be told
                shutil.rmtree(folder, ignore_errors=True)

    def _tell_again(self, store: RunStore) -> None:
        """Mirror what is stored of earlier attempts.

        Their own folders hold rows that the checkpoint does not know and that are trained again:
        one folder with every row once is all there is to upload.
        """
        told = {name: _by_step(store.rows(name)) for name in MIRRORED}
        grids = dict(store.sample_grids())
        for step in sorted({step for rows in told.values() for step in rows}):
            for row in told["metrics"].get(step, []):
                self.run.log(_values(row), step=step)
            self.spectra(step, told["spectra"].get(step, []))
            for name in ("diagnostics", "scores"):
                for row in told[name].get(step, []):
                    self.run.log(_values(row), step=step)
            if step in told["scores"] and step in grids:
                self.samples(step, grids[step])

    def _open(self, spec: RunSpec, store: RunStore, options: Options) -> None:
        if options.wandb == "online" and not Tracker.unreachable:
            try:
                self.run = _init(spec, store, options, "online")
                return
            except Exception as error:
                Tracker.unreachable = True
                _warn(
                    TrackingWarning,
                    f"wandb is offline instead of online, `wandb sync` uploads later: {error}",
                )
                _forget()
        self.run = _init(spec, store, options, "offline")

    def _try(self, action: Callable[[], None]) -> None:
        if not self.active:
            return
        try:
            action()
        except Exception as error:
            self.active = False
            _warn(TrackingLost, f"wandb stopped, training goes on without it: {error}")


def _by_step(rows: Iterable[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """Return rows by the step they are of."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["step"], []).append(row)
    return found


def _values(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "step"}


def _warn(category: type[Warning], text: str) -> None:
    warnings.warn(" ".join(text.split())[:300], category, stacklevel=3)


def environment_problem() -> str | None:
    """Say which variable of the environment would stop wandb, and what to do, or return None.

    Its value is not repeated: it may be a key.
    """
    try:
        import wandb
    except Exception:  # the tracker says so, and training goes on without it
        return None
    settings = {name: value for name, value in os.environ.items() if name.startswith("WANDB_")}
    if not hasattr(wandb.Settings, "update_from_env_vars"):
        return None
    for name, value in settings.items():
        try:
            wandb.Settings().update_from_env_vars({name: value})
        except Exception as error:
            reason = "is empty" if not value.strip() else f"is not valid: {_reason(error)}"
            return f"{name} {reason}; unset it, or use --wandb disabled"
    return None


def _reason(error: Exception) -> str:
    found = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
    return " ".join(found.split())[:200]


def _forget() -> None:
    """End the service, which still knows the id of the run that did not start."""
    import wandb

    wandb.teardown(exit_code=1)


def _init(spec: RunSpec, store: RunStore, options: Options, mode: Any) -> Any:
    import wandb

    return wandb.init(
        mode=mode,
        dir=str(store.folder),
        project=PROJECT,
        group=f"{options.grid}/{spec.method_label}",
        job_type=spec.method.name,
        tags=[options.grid, spec.method.name, spec.dataset.name],
        id=store.run_id,
        name=store.run_id,
        config=spec.as_dict,
        resume="allow" if mode == "online" else None,
        reinit="finish_previous",
        settings=wandb.Settings(
            silent=True,
            console="off",
            init_timeout=INIT_TIMEOUT,
            finish_timeout=FINISH_TIMEOUT,
            finish_timeout_raises=True,
            **private_settings(),
        ),
    )


PRIVATE_SETTINGS = {
    "x_disable_stats": True,  # no thread that samples processor and memory
    "x_disable_meta": True,  # no list of installed packages, no copy of code
    "x_transaction_log_flush_interval": 1.0,  # seconds of numbers that a killed worker may lose
}


def private_settings() -> dict[str, Any]:
    """Return wandb's settings that are no public API, without those that this wandb lacks."""
    import wandb

    known = wandb.Settings.model_fields
    return {name: value for name, value in PRIVATE_SETTINGS.items() if name in known}
