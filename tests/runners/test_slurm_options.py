"""What users may ask of SLURM, and the words in which the rest is refused; no SLURM is needed."""

from __future__ import annotations

import pytest

from runners.engines import chosen, slurm_calls
from runners.engines.resources import Resources
from runners.engines.slurm_options import partition, seconds, warning, words
from runners.errors import UserProblem


@pytest.mark.parametrize(
    ("time", "there"),
    [("30", 1800), ("1:30", 90), ("2:00:00", 7200), ("1-12", 129_600), ("1-0:30", 88_200),
     ("2-1:2:3", 176_523)],
)  # fmt: skip
def test_times_are_read_as_slurm_reads_them(time, there) -> None:
    assert seconds(time) == there


@pytest.mark.parametrize("time", ["", "2h", "1:2:3:4", "-5", "0", "0:59"])
def test_what_is_no_time_is_refused(time) -> None:
    with pytest.raises(UserProblem, match=f"--time {time}: at least a minute"):
        seconds(time)


def test_a_short_job_is_not_told_to_leave_as_it_begins() -> None:
    assert warning(None) == warning("2:00:00") == 120
    assert warning("1") == 20


def test_options_come_from_the_command_line_and_from_files(tmp_path) -> None:
    file = tmp_path / "gpu.sh"
    file.write_text("#!/bin/bash\n#SBATCH -p gpu --mem=4G  # two\n#SBATCH --comment='a b'\nrun\n")
    given = words(["--account=x --qos high", str(file)])
    assert given == ["--account=x", "--qos", "high", "-p", "gpu", "--mem=4G", "--comment=a b"]
    assert partition(given) == "gpu"


@pytest.mark.parametrize("option", ["--partition=a", "-p a", "-pa", "--partition a"])
def test_the_partition_is_found(option) -> None:
    assert partition(words([option])) == "a"
    assert partition(words(["--mem=1G"])) is None


@pytest.mark.parametrize(
    "option",
    ["--array=0-3", "--begin=20:00", "-H", "-a 3", "--out=x", "-ox", "--time=3", "--sig=1"],
)
def test_what_the_engine_sets_is_refused(option) -> None:
    with pytest.raises(UserProblem, match=f"--sbatch {option}: .* is the engine's own"):
        words([option])


@pytest.mark.parametrize(
    ("text", "problem"),
    [("gpu.sh", "neither an option of sbatch, as --partition=gpu, nor a file"),
     ("--comment='a", "No closing quotation")],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(text, problem) -> None:
    with pytest.raises(UserProblem, match=problem):
        words([text])


def test_without_slurm_it_says_where_to_run(monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UserProblem, match="no sbatch here; run it on a login node"):
        chosen("slurm")


def _pretend(monkeypatch, **answers: tuple[int, str]) -> list[tuple[str, ...]]:
    """Have programs answer in SLURM's place, and return the calls of them."""
    calls: list[tuple[str, ...]] = []

    def call(*command: str, environ: object = None) -> tuple[int, str]:
        calls.append(command)
        return answers[command[0]]

    monkeypatch.setattr(slurm_calls, "_call", call)
    monkeypatch.setattr("shutil.which", lambda _: "there")
    return calls


@pytest.mark.parametrize(
    ("asked", "problem"),
    [({"cpus": 9.0}, "--cpus 9: the cluster has 8 cores and 4 GPUs at most on one node of gpu"),
     ({"gpus": 5.0}, "--gpus 5: the cluster has 8 cores and 4 GPUs"),
     ({"cpus": 0.5}, "--cpus 0.5: SLURM gives a job whole ones"),
     ({"gpus": -1.0}, "--gpus -1: SLURM gives a job whole ones")],
)  # fmt: skip
def test_what_no_node_has_is_refused_with_what_there_is(monkeypatch, asked, problem) -> None:
    nodes = "8 (null)\n4 gpu:a100:2(S:0-1),gpu:v100:2(S:0)\n2+ gpu:3"
    calls = _pretend(monkeypatch, sinfo=(0, nodes))
    with pytest.raises(UserProblem, match=problem):
        chosen("slurm", Resources(sbatch=("-p gpu",), **asked))
    assert all("gpu" in call for call in calls)
    chosen("slurm", Resources(cpus=8, gpus=4))


def test_a_partition_without_nodes_is_refused(monkeypatch) -> None:
    _pretend(monkeypatch, sinfo=(0, ""))
    with pytest.raises(UserProblem, match="no nodes in partition nope"):
        chosen("slurm", Resources(sbatch=("--partition=nope",)))


def test_tasks_are_told_by_state_and_silence_is_no_news(monkeypatch) -> None:
    said = "7_0 RUNNING None\n7_1 PENDING BeginTime\n7_2 PENDING (Resources)\n"
    said += "7_3 PENDING launch failed requeued held"
    _pretend(monkeypatch, squeue=(0, said))
    assert slurm_calls.tasks("x") == {
        "7_0": "RUNNING", "7_1": "HELD", "7_2": "PENDING", "7_3": "HELD"
    }  # fmt: skip
    _pretend(monkeypatch, squeue=(1, "Unable to contact slurm controller"))
    assert slurm_calls.tasks("x") is None


def test_a_job_does_not_inherit_from_the_job_that_submits_it() -> None:
    now = {"SLURM_RESTART_COUNT": "3", "SLURM_CONF": "/etc/slurm.conf", "BENCH_CACHE": "/c"}
    assert slurm_calls.environment(now) == {"SLURM_CONF": "/etc/slurm.conf", "BENCH_CACHE": "/c"}
