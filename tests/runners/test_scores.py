"""Scores equal torch-fidelity's own, and the extractor is what its card says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch_fidelity
from torch.utils.data import Dataset
from torch_fidelity.utils import create_feature_extractor

from runners.datasets.digits import Digits
from runners.metrics import METRICS
from runners.metrics.classifier import SHIPPED, fit, outputs, read
from runners.metrics.extractor import EXTRACTOR, scorer
from runners.options import cache_folder


class _Tensors(Dataset):
    def __init__(self, images: np.ndarray) -> None:
        self.images = torch.from_numpy(images)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.images[index]


@pytest.fixture(scope="module")
def digits():
    return Digits().load(Path())


@pytest.mark.filterwarnings("ignore")
def test_stored_samples_score_as_calculate_metrics_says(tiny, trained, digits) -> None:
    store = trained(tiny())
    with np.load(store.samples_file) as arrays:
        samples = arrays["images"]
    reference = torch_fidelity.calculate_metrics(
        input1=_Tensors(samples),
        input2=_Tensors(digits.train),
        isc=True,
        fid=True,
        cuda=False,
        verbose=False,
        save_cpu_ram=True,
        cache=False,
        feature_extractor=EXTRACTOR,
        feature_extractor_weights_path=str(SHIPPED["digits"]),
    )
    row = store.rows("scores")[-1]
    assert row["fid"] == pytest.approx(reference["frechet_inception_distance"], rel=1e-6)
    assert row["is"] == pytest.approx(reference["inception_score_mean"], rel=1e-6)
    assert row["is_std"] == pytest.approx(reference["inception_score_std"], rel=1e-6)
    assert row["protocol"].endswith("/ref-train-1438/gen-200")
    assert row["protocol"].startswith("digits-cnn-")


def test_the_shipped_classifier_is_as_accurate_as_its_card_says(digits) -> None:
    network, card = read(SHIPPED["digits"])
    predicted = outputs(network, torch.from_numpy(digits.test))[1].argmax(1).numpy()
    accuracy = (predicted == digits.test_labels).mean()
    assert accuracy == pytest.approx(card.accuracy, abs=1e-6)
    assert accuracy > 0.97
    assert card.data_hash == digits.content_hash


def test_the_embedding_is_standardised_on_the_training_images(digits) -> None:
    network, _ = read(SHIPPED["digits"])
    embedding, _ = outputs(network, torch.from_numpy(digits.train))
    torch.testing.assert_close(embedding.mean(0), torch.zeros(64), atol=1e-4, rtol=0)
    torch.testing.assert_close(embedding.std(0), torch.ones(64), atol=1e-3, rtol=0)


def test_real_images_score_far_better_than_noise(digits) -> None:
    judge = scorer("digits", digits, cache_folder())
    noise = np.random.default_rng(0).integers(0, 256, (359, 1, 8, 8), np.uint8)
    real = judge.score(torch.from_numpy(digits.test), tuple(METRICS))
    fake = judge.score(torch.from_numpy(noise), tuple(METRICS))
    assert real["fid"] < fake["fid"] / 20
    assert real["is"] > fake["is"]


def test_wrong_input_is_refused_by_the_extractor() -> None:
    extractor = create_feature_extractor(
        EXTRACTOR, ["embedding"], cuda=False, feature_extractor_weights_path=str(SHIPPED["digits"])
    )
    for images in (torch.zeros(2, 1, 8, 8), torch.zeros(2, 3, 8, 8, dtype=torch.uint8)):
        with pytest.raises(TypeError, match="expected uint8"):
            extractor(images)


@pytest.mark.slow
def test_the_shipped_file_can_be_made_again(digits, tmp_path) -> None:
    file = tmp_path / "again.safetensors"
    file.write_bytes(fit("digits", digits))
    network, card = read(file)
    shipped, shipped_card = read(SHIPPED["digits"])
    assert card.data_hash == shipped_card.data_hash
    assert card.accuracy == pytest.approx(shipped_card.accuracy, abs=0.01)
    assert network.state_dict().keys() == shipped.state_dict().keys()
