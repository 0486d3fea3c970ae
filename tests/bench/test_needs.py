"""What a dry run sees of data, weights and classifiers; it downloads, trains and writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from bench.needs import missing
from runners.datasets import load_images
from runners.datasets.digits import Digits
from runners.errors import UserProblem
from runners.metrics.classifier import known_file
from runners.metrics.scorer import scorer
from runners.metrics.statistics_file import install
from runners.metrics.statistics_of import of_scorer
from runners.options import Options
from runners.spec import RunSpec

Make = Callable[..., RunSpec]


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """Return options whose data root and cache are not there yet."""
    return Options(data_root=tmp_path / "data", cache=tmp_path / "cache")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Return a folder of twenty images in two classes."""
    for number in range(20):
        file = tmp_path / "photos" / "ab"[number % 2] / f"{number:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (10 * number, 0, 0)).save(file)
    return tmp_path / "photos"


def _tree(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def _of(tiny: Make, folder: Path, **evaluation: object) -> RunSpec:
    dataset = {"name": "folder", "path": str(folder), "size": 8}
    return tiny(dataset=dataset, evaluation={"every": 5, "samples": 200} | evaluation)


def _grey(tiny: Make, folder: Path) -> RunSpec:
    dataset = {"name": "folder", "path": str(folder), "size": 8, "channels": 1, "labelled": True}
    return tiny(dataset=dataset)


def test_the_shipped_data_and_classifier_are_there(tiny, options, tmp_path) -> None:
    assert missing([tiny(), tiny(dataset="gaussians8", model="mlp", evaluation={})], options) == ""
    assert _tree(tmp_path) == []


def test_all_data_that_would_be_downloaded_are_named(tiny, options, tmp_path) -> None:
    specs = [tiny(dataset=name, seed=s) for name in ("mnist", "kmnist", "digits") for s in (0, 1)]
    assert missing(specs, options) == f"no mnist, kmnist in {tmp_path}/data"
    assert _tree(tmp_path) == []


@pytest.mark.parametrize("name", ["mnist", "stacked_mnist"])
def test_half_a_download_is_none(name, tiny, options, tmp_path) -> None:
    raw = tmp_path / "data/MNIST/raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte.gz").write_bytes(b"begun")
    before = _tree(tmp_path)
    assert missing([tiny(dataset=name)], options) == f"no mnist in {tmp_path}/data"
    assert _tree(tmp_path) == before


def test_a_classifier_is_there_or_would_be_trained(tiny, options, photos, tmp_path) -> None:
    spec, before = _grey(tiny, photos), _tree(tmp_path)
    images = load_images(spec.dataset, Path())
    file = known_file("folder", images, options.cache)
    words = f"no classifier of folder: {file} takes a minute to train"
    assert missing([spec, _grey(tiny, photos)], options) == words
    assert _tree(tmp_path) == before
    file.parent.mkdir(parents=True)
    file.write_bytes(b"damaged")
    with pytest.raises(UserProblem, match=f"{file}: not the weights of a classifier: .*remove it"):
        missing([spec], options)


def test_inception_weights_are_there_or_would_be_downloaded(
    tiny, options, photos, tmp_path, monkeypatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    place = tmp_path / "torch/hub/checkpoints"
    assert missing([_of(tiny, photos)], options) == f"no Inception weights in {place}"
    assert not (tmp_path / "torch").exists()
    place.mkdir(parents=True)
    (place / "weights-inception-2015-12-05-6726825d.pth").write_bytes(b"")
    assert missing([_of(tiny, photos)], options) == ""


@pytest.mark.parametrize("trust", [False, True])
def test_weights_that_are_no_file_are_refused_unopened(trust, tiny, photos, tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, why in (("pipe", "is a FIFO, not a file"), ("none", "No such file or directory")):
        options = Options(inception_weights=tmp_path / name, trust_weights=trust)
        with pytest.raises(UserProblem, match=f"--inception-weights {tmp_path}/{name}: {why}"):
            missing([_of(tiny, photos)], options)


def test_weights_that_could_run_code_are_refused(tiny, photos, tmp_path) -> None:
    weights = tmp_path / "weights.pth"
    torch.save({"a": np.random.default_rng}, weights)
    with pytest.raises(UserProblem, match="refused, as it is not a plain state dict"):
        missing([_of(tiny, photos)], Options(inception_weights=weights))


def test_a_metric_that_needs_more_images_is_refused(tiny, options, photos) -> None:
    wanting = _of(tiny, photos, metrics=[{"kid": {"subset_size": 150}}])
    with pytest.raises(UserProblem, match=r"kid needs at least 150 real data, .* only 14"):
        missing([wanting], options)


def test_a_device_that_is_not_there_is_refused(tiny) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(UserProblem, match="--device cuda"):
        missing([tiny()], Options(device="cuda"))


def test_a_reference_that_a_run_would_refuse_is_refused(tiny, options) -> None:
    found = of_scorer(scorer(Digits(), "classifier", Options()), {"name": "digits"}, Digits().shape)
    install(found, options.cache)
    plan = {"every": 5, "samples": 200, "reference": found.id}
    assert missing([tiny(evaluation=plan)], options) == ""
    with pytest.raises(UserProblem, match="made of digits with other data or another train_size"):
        missing([tiny(evaluation=plan, dataset={"name": "digits", "train_size": 200})], options)
