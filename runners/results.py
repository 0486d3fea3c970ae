"""A grid's results folder: its plan and its runs.

results/<grid>/grid.json           the plan: name, description, axes, and specs by run id, in order
results/<grid>/runs/<run_id>/      one folder per run, see runners/store.py
results/<grid>/locks/<run_id>      held by the process that is at the run, while it lives
results/<grid>/damaged/            run folders that `bench run --redo-damaged` set aside
results/<grid>/report/             made by `bench report`
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runners.errors import StoreProblem
from runners.files import read_json, write_json
from runners.store import RunStore


class GridStore:
    """One grid's results folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan_file = folder / "grid.json"
        self.runs_folder = folder / "runs"
        self.report_folder = folder / "report"

    def run(self, run_id: str) -> RunStore:
        """Return the store of one run."""
        return RunStore(self.runs_folder / run_id)

    def write_plan(
        self,
        name: str,
        specs: dict[str, dict[str, Any]],
        description: str = "",
        axes: Sequence[str] = (),
    ) -> None:
        """Record the newest plan.

        Args:
            name: of the grid.
            specs: every run's resolved spec, by id.
            description: of the grid, for the reader of the report.
            axes: dotted names of the swept fields.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        plan = {"name": name, "description": description, "axes": list(axes), "runs": specs}
        write_json(self.plan_file, plan)

    def plan(self) -> dict[str, Any]:
        """Return {"name": ..., "description": ..., "axes": [...], "runs": {run_id: spec}}.

        Plans written before grids had description and axes have empty ones.
        """
        return {"description": "", "axes": [], **read_json(self.plan_file)}

    def unplanned(self) -> list[str]:
        """Return ids of runs in the folder that the newest plan does not name."""
        planned = self.plan().get("runs", {})
        entries = self.runs_folder.iterdir() if self.runs_folder.is_dir() else ()
        folders = (entry.name for entry in entries if entry.is_dir())
        return sorted(name for name in folders if name not in planned)

    def require_writable(self) -> None:
        """Refuse a folder in which nothing can be written, before any work is done for it.

        Raises:
            StoreProblem: which folder is in the way.
        """
        for folder in (self.folder, *self.folder.absolute().parents):
            if folder.exists() or folder.is_symlink():
                if not folder.is_dir():
                    raise StoreProblem(f"{folder}: is a file; results need a folder, see --out")
                if not os.access(folder, os.W_OK | os.X_OK):
                    raise StoreProblem(f"{folder}: cannot be written to; choose another --out")
                return


def newest_results(root: Path) -> Path:
    """Return the results folder under ``root`` whose plan was written last.

    Raises:
        StoreProblem: there is none.
    """
    plans = sorted(root.glob("*/grid.json"), key=lambda plan: plan.stat().st_mtime)
    if not plans:
        raise StoreProblem(f"no results under {root}; run `bench run --grid lipschitz.yaml` first")
    return plans[-1].parent
