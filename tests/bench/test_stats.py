"""`bench stats`: a reference leaves one machine as a file and is used on another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.judged import judged
from bench.stats import export, take_in
from runners.datasets.digits import Digits
from runners.errors import UserProblem
from runners.options import Options

GRID = """
base: {dataset: digits, steps: 2}
methods: [none]
seeds: 1
"""


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(cache=tmp_path / "cache")


def test_what_one_machine_exports_another_takes_in_under_the_same_id(tmp_path, options) -> None:
    file = tmp_path / "digits.safetensors"
    (said,) = export("digits", file, "train", None, Options())
    *_, use = take_in(file, None, None, None, options)
    (named,) = re.findall("its id is ([0-9a-f]{16})", said)
    assert use.endswith(f'evaluation: {{reference: "{named}"}}')
    assert (options.cache / "references" / f"{named}.safetensors").exists()


def test_a_grid_and_its_data_set_have_one_reference(tmp_path) -> None:
    files = tmp_path / "set.safetensors", tmp_path / "grid.safetensors"
    for name, file in zip(("digits", "lipschitz.yaml"), files, strict=True):
        list(export(name, file, "train", None, Options()))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_an_npz_says_what_it_loses_and_needs_what_it_cannot_say(tmp_path, options) -> None:
    file = tmp_path / "digits.npz"
    *_, lost = export("digits", file, "test", None, Options())
    assert "of test; an npz of mu and sigma says nothing of extractor" in lost
    with pytest.raises(UserProblem, match="say what they are of: --dataset NAME, --n NUMBER"):
        list(take_in(file, None, None, None, options))
    _, stated, _ = take_in(file, "digits", 179, None, options)
    assert "not proven by the file" in stated
    assert "n, split, extractor, preprocessing" in stated


def test_a_file_that_says_itself_what_it_is_of_is_not_told(tmp_path, options) -> None:
    file = tmp_path / "digits.safetensors"
    list(export("digits", file, "train", None, Options()))
    with pytest.raises(UserProblem, match="says by itself what it is of"):
        list(take_in(file, "digits", None, None, options))


def test_another_ending_is_refused_before_any_work(tmp_path) -> None:
    with pytest.raises(UserProblem, match=r"ends neither in \.safetensors nor in \.npz"):
        list(export("digits", tmp_path / "digits.pt", "train", None, Options()))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no_such", "no_such: no data set, and no grid's name or file: unknown name 'no_such'"),
        ("regime.yaml", "scores in [0-9]+ ways: .*name a data set instead"),
        ("no_such.yaml", "no_such.yaml: no such grid file"),
    ],
)
def test_what_names_no_single_reference_is_refused(name, said) -> None:
    with pytest.raises(UserProblem, match=said):
        judged(name)


@pytest.mark.parametrize(
    ("evaluations", "said"),
    [
        ("[{metrics: [fid]}, {metrics: [is]}]", "2 ways: .*samples, fid.*; .*samples, is"),
        ("[{samples: 200}, {samples: 300}]", "2 ways: .* 200 samples.*; .* 300 samples"),
        (f"[{{}}, {{reference: {'a' * 16}}}]", f"2 ways: .*; .* against {'a' * 16}"),
    ],
)
def test_a_grid_that_scores_in_two_ways_is_refused_with_both(tmp_path, evaluations, said) -> None:
    file = tmp_path / "two.yaml"
    file.write_text(GRID + f"axes: {{evaluation: {evaluations}}}\n")
    with pytest.raises(UserProblem, match=said):
        judged(str(file))


def test_a_metric_that_needs_features_is_refused_beside_a_reference(tmp_path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(GRID.replace("steps", f"evaluation: {{reference: {'a' * 16}}}, steps"))
    with pytest.raises(UserProblem, match="holds mean and covariance and no features, which kid"):
        judged(str(file), metrics=["kid"])


def test_a_data_set_or_grid_gives_its_evaluation() -> None:
    assert judged("digits")[0] == judged("lipschitz")[0] == Digits()
    assert judged("digits", metrics=["fid"])[1].metrics[0].name == "fid"
    with pytest.raises(UserProblem, match="coordinates does not fit digits"):
        judged("digits", extractor="coordinates")
