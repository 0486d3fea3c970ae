"""wandb mirrors the local store: it may fail without stopping or slowing a run."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runners.options import Options
from runners.spec import RunSpec
from runners.store import RunStore

PROJECT = "lipschitz-bench"


class Tracker:
    """One wandb run a run, id = run id, grouped by grid and method; the first fault ends it."""

    def __init__(self, spec: RunSpec, store: RunStore, options: Options) -> None:
        self.run: Any = None
        self.active = options.wandb != "disabled"
        self._try(lambda: self._start(spec, store, options))

    def log(self, step: int, row: dict[str, Any]) -> None:
        """Mirror numbers of one step."""
        values = {name: value for name, value in row.items() if name != "step"}
        self._try(lambda: self.run.log(values, step=step))

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

    def finish(self, status: dict[str, Any]) -> None:
        """Write the status to the summary and close the run."""

        def send() -> None:
            self.run.summary.update(status)
            self.run.finish(exit_code=0)

        self._try(send)

    def _start(self, spec: RunSpec, store: RunStore, options: Options) -> None:
        import wandb

        store.wandb_folder.mkdir(exist_ok=True)
        self.run = wandb.init(
            mode="online" if options.wandb == "online" else "offline",
            dir=str(store.folder),
            project=PROJECT,
            group=f"{options.grid}/{spec.method_label}",
            job_type=spec.method.name,
            tags=[options.grid, spec.method.name, spec.dataset.name],
            id=spec.run_id,
            name=spec.run_id,
            config=spec.as_dict,
            resume="allow" if options.wandb == "online" else None,
            reinit="finish_previous",
            settings=wandb.Settings(
                silent=True,
                console="off",
                x_disable_stats=True,
                x_disable_meta=True,
                x_transaction_log_flush_interval=1.0,
            ),
        )

    def _try(self, action: Callable[[], None]) -> None:
        if not self.active:
            return
        try:
            action()
        except Exception as error:
            self.active = False
            warnings.warn(f"wandb stopped, the run goes on: {error}", stacklevel=2)
