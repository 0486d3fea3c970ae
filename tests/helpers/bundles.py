"""A small grid of real runs, one of them failed, and ways to forge its bundle."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import grid as grids
from bench.bundle import archive, bands
from bench.bundle.make import write_report
from bench.bundle.verify import Asked, verify
from bench.plan import write_plan
from runners.files import digest, read_json, write_json
from runners.options import Options
from runners.spec import from_stored
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.seal import part
from runners.train import train

GRID = """
name: g
base:
  dataset: digits
  model: {name: dcgan, width: 8, latent: 16}
  steps: 6
  batch_size: 32
  evaluation: {every: 3, samples: 100, metrics: [fid]}
  log_every: 3
  diagnostics_every: 6
methods: [none, weight_clipping]
seeds: 2
"""


UNMADE = Asked(rerun="none")


def console() -> Console:
    return Console(soft_wrap=True, file=io.StringIO(), width=400)


def made(folder: Path, text: str = GRID) -> GridStore:
    """Return a results folder whose runs ended; the last of them crashed."""
    folder.mkdir(parents=True)
    file = folder.parent / f"{folder.name}.yaml"
    file.write_text(text)
    grid, store = grids.load(file), GridStore(folder)
    write_plan(grid, store, grid.specs)
    *sound, failed = store.planned()
    for run_id in sound:
        spec, run = from_stored(store.plan()["runs"][run_id]), store.run(run_id)
        run.create(spec.as_dict)
        train(spec, run, Options())
    store.run(failed).create(store.plan()["runs"][failed])
    store.run(failed).record_crash("out of memory", "Traceback: ...")
    return store


class Forged:
    """A bundle that is taken apart and put together again.

    Args:
        stored: folder of the sound one.
        folder: for this one.
    """

    def __init__(self, stored: Path, folder: Path) -> None:
        self.folder, self.file = folder / "forged", folder / "forged.zip"
        self.folder.mkdir()
        archive.unpack(stored / "g.zip", self.folder, lambda names: names)
        self.grid = GridStore(self.folder)

    def run(self, method: str, seed: int = 0) -> RunStore:
        name = next(i for i in self.grid.folders() if f"-{method}-s{seed}-" in i)
        return self.grid.run(name)

    def edit(self, run: RunStore, name: str = "scores", **changes: Any) -> None:
        """Change the last row of a file, and leave its hash as it was."""
        *rows, last = run.rows(name)
        run.rows_file(name).unlink()
        run.append(name, [*rows, last | changes])

    def seal(self, run: RunStore) -> None:
        """Make the hashes of a run anew."""
        known = read_json(run.done_file)
        named = {n: digest((run.folder / n).read_bytes()) for n in known if n != "evals"}
        write_json(run.done_file, known | named)

    def drop(self, run: RunStore) -> None:
        """Take a run out of the files and out of the plan, with all hashes anew."""
        shutil.rmtree(run.folder)
        plan = self.grid.plan()
        del plan["runs"][run.run_id]
        self.grid.write_plan(
            plan["name"], plan["runs"], plan["description"], plan["axes"], plan["columns"]
        )
        said = read_json(self.folder / archive.FIRST)
        del said["runs"][run.run_id]
        write_json(self.folder / archive.FIRST, said)

    def derive(self) -> None:
        """Make report and bands anew from what is there."""
        shutil.rmtree(self.grid.report_folder)
        write_report(self.grid)
        found = bands.bands(self.grid, self.grid.plan())
        (self.folder / bands.FILE).write_bytes(bands.written(found))

    def manifest(self, **changes: Any) -> None:
        """Make the hashes of all files anew."""
        files = {name: part((self.folder / name).read_bytes()) for name in self.names()}
        said = read_json(self.folder / archive.FIRST)
        write_json(self.folder / archive.FIRST, {**said, "files": files, **changes})

    def names(self) -> list[str]:
        paths = (path for path in self.folder.rglob("*") if path.is_file())
        names = sorted(path.relative_to(self.folder).as_posix() for path in paths)
        return [name for name in names if name != archive.FIRST]

    def verified(self, asked: Asked = UNMADE, **options: Any) -> tuple[int, str]:
        archive.write(self.file, self.folder, [archive.FIRST, *self.names()])
        return verified(self.file, asked, **options)


def verified(file: Path, asked: Asked = UNMADE, **options: Any) -> tuple[int, str]:
    """Return the exit code of a verification, and what it said."""
    out = console()
    code = verify(file, asked, Options(**options), out)
    return code, out.file.getvalue()  # pyright: ignore
