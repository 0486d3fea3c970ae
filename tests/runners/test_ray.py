"""What the Ray engine decides without Ray: what is refused, how many runs go where."""

from __future__ import annotations

import pickle
import sys
from collections import Counter
from pathlib import Path

import pytest

from runners.engines import chosen, ray_far, ray_slot
from runners.engines.ray_answers import failure, said
from runners.engines.ray_cluster import Node
from runners.engines.ray_far import Away, Facts, Sealed, facts
from runners.engines.ray_layout import Size, difference, room, size
from runners.engines.resources import Resources
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.store.lease import Held
from runners.store.parcel import Kind, Piece
from runners.store.probe import probe

SMALL, LARGE = Node("a", "small", 2, 0), Node("b", "large", 8, 2)


def test_without_ray_it_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserProblem, match=r"needs Ray: pip install 'lipschitz-bench\[ray\]'"):
        chosen("ray")


@pytest.mark.parametrize(
    ("resources", "said"),
    [
        (Resources(address="head"), "--address head: is none; give auto, or HOST:PORT"),
        (Resources(address="ray://head:1"), "--address ray://head:1: is none"),
        (Resources(cpus=0), "--cpus 0: a run takes some"),
        (Resources(cpus=float("nan")), "--cpus nan: a run takes some"),
        (Resources(gpus=-1), "--gpus -1: give a share of one"),
        (Resources(gpus=1.5), "--gpus 1.5: give a share of one"),
        (Resources(devices=("cpu",)), "--devices is for --engine local"),
    ],
)
def test_what_no_cluster_has_is_refused_by_name(resources, said) -> None:
    pytest.importorskip("ray")
    with pytest.raises(UserProblem, match=said):
        chosen("ray", resources)


def test_the_local_engine_says_whose_resources_they_are() -> None:
    with pytest.raises(UserProblem, match="--address is for --engine ray"):
        chosen("local", Resources(address="auto"))


@pytest.mark.parametrize(
    ("each", "workers", "counts"),
    [
        (Size(1, 0), None, {"small": 2, "large": 8}),
        (Size(1, 0), 3, {"small": 2, "large": 1}),
        (Size(1, 0.5), None, {"large": 4}),
        (Size(3, 0), None, {"large": 2}),
        (Size(0.1, 0), None, {"small": 16, "large": 32}),
    ],
)
def test_as_many_runs_as_the_nodes_hold(each, workers, counts) -> None:
    found = Counter(node.name for node in room([SMALL, LARGE], each, {}, workers))
    assert found == counts


def test_runs_in_progress_take_their_room() -> None:
    assert [*room([SMALL], Size(1, 0), {"a": 1, "gone": 1}, 3)] == [SMALL]
    assert [*room([SMALL], Size(1, 0), {"a": 2}, 3)] == []


@pytest.mark.parametrize(
    ("device", "gpus", "resolved", "each"),
    [
        ("auto", None, "cuda", Size(1, 1)),
        ("auto", 0, "cpu", Size(1, 0)),
        ("auto", 0.5, "cuda", Size(1, 0.5)),
        ("cpu", None, "cpu", Size(1, 0)),
        ("cuda", None, "cuda", Size(1, 1)),
        ("cuda", 0, "cuda", Size(1, 0)),
    ],
)
def test_all_runs_are_on_one_kind_of_device(device, gpus, resolved, each) -> None:
    found = size(Options(device=device), Resources(gpus=gpus), [SMALL, LARGE])
    assert found == (Options(device=resolved), each)


def test_without_gpus_there_is_none_to_run_on() -> None:
    assert size(Options(device="auto"), Resources(), [SMALL])[0].device == "cpu"
    with pytest.raises(UserProblem, match=r"no node .*: small has 2 CPUs and 0 GPUs$"):
        size(Options(device="cuda"), Resources(), [SMALL])
    with pytest.raises(UserProblem, match=r"small has 2 CPUs .*; large has 8 CPUs and 2 GPUs"):
        size(Options(), Resources(cpus=9), [SMALL, LARGE])


def test_a_run_without_gpu_sees_none(monkeypatch) -> None:
    monkeypatch.setenv("BENCH_LEASE", "7")
    assert ray_slot._environment(Options(), 0) == {"BENCH_LEASE": "7"}
    assert ray_slot._environment(Options(device="cuda"), 0.5) == {"BENCH_LEASE": "7"}
    assert ray_slot._environment(Options(device="cuda"), 0)["CUDA_VISIBLE_DEVICES"] == ""


def test_a_node_with_another_version_is_named() -> None:
    assert difference(SMALL, facts()) == ""
    said = difference(SMALL, Facts(facts().suite, "2.0"))
    assert said.startswith(f"node small has lipschitz-bench {facts().suite} with torch 2.0, here")


def test_what_ray_says_is_told_in_a_line() -> None:
    ray = "The actor died because of an error raised in its creation task, F()\n ^^\nNo module"
    assert said(Exception(ray)).startswith("no actor can be started: No module; every node needs")
    ray = "The actor died.\n\tpid: 7\nThe actor is dead because its node\n\thas died."
    assert said(Exception(ray)) == "The actor is dead because its node has died."
    assert said(Exception("ray::Far.submit()\n  ^^\nOSError: full")) == "OSError: full"
    assert said(Exception("")) == "no answer"


def test_what_is_wrong_with_a_folder_here_is_the_runs_state() -> None:
    states = {Held("x"): "busy", StoreProblem("x"): "damaged", OSError(28, "full"): "crashed"}
    assert {error: failure(error).state for error in states} == states
    assert failure(OSError(28, "full")).environment


def test_what_is_sealed_is_itself_once_unpickled(tiny) -> None:
    sealed = Sealed(pickle.dumps(tiny()), tiny().run_id)
    assert sealed.run_id == tiny().run_id
    assert pickle.loads(pickle.dumps(sealed)) == tiny()


def test_a_plugin_that_a_node_lacks_is_put_there(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(ray_far, "scratch", lambda: tmp_path / "scratch")
    (there := tmp_path / "mine.py").write_bytes(b"A = 1\n")
    assert ray_far._placed(there, b"A = 1\n") == there
    for path in (there, tmp_path / "nowhere/mine.py"):
        placed = ray_far._placed(path, b"A = 2\n")
        assert (placed.name, placed.read_bytes()) == ("mine.py", b"A = 2\n")
    assert there.read_bytes() == b"A = 1\n"


def test_an_attempt_does_not_begin_with_half_of_its_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(ray_far, "scratch", lambda: tmp_path)
    whole = Piece(1, Kind.WHOLE, "metrics.jsonl", b"x")
    (away := Away("run")).receive([whole])
    assert away.begin() == away.store.folder
    (away := Away("run")).receive([whole, Piece(2, Kind.WHOLE, "metrics.jsonl/in/a/file", b"x")])
    with pytest.raises(OSError, match=r"metrics\.jsonl"):
        away.begin()
    away.close()


def test_a_probe_is_seen_where_it_lies_only(tmp_path) -> None:
    made = probe(tmp_path / "grid")
    assert made.seen()
    made.file.write_text("another's")
    assert not made.seen()
    made.remove()
    assert not made.seen()
    assert list((tmp_path / "grid").iterdir()) == []


def test_paths_mean_the_same_in_any_folder(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = Options(data_root=Path("d"), cache=Path("c"), inception_weights=Path("w")).absolute()
    assert [found.data_root, found.cache, found.inception_weights] == [
        tmp_path / name for name in "dcw"
    ]
