"""Any bytes in any file of a results folder: located messages, never a traceback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runners import checkpoint
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.run import RunStore

ROWS = tuple(f"{name}.jsonl" for name in RunStore.ROW_FILES)
FILES = (*ROWS, "spec.json", "status.json", "proof.json", "floor.json", "checkpoint.pt",
         "samples/step-00000005.png", "../../grid.json")  # fmt: skip
SEALED = (*ROWS, "spec.json", "status.json", "proof.json")
NESTED = b"[" * 100_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSpec]:
    """One finished run in a grid's folder."""
    from runners.spec import from_dict
    from runners.train import train

    spec = from_dict({
        "method": "spectral_norm", "seed": 0, "dataset": "digits", "loss": "nonsaturating",
        "model": {"name": "dcgan", "width": 4, "latent": 4}, "optimizer": "adam", "steps": 5,
        "batch_size": 8, "evaluation": {"every": 5, "samples": 100}, "log_every": 1,
        "diagnostics_every": 5,
    })  # fmt: skip
    grid = GridStore(tmp_path_factory.mktemp("whole") / "g")
    grid.write_plan("g", {spec.run_id: spec.as_dict})
    store = grid.run(spec.run_id)
    store.begin(spec.as_dict)
    train(spec, store, Options())
    return grid.folder, spec


def _read_everything(folder: Path, spec: RunSpec) -> None:
    """Read a grid's folder as `bench run` and `bench report` do."""
    from reports.load import loader

    store = GridStore(folder).run(spec.run_id)
    for read in (
        lambda: store.check(spec),
        lambda: checkpoint.load(store),
        lambda: store.last_row("timing"),
        lambda: store.sample_grids(),
        lambda: loader.load(folder),
    ):
        try:
            read()
        except UserProblem as problem:
            assert str(folder) in str(problem)  # noqa: PT017


def _damaged(whole: tuple[Path, RunSpec], tmp_path: Path, name: str, data: bytes) -> None:
    folder, spec = whole
    copy = tmp_path / "g"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    (copy / "runs" / spec.run_id / name).write_bytes(data)
    _read_everything(copy, spec)


@FUZZ
@given(name=st.sampled_from(FILES), data=st.binary(max_size=200) | st.just(NESTED))
def test_any_bytes_in_any_file(whole, tmp_path, name, data) -> None:
    _damaged(whole, tmp_path, name, data)


@FUZZ
@given(name=st.sampled_from(SEALED), data=st.data())
def test_any_json_value_in_any_place_of_an_ended_run(whole, tmp_path, name, data) -> None:
    folder, spec = whole
    lines = (folder / "runs" / spec.run_id / name).read_text()
    lines = lines.splitlines() if name in ROWS else [lines]
    number = data.draw(st.integers(0, len(lines) - 1))
    value: Any = json.loads(lines[number])
    key = data.draw(st.sampled_from(sorted(value)))
    value[key] = data.draw(JSON)
    lines[number] = json.dumps(value)
    (tmp_path / "g/runs").mkdir(parents=True, exist_ok=True)
    copy = GridStore(tmp_path / "g").run(spec.run_id)
    shutil.copytree(folder / "runs" / spec.run_id, copy.folder, dirs_exist_ok=True)
    text = "\n".join(lines) + "\n"
    if text.encode() != (copy.folder / name).read_bytes():
        (copy.folder / name).write_text(text)
        with pytest.raises(StoreProblem, match=name):
            copy.check(spec)


@FUZZ
@given(position=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_checkpoint(whole, tmp_path, position, bit) -> None:
    """A bit may lie in the padding of the archive; whatever loads is what was saved."""
    import torch

    folder, spec = whole
    sound = GridStore(folder).run(spec.run_id)
    data = bytearray(sound.checkpoint_file.read_bytes())
    data[int(position * len(data))] ^= 1 << bit
    copy = GridStore(tmp_path / "copy").run(spec.run_id)
    shutil.copytree(sound.folder, copy.folder, dirs_exist_ok=True)
    copy.checkpoint_file.write_bytes(data)
    try:
        found = checkpoint.load(copy)
    except StoreProblem as problem:
        assert str(copy.checkpoint_file) in str(problem)  # noqa: PT017
        return
    expected = checkpoint.load(sound)
    assert found and expected  # noqa: PT018
    for part in ("generator", "discriminator"):
        for name, tensor in expected[part].items():
            assert torch.equal(tensor, found[part][name])


@pytest.mark.parametrize("name", [*ROWS, "spec.json", "status.json", "done", "checkpoint.pt"])
def test_a_folder_in_place_of_a_file(whole, tmp_path, name) -> None:
    folder, spec = whole
    shutil.copytree(folder, tmp_path / "g")
    file = tmp_path / "g/runs" / spec.run_id / name
    file.unlink()
    file.mkdir()
    _read_everything(tmp_path / "g", spec)


def test_a_file_in_place_of_the_runs_folder(whole, tmp_path) -> None:
    folder, spec = whole
    (tmp_path / "g").mkdir()
    shutil.copy(folder / "grid.json", tmp_path / "g")
    (tmp_path / "g/runs").write_text("")
    _read_everything(tmp_path / "g", spec)
