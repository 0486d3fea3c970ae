"""Small real work for every test: ten-step runs on the embedded digits."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import slurm
from hypothesis import HealthCheck, settings

from runners.lipschitz import METHODS
from runners.options import Options
from runners.spec import RunSpec, from_dict
from runners.store.run import RunStore

settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")  # no example fails for being slow

TINY: dict[str, Any] = {
    "method": "none",
    "seed": 0,
    "dataset": "digits",
    "model": {"name": "dcgan", "width": 8, "latent": 16},
    "loss": "nonsaturating",
    "optimizer": {"name": "adam", "lr": 1e-3},
    "steps": 10,
    "batch_size": 32,
    "evaluation": {"every": 5, "samples": 200},
    "log_every": 2,
    "diagnostics_every": 5,
}


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import torch

    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("BENCH_CACHE", str(home / "cache"))
        for name in ("DIR", "CACHE_DIR", "DATA_DIR", "CONFIG_DIR", "ARTIFACT_DIR"):
            patch.setenv(f"WANDB_{name}", str(home / "wandb" / name.lower()))
        yield


@pytest.fixture(autouse=True)
def _installed(request: pytest.FixtureRequest) -> None:
    """Skip what is parametrised by a method whose library is not installed."""
    callspec = getattr(request.node, "callspec", None)
    for value in callspec.params.values() if callspec else ():
        name = value.get("name") if isinstance(value, dict) else getattr(value, "name", value)
        method = METHODS.get(name) if isinstance(name, str) else None
        if method and (why := method.lacking()):
            pytest.skip(why)


@pytest.fixture(scope="module")
def slurm_cluster() -> Iterator[slurm.Cluster]:
    """A SLURM cluster of one node with two cores, started for a module."""
    folder = Path(tempfile.mkdtemp(prefix="slurm-"))
    with slurm.cluster(folder) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def tiny() -> Callable[..., RunSpec]:
    """Return a maker of small specs; keyword arguments replace fields."""
    return lambda **changes: from_dict(TINY | changes)


@pytest.fixture
def trained(tmp_path: Path) -> Callable[..., RunStore]:
    """Return a function that trains a spec in this process and gives its store."""

    def run(spec: RunSpec, folder: str = "runs", options: Options | None = None) -> RunStore:
        from runners.train import train

        store = RunStore(tmp_path / folder / spec.run_id)
        store.create(spec.as_dict)
        train(spec, store, options or Options())
        return store

    return run


@pytest.fixture
def wandb_records() -> Callable[[Path], list[Any]]:
    """Return a reader of the records in a wandb file: wandb itself ships none for Python."""

    def read(file: Path) -> list[Any]:
        from wandb.proto.wandb_internal_pb2 import Record  # pyright: ignore

        return [Record.FromString(data) for data in _chunks(file)]

    return read


def _chunks(file: Path) -> list[bytes]:
    """Return the records of a LevelDB log: 32 KiB blocks of (crc, length, type, data) chunks."""
    data, position, records, part = file.read_bytes(), 7, [], b""
    while position + 7 <= len(data):
        left = 32768 - position % 32768
        if left < 7:
            position += left
            continue
        size, kind = int.from_bytes(data[position + 4 : position + 6], "little"), data[position + 6]
        part += data[position + 7 : position + 7 + size]
        position += 7 + size
        if kind in (1, 4):  # a full chunk, or a record's last
            records.append(part)
            part = b""
    return records
