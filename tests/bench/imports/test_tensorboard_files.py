"""TensorBoard's event files, written by torch and read by TensorBoard itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reports.load.loader import load
from runners.errors import UserProblem

NUMBERS = {0: 300.0, 50: 120.5, 100: 20.25}


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two methods x two seeds, a folder each."""
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter

    folder = tmp_path_factory.mktemp("events")
    for method in ("sn", "wc"):
        for seed in range(2):
            writer = SummaryWriter(str(folder / method / f"seed_{seed}"))
            for step, value in NUMBERS.items():
                writer.add_scalar("eval/fid", value + seed, step)
                writer.add_text("note", "no number", step)
            writer.close()
    return folder


def test_scalars_come_back_with_methods_and_seeds_of_the_folders(events, imported) -> None:
    grid, said = imported(events)
    results = load(grid.folder)
    assert "guessed fid=eval/fid" in said
    for (_, seed), mine in results.scores.groupby(["method", "seed"], observed=True):
        assert dict(zip(mine["step"], mine["fid"] - seed, strict=True)) == NUMBERS
    assert len(results.runs) == 4
    assert set(results.methods) == {"sn", "wc"}


def test_a_file_that_is_cut_off_is_named(events, imported, tmp_path, nothing_written) -> None:
    whole = next((events / "sn" / "seed_0").iterdir())
    file = tmp_path / "sn-0" / whole.name
    file.parent.mkdir()
    file.write_bytes(whole.read_bytes()[:-5])
    with pytest.raises(UserProblem, match=r"tfevents.*: cut off in the record at byte [0-9]+"):
        imported(tmp_path / "sn-0")
    assert nothing_written()


def test_a_flipped_bit_is_named_with_its_record(
    events, imported, tmp_path, nothing_written
) -> None:
    whole = next((events / "sn" / "seed_0").iterdir())
    file = tmp_path / "sn-0" / whole.name
    file.parent.mkdir()
    for place in (8, len(whole.read_bytes()) // 2):
        content = bytearray(whole.read_bytes())
        content[place] ^= 1
        file.write_bytes(content)
        with pytest.raises(UserProblem, match=r"tfevents.*: damaged at byte [0-9]+: its checksum"):
            imported(file)
    assert nothing_written()


@pytest.mark.parametrize("event", [b"\xff", "shape", "type"])
def test_a_record_of_nonsense_is_named(events, imported, tmp_path, event) -> None:
    from tensorboard.compat.proto.event_pb2 import Event  # pyright: ignore
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import (  # pyright: ignore
        masked_crc32c,
    )

    if isinstance(event, str):
        made = Event(step=1)
        value = made.summary.value.add(tag="eval/fid")
        value.tensor.dtype = 1 if event == "shape" else 99
        value.tensor.float_val.extend([1.0] if event == "type" else [])
        value.tensor.tensor_content = b"123" if event == "shape" else b""
        event = made.SerializeToString()
    head = len(event).to_bytes(8, "little")
    sums = [masked_crc32c(part).to_bytes(4, "little") for part in (head, event)]
    file = tmp_path / "sn-0" / "events.out.tfevents.1"
    file.parent.mkdir()
    file.write_bytes(head + sums[0] + event + sums[1])
    with pytest.raises(UserProblem, match=r"tfevents\.1: a record is none of TensorBoard's"):
        imported(file)


def test_one_number_twice_at_a_step_is_named(events, imported, tmp_path) -> None:
    whole = next((events / "sn" / "seed_0").iterdir())
    (tmp_path / "sn-0").mkdir()
    for name in (whole.name, f"{whole.name}.1"):
        (tmp_path / "sn-0" / name).write_bytes(whole.read_bytes())
    with pytest.raises(UserProblem, match="eval/fid at step 0 stands there twice"):
        imported(tmp_path / "sn-0")


def test_without_tensorboard_it_says_what_to_install(imported, tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    for name in [name for name in sys.modules if name.startswith("tensorboard.")]:
        monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "sn-0").mkdir()
    (tmp_path / "sn-0" / "events.out.tfevents.1").write_bytes(b"")
    with pytest.raises(UserProblem, match=r"pip install 'lipschitz-bench\[tensorboard\]'"):
        imported(tmp_path / "sn-0")
