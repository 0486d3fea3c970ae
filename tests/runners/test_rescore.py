"""Finished runs are scored again from their checkpoints, and nothing is overwritten."""

from __future__ import annotations

import os

import numpy as np
import pytest

from runners.errors import UserProblem
from runners.options import Options
from runners.rescore import rescore, samples
from runners.store.run import RunStore


def test_the_runs_own_evaluation_gives_its_own_score(tiny, trained) -> None:
    store = trained(tiny())
    row = rescore(store, {}, Options())
    assert row == store.rows("scores")[-1]
    rescore(store, {"metrics": [{"kid": {"subset_size": 50}}]}, Options())
    rows = store.rows("evals")
    assert [list(row)[1] for row in rows] == ["is", "kid"]
    assert rows[1]["protocol"] != rows[0]["protocol"]


def test_unfinished_runs_and_unfit_evaluations_are_refused(tiny, trained, tmp_path) -> None:
    unfinished = RunStore(tmp_path / tiny().run_id)
    unfinished.create(tiny().as_dict)
    with pytest.raises(UserProblem, match="is unfinished, not finished"):
        rescore(unfinished, {}, Options())
    with pytest.raises(UserProblem, match="has no checkpoint"):
        samples(unfinished, "sample", 3)
    with pytest.raises(UserProblem, match="subset_size"):
        rescore(trained(tiny()), {"metrics": [{"kid": {"subset_size": 150_000}}]}, Options())


def test_samples_are_the_checkpoints_generators(tiny, trained) -> None:
    store = trained(tiny())
    _, data, step = samples(store, "evaluation", 200)
    with np.load(store.samples_file) as arrays:
        assert np.array_equal(arrays["images"], data.numpy())
    assert step == 10
    _, other, _ = samples(store, "sample", 200)
    assert not np.array_equal(other.numpy(), data.numpy())


def test_points_leave_a_surface_of_the_discriminator(tiny, trained) -> None:
    store = trained(
        tiny(dataset="gaussians8", model={"name": "mlp", "width": 16}, evaluation={"samples": 200})
    )
    with np.load(store.surface_file) as arrays:
        assert arrays["values"].shape == (121, 121)
        assert arrays["generated"].shape == (200, 2)
    assert store.rows("scores")[-1]["modes_total"] == 8
    assert store.sample_grids()


def test_a_run_that_was_changed_is_neither_sampled_nor_scored(tiny, trained) -> None:
    store = trained(tiny())
    file = store.rows_file("scores")
    file.write_text(file.read_text().replace('"is": ', '"is": 9'))
    for use in (lambda: rescore(store, {}, Options()), lambda: samples(store, "sample", 3)):
        with pytest.raises(UserProblem, match=r"scores\.jsonl: changed or damaged since the run"):
            use()
    assert not store.rows_file("evals").exists()


def test_a_checkpoint_that_is_a_pipe_is_refused(tiny, trained) -> None:
    store = trained(tiny())
    store.checkpoint_file.unlink()
    os.mkfifo(store.checkpoint_file)
    with pytest.raises(UserProblem, match=r"checkpoint\.pt: is no regular file"):
        samples(store, "sample", 3)
