"""Statistics of real data as a file: the same scores, under a protocol of their own."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from runners.datasets.digits import Digits
from runners.errors import UserProblem
from runners.metrics import statistics_of
from runners.metrics.scorer import Scorer, Settings, scorer
from runners.metrics.statistics_file import FORM, Card, Statistics, install, installed, read
from runners.metrics.statistics_of import as_npz, of_npz, of_scorer
from runners.options import Options
from runners.spec import Evaluation

PLAN = Settings(Evaluation(metrics=("is", "fid", "coverage")).metrics, 200)
DATASET = {"name": "digits"}
SHAPE = Digits().shape


@pytest.fixture(scope="module")
def local() -> Scorer:
    return scorer(Digits(), "classifier", Options())


@pytest.fixture(scope="module")
def found(local: Scorer) -> Statistics:
    return of_scorer(local, DATASET, SHAPE)


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """A machine that has nothing yet."""
    return Options(cache=tmp_path / "cache")


def _images() -> torch.Tensor:
    draws = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (200, *SHAPE), generator=draws, dtype=torch.uint8)


def test_scores_and_floors_against_a_file_are_the_same_to_the_bit(local, found, options) -> None:
    install(found, options.cache)
    given = scorer(Digits(), "classifier", options, found.id)
    own, other = (one.score(_images(), PLAN) for one in (local, given))
    protocols = own.pop("protocol"), other.pop("protocol")
    assert own == other
    assert {"fid", "fid_validation", "fid_test", "fid_gap"} < own.keys()
    assert protocols[1] == protocols[0].replace("/gen-", f"/stats-{found.id}/gen-")
    floors = [one.floor(PLAN) for one in (local, given)]
    assert [floor.pop("protocol") for floor in floors] == list(protocols)
    assert floors[0] == floors[1]


def test_a_run_without_a_reference_has_the_protocol_it_always_had(local) -> None:
    assert "stats" not in local.protocol


def test_the_same_content_is_the_same_file(found, tmp_path) -> None:
    file = tmp_path / "digits.safetensors"
    file.write_bytes(found.content)
    assert read(file).content == found.content
    assert read(file).card == found.card
    assert install(read(file), tmp_path).name == f"{found.id}.safetensors"


def test_one_other_number_is_another_reference(found) -> None:
    part, (mean, covariance) = next(iter(found.moments.items()))
    moved = dataclasses.replace(found, moments={**found.moments, part: (mean + 1e-3, covariance)})
    assert moved.id != found.id


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"identity": "0" * 64, "extractor": "other-1"}, r"the extractor other-1 \(0{16}\)"),
        ({"shape": (3, 32, 32)}, r"shape \(3, 32, 32\), and what is scored here has shape \(1, 8"),
        ({"dataset": {"name": "svhn"}}, "made of svhn, and what is scored here is digits"),
        ({"content_hash": "0" * 64}, "their hash is 0{16}, and here it is 0c7819886a"),
    ],
)  # fmt: skip
def test_another_extractor_or_data_set_is_refused_with_both(found, local, changes, said) -> None:
    card = Card(**dataclasses.asdict(found.card) | changes)
    with pytest.raises(UserProblem, match=said):
        Statistics(card, found.moments).require_fits(
            local.extractor, Digits(), local.images, "file"
        )


def test_a_part_of_the_data_is_not_scored_against_all_of_them(found, options) -> None:
    install(found, options.cache)
    with pytest.raises(UserProblem, match="made of digits with other data or another train_size"):
        scorer(Digits(train_size=200), "classifier", options, found.id)


def test_what_is_not_there_or_is_no_file_of_statistics_is_named(found, options, tmp_path) -> None:
    with pytest.raises(UserProblem, match=r"reference: 0{16}: no such statistics .* stats import"):
        installed("0" * 16, options.cache)
    file = install(found, options.cache)
    file.rename(file.with_name(f"{'0' * 16}.safetensors"))
    with pytest.raises(UserProblem, match=f"holds the statistics {found.id}, not 0000"):
        installed("0" * 16, options.cache)
    whole = found.content
    for content in (b"", b"PK\3\4", whole[:100], whole[:-1], whole[:8] + b"x" * 90):
        (tmp_path / "odd.safetensors").write_bytes(content)
        with pytest.raises(UserProblem, match=r"odd\.safetensors: not a file of statistics: "):
            read(tmp_path / "odd.safetensors")


def test_an_npz_of_mu_and_sigma_goes_both_ways_and_is_marked(local, found, options) -> None:
    file = options.cache.parent / "digits.npz"
    file.write_bytes(as_npz(found, "train"))
    with np.load(file, allow_pickle=False) as arrays:
        assert set(arrays) == {"mu", "sigma"}
    again = of_npz(file, 1438, local.extractor, DATASET, SHAPE)
    install(again, options.cache)
    given = scorer(Digits(), "classifier", options, again.id)
    row = given.score(_images(), PLAN)
    assert row["fid"] == local.score(_images(), PLAN)["fid"]
    assert "fid_test" not in row
    assert row["protocol"].endswith(f"/ref-train-1438/stats-{again.id}-stated/gen-200")
    with pytest.raises(UserProblem, match="--split other: the data set has test, train, valid"):
        as_npz(found, "other")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"dataset": "digits"}, "dataset: Input should be an object"),
        ({"dataset": {}}, "dataset: has no name"),
        ({"identity": 5}, "identity: Input should be a valid string"),
        ({"shape": "188"}, "shape: Input should be a valid array"),
        ({"more": 1}, "lacks, or does not know, more"),
        ({"form": 2}, "of another version"),
    ],
)
def test_a_card_of_another_kind_is_named(found, tmp_path, changes, said) -> None:
    card = json.dumps({"form": FORM, **dataclasses.asdict(found.card), **changes})
    _refused_card(tmp_path / "odd.safetensors", card, said)


def test_a_card_that_is_nested_too_deeply_is_named(tmp_path) -> None:
    _refused_card(tmp_path / "odd.safetensors", "[" * 100_000, "recursion")


def _refused_card(file: Path, card: str, said: str) -> None:
    from safetensors.numpy import save

    file.write_bytes(save({"train-9/mean": np.zeros(2, np.float32)}, {"card": card}))
    with pytest.raises(UserProblem, match=rf"odd\.safetensors: not a file of statistics: .*{said}"):
        read(file)


def test_the_id_is_of_card_and_numbers_and_not_of_the_files_form(found, monkeypatch) -> None:
    known = found.id
    monkeypatch.setattr("safetensors.numpy.save", lambda *_: b"as another version writes it")
    assert found.content == b"as another version writes it"
    assert found.id == known


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"mu": np.zeros(3)}, "not an npz of mu and sigma"),
        ({"mu": np.zeros(3), "sigma": np.zeros((2, 2))}, "a mean of shape"),
        ({"mu": np.zeros(3), "sigma": np.eye(3)}, "of 3 features, and the extractor .* gives 64"),
        ({"mu": np.zeros(2), "sigma": np.array([[1, 0], [5, 1]])}, "not symmetric"),
        ({"mu": np.array([np.nan, 0]), "sigma": np.eye(2)}, "not finite"),
        ({"mu": np.array([{}, 0]), "sigma": np.eye(2)}, "not an npz of mu and sigma"),
    ],
)
def test_an_npz_that_cannot_be_used_is_named(local, tmp_path, arrays, said) -> None:
    np.savez(tmp_path / "odd.npz", **arrays)
    with pytest.raises(UserProblem, match=rf"odd\.npz: .*{said}"):
        of_npz(tmp_path / "odd.npz", 10, local.extractor, DATASET, SHAPE)


def test_an_npz_that_is_damaged_or_unpacks_to_too_much_is_named(
    local, found, tmp_path, monkeypatch
) -> None:
    file = tmp_path / "odd.npz"
    np.savez_compressed(file, mu=np.zeros(3), sigma=np.eye(3))
    squeezed = bytearray(file.read_bytes())
    start = squeezed.index(b"mu.npy") + 50
    squeezed[start : start + 40] = bytes(40)
    for content in (b"", as_npz(found, "train")[:-9], bytes(squeezed)):
        file.write_bytes(content)
        with pytest.raises(UserProblem, match=r"odd\.npz: not an npz of mu and sigma: "):
            of_npz(file, 10, local.extractor, DATASET, SHAPE)
    monkeypatch.setattr(statistics_of, "LARGEST", 10_000)
    np.savez_compressed(file, mu=np.zeros(40), sigma=np.zeros((40, 40)))
    with pytest.raises(UserProblem, match=r"unpacks to [0-9]+ bytes, more than 10000"):
        of_npz(file, 10, local.extractor, DATASET, SHAPE)


def test_metrics_that_need_features_are_refused_beside_a_reference(tiny) -> None:
    with pytest.raises(ValueError, match="no features, which prc needs"):
        tiny(evaluation={"samples": 200, "metrics": ["fid", "prc"], "reference": "0" * 16})


def test_a_reference_is_part_of_a_runs_id_and_none_changes_no_id(tiny) -> None:
    plan = {"every": 5, "samples": 200}
    ids = [tiny(evaluation=plan | more).run_id
           for more in ({}, {"reference": None}, {"reference": "0" * 16})]  # fmt: skip
    assert ids[0] == ids[1] != ids[2]
