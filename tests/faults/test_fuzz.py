"""Mutated stores and grids: no traceback, no hang, no write outside, no changed number unflagged.

BENCH_FUZZ sets how many of each; the default is for every day.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bench.dry_run
from bench import stored_runs
from bench.cli import app
from bench.cost import Estimate
from bench.grid import BUILT_IN
from bench.grid import load as load_grid
from bench.session import run_grid
from reports.load.loader import load
from reports.page.html import page
from reports.render import summary_markdown
from reports.stats.numbers import compute
from reports.tables.each_run import run_table
from reports.tables.files import to_csv
from runners.engines.local import LocalEngine
from runners.engines.resources import Resources
from runners.errors import UserProblem
from runners.options import Options

pytestmark = pytest.mark.slow

CASES = int(os.environ.get("BENCH_FUZZ", "60"))
HANG = 30  # seconds
GRID = """
name: g
base: {dataset: digits, model: {name: dcgan, width: 4, latent: 4}, loss: hinge, optimizer: adam,
  steps: 6, batch_size: 8, evaluation: {every: 3, samples: 100, metrics: [is, fid]}, log_every: 2,
  diagnostics_every: 3}
methods: [none, weight_clipping]
seeds: 2
"""

Mutation = Callable[[random.Random, Path, Path], str]


def _engine(options: Options) -> LocalEngine:
    return LocalEngine(options, Resources(workers=2))


def some_file(rng: random.Random, store: Path) -> Path:
    files = sorted(
        f for f in store.rglob("*") if f.is_file() and not {"locks", "leases"} & set(f.parts)
    )
    return rng.choice(files)


def flip_a_byte(rng: random.Random, store: Path, _: Path) -> str:
    file = some_file(rng, store)
    data = bytearray(file.read_bytes() or b"x")
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    file.write_bytes(data)
    return f"flip a byte of {file}"


def cut(rng: random.Random, store: Path, _: Path) -> str:
    file = some_file(rng, store)
    os.truncate(file, rng.randrange(file.stat().st_size + 1))
    return f"cut {file}"


def drop_or_repeat_a_line(rng: random.Random, store: Path, _: Path) -> str:
    file = rng.choice(sorted(store.rglob("*.json*")))
    lines = file.read_bytes().splitlines(keepends=True)
    place = rng.randrange(len(lines) + 1)
    lines[place : place + 1] = rng.choice([[], lines[place : place + 1] * 2])
    file.write_bytes(b"".join(lines))
    return f"drop or repeat line {place} of {file}"


def change_a_number(rng: random.Random, store: Path, _: Path) -> str:
    file = rng.choice(sorted(store.rglob("*.json*")))
    text = file.read_text()
    found = list(re.finditer(r"(?<=: )-?[0-9][0-9.e-]*", text))
    if found:
        one = rng.choice(found)
        new = rng.choice(["0.01", "-1", "1e999", "7", "9" * 400, "null", '"x"', "[]", "true"])
        file.write_text(text[: one.start()] + new + text[one.end() :])
    return f"change a number of {file}"


def nonsense(rng: random.Random, store: Path, _: Path) -> str:
    file = some_file(rng, store)
    file.write_bytes(rng.choice([b"", b"{}", b"[]", b"null", b"[" * 10**5, b"\xff\xfe\0", b"1"]))
    return f"nonsense in {file}"


def swap_files(rng: random.Random, store: Path, _: Path) -> str:
    first, second = rng.sample(sorted((store / "runs").iterdir()), 2)
    name = rng.choice(sorted(f.name for f in first.iterdir() if f.is_file()))
    a, b = (run / name for run in (first, second))
    if b.is_file():
        kept = a.read_bytes()
        a.write_bytes(b.read_bytes())
        b.write_bytes(kept)
    return f"swap {name} of {first} and {second}"


def copy_a_run_over_another(rng: random.Random, store: Path, _: Path) -> str:
    first, second = rng.sample(sorted((store / "runs").iterdir()), 2)
    shutil.rmtree(second)
    shutil.copytree(first, second)
    return f"{first} over {second}"


def remove(rng: random.Random, store: Path, _: Path) -> str:
    victim = rng.choice(sorted(store.rglob("*")))
    if victim.is_dir():
        shutil.rmtree(victim)
    else:
        victim.unlink()
    return f"remove {victim}"


def make_a_link(rng: random.Random, store: Path, outside: Path) -> str:
    victim = rng.choice(sorted(store.rglob("*")))
    target = outside / victim.name
    if victim.is_dir():
        shutil.copytree(victim, target, dirs_exist_ok=True)
        shutil.rmtree(victim)
    else:
        victim.replace(target)
    victim.symlink_to(target)
    return f"link {victim} to {target}"


def make_a_pipe_or_folder(rng: random.Random, store: Path, _: Path) -> str:
    victim = some_file(rng, store)
    victim.unlink()
    rng.choice([os.mkfifo, os.mkdir])(victim)
    return f"pipe or folder {victim}"


def odd_names(rng: random.Random, store: Path, _: Path) -> str:
    name = rng.choice(["-rf", "..x", "a b", "\n", "\udcff", "%s", "<b>", "é", "x" * 200])
    run = rng.choice(sorted((store / "runs").iterdir()))
    place = rng.choice([run, store, store / "runs", run / "samples"])
    if rng.random() < 0.5:
        (place / name).mkdir()
    else:
        run.rename(store / "runs" / name)
    return f"{name!r} in {place}, or as {run}"


def ids_that_lead_out(rng: random.Random, store: Path, outside: Path) -> str:
    plan = json.loads((store / "grid.json").read_text())
    plan.pop("seal")
    victim = rng.choice(sorted(plan["runs"]))
    new = rng.choice([f"../../{victim}", str(outside / victim), "..", "", "a/b", victim + "\0"])
    plan["runs"][new] = plan["runs"].pop(victim)
    (store / "grid.json").write_text(json.dumps(plan))
    return f"{new!r} for {victim}"


MUTATIONS: tuple[Mutation, ...] = (
    flip_a_byte, cut, drop_or_repeat_a_line, change_a_number, nonsense, swap_files,
    copy_a_run_over_another, remove, make_a_link, make_a_pipe_or_folder, odd_names,
    ids_that_lead_out,
)  # fmt: skip


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real store of four runs, each scored once more."""
    root = tmp_path_factory.mktemp("sound")
    (root / "g.yaml").write_text(GRID)
    options = Options(wandb="disabled")
    assert (
        run_grid(
            load_grid(root / "g.yaml"),
            root,
            options,
            _engine,
        )
        == 0
    )
    assert len(list(stored_runs.evaluate(root / "g", {"samples": 120}, Options()))) == 4
    return root / "g"


def told(store: Path) -> tuple[str, tuple[str, ...]]:
    """Return every number of the report as text, and what it warns of."""
    results = load(store)
    numbers = compute(results)
    shown = page(results, numbers, []).replace(results.when, "")
    start = shown.index('<h2 id="summary">')
    texts = summary_markdown(results, numbers), to_csv(run_table(results, numbers)), shown[start:]
    states = tuple(results.runs["state"].astype(str))
    return "\n".join(texts).replace(str(store), "STORE"), (*results.notes, *states)


@contextlib.contextmanager
def no_hang() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError(f"more than {HANG} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
def test_a_mutated_store_changes_no_number_without_a_word(sound, tmp_path, mutate) -> None:
    before = told(sound)
    for case in range(-(-CASES // len(MUTATIONS))):
        rng = random.Random(f"{mutate.__name__} {case}")
        store, outside = tmp_path / f"{case}" / "g", tmp_path / f"{case}" / "outside"
        shutil.copytree(sound, store, symlinks=True)
        outside.mkdir()
        what = mutate(rng, store, outside)
        elsewhere = snapshot(outside)
        with no_hang():
            after = None
            with contextlib.suppress(UserProblem):
                after = told(store)
            if after is not None and after[0] != before[0]:
                assert after[1] != before[1], f"{what}: a changed number is not flagged"
            for run in sorted((store / "runs").iterdir()) if (store / "runs").is_dir() else ():
                with contextlib.suppress(UserProblem):
                    list(stored_runs.show(run))
                with contextlib.suppress(UserProblem):
                    list(stored_runs.evaluate(run, {"samples": 100}, Options()))
        assert snapshot(outside) == elsewhere, f"{what}: wrote outside the store"
        shutil.rmtree(tmp_path / f"{case}")


WORDS = ["", "null", "-1", "0", "1e400", "[]", "{}", "true", "~", "*a", "&a", "<<", "!!python", "'",
         '"', "\t", "- -", ": :", "none", "--help", "../x", "9" * 30, ".nan", "spectral_norm",
         "{log: [1, 0]}", "\u202e", "\0", "é", "#", "|", "%"]  # fmt: skip


def mutated(rng: random.Random, text: str) -> str:
    lines = text.splitlines()
    for _ in range(rng.randint(1, 3)):
        place, word = rng.randrange(len(lines)), rng.choice(WORDS)
        line = lines[place]
        spot = rng.randrange(len(line) + 1)
        lines[place] = rng.choice([
            "", line[:spot], line[:spot] + word + line[spot:], word, line + word, "  " + line,
            line.replace(":", "", 1), line.replace(" ", "", 2), re.sub(r": .*", f": {word}", line),
            line + "\n" + line,
        ])  # fmt: skip
        lines = "\n".join(lines).split("\n")
    return "\n".join(lines)


@pytest.mark.parametrize("built_in", sorted(BUILT_IN.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_mutated_grid_is_planned_or_answered(tmp_path, monkeypatch, built_in) -> None:
    monkeypatch.setattr(bench.dry_run, "estimate", lambda *_: Estimate({}, ""))
    text, many = built_in.read_text(), -(-CASES // len(list(BUILT_IN.glob("*.yaml"))))
    for case in range(many):
        changed = mutated(random.Random(f"{built_in.stem} {case}"), text)
        (tmp_path / "g.yaml").write_text(changed)
        with no_hang():
            command = ["run", "--grid", str(tmp_path / "g.yaml"), "--dry-run", "--out"]
            result = CliRunner().invoke(app, [*command, str(tmp_path / "out")])
        error = result.exception
        assert error is None or isinstance(error, UserProblem | SystemExit), (changed, error)
        assert not (tmp_path / "out").exists()
