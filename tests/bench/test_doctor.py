"""The doctor names what is missing and says what to do; only what stops a run fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench import doctor
from bench.doctor import FAIL, OK, WARN, Finding, examine
from runners.options import Options


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch):
    """Set what the process that imports torch would say."""
    sound = {
        "torch": "2.9",
        "torchvision": "0.24",
        "nms": True,
        "bf16": None,
        "fidelity": "0.4",
        "cuda": None,
    }

    def set_(**changes: object) -> None:
        found = {
            k: v for k, v in (sound | changes).items() if v is not None or k in ("cuda", "bf16")
        }
        monkeypatch.setattr(doctor, "_probe", lambda: found)

    set_()
    return set_


def _findings(tmp_path: Path) -> dict[str, Finding]:
    options = Options(data_root=tmp_path / "data", cache=tmp_path / "cache")
    return {finding.check: finding for finding in examine(tmp_path / "results", options)}


def test_this_machine_can_run(tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "doctor"], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout
    assert "fits torch" in done.stdout
    assert "bench run can work" in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_pair_that_does_not_fit_fails_with_the_remedy(probe, tmp_path, capsys) -> None:
    probe(nms=None, pair="RuntimeError: operator torchvision::nms does not exist")
    finding = _findings(tmp_path)["torchvision"]
    assert finding.level == FAIL
    assert "nms" in finding.found
    assert "together" in finding.advice
    assert doctor.print_findings(tmp_path, Options()) == 1
    assert "bench run cannot work here: torchvision" in capsys.readouterr().out


def test_a_broken_torch_and_its_last_words(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(doctor, "PROBE", "raise OSError('libtorch.so: cannot open')")
    finding = _findings(tmp_path)["torch"]
    assert finding.level == FAIL
    assert "libtorch.so" in finding.found


def test_folders_that_cannot_be_written_fail(probe, tmp_path) -> None:
    (tmp_path / "results").write_text("")
    assert _findings(tmp_path)["results"].level == FAIL
    assert _findings(tmp_path)["cache"].level == OK


def test_data_and_login(probe, tmp_path, monkeypatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    (tmp_path / "data/MNIST/raw").mkdir(parents=True)
    (tmp_path / "data/MNIST/raw/train-images-idx3-ubyte").write_bytes(b"")
    found = _findings(tmp_path)
    assert found["data: digits"].level == found["data: mnist"].level == OK
    assert found["data: fashion_mnist"].level == WARN
    assert "--data-root" in found["data: fashion_mnist"].advice
    assert found["data: stacked_mnist"].level == OK, "made of MNIST"
    assert found["data: cifar10"].level == WARN
    assert "folder:PATH" in found["data: folder"].found
    assert "not logged in" in found["wandb"].found
    monkeypatch.setenv("WANDB_MODE", "")
    finding = _findings(tmp_path)["wandb"]
    assert (finding.level, finding.advice) == (FAIL, "unset it, or use --wandb disabled")
    assert finding.found.endswith("WANDB_MODE is empty")
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setenv("WANDB_API_KEY", "secret" * 7)
    assert "logged in" in _findings(tmp_path)["wandb"].found
    assert "secret" not in str(_findings(tmp_path))


def test_a_processor_without_bf16_is_told(probe, tmp_path) -> None:
    assert _findings(tmp_path)["precision"].level == OK
    probe(bf16="this processor has no bfloat16 instructions", instructions="AVX2")
    finding = _findings(tmp_path)["precision"]
    assert finding.level == WARN
    assert finding.found.startswith("AVX2 for float32; this processor has no")
