"""What a run notes of the machine it runs on."""

from __future__ import annotations

import os

import pytest

from runners import machine
from runners.options import Options
from runners.store.proof import ENVIRONMENT, ROUNDING, hashes, ran_on
from runners.train import train


def test_every_key_is_known_to_the_store_and_has_a_value() -> None:
    found = machine.environment("cpu")
    assert list(found) == list(ENVIRONMENT)
    assert all(found.values())
    assert set(ROUNDING) < set(ENVIRONMENT)
    assert found["host"] == os.uname().nodename


@pytest.mark.parametrize(
    ("text", "name"),
    [("processor\t: 0\nmodel name\t: Fast: 9\nmodel name\t: x\n", "Fast: 9"), ("", None)],
)
def test_the_processor_is_named_as_linux_does_or_as_python_can(
    monkeypatch, tmp_path, text, name
) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / ("cpuinfo" if text else "none"))
    monkeypatch.setattr(machine.platform, "processor", lambda: "")
    assert machine.model_name() == (name or machine.platform.machine())


def test_a_library_that_is_not_installed_is_called_that() -> None:
    assert machine._version("no-such-distribution") == "not installed"


def test_another_host_changes_nothing_but_the_proof(tiny, trained, monkeypatch) -> None:
    spec = tiny()
    one = trained(spec, "one")
    monkeypatch.setattr(machine, "_of_this_process", lambda: {"host": "elsewhere"})
    other = trained(spec, "other")
    assert other.proof()["host"] == "elsewhere"
    assert hashes(one.proof()) == hashes(other.proof())
    assert ran_on(one.proof()).keys() > {"cpu", "host", "numpy", "torch_fidelity", "suite"}
    for name in ("metrics", "scores", "spectra", "diagnostics", "best"):
        assert one.rows_file(name).read_bytes() == other.rows_file(name).read_bytes()
    assert one.spec_file.read_bytes() == other.spec_file.read_bytes()


def test_a_run_that_goes_on_elsewhere_keeps_both_places(tiny, tmp_path, monkeypatch) -> None:
    from runners.store.run import RunStore

    spec, store = tiny(), RunStore(tmp_path / "runs" / tiny().run_id)
    store.create(spec.as_dict)
    train(spec, store, Options(wandb="disabled"), lambda: bool(store.last_row("metrics")))
    first = machine.environment("cpu")["host"]
    monkeypatch.setattr(machine, "_of_this_process", lambda: {"host": "elsewhere"})
    train(spec, store, Options(wandb="disabled"))
    assert store.proof()["host"] == f"{first}, then elsewhere"


def test_a_gpu_is_waited_for_and_a_processor_is_not(monkeypatch) -> None:
    waits: list[str] = []
    monkeypatch.setattr("torch.cuda.synchronize", lambda: waits.append("synchronised"))
    machine.wait_for("cpu")
    assert waits == []
    machine.wait_for("cuda")
    assert waits == ["synchronised"]
