"""Scores equal torch-fidelity's own, and the extractors are what they say."""

from __future__ import annotations

import dataclasses
import os
import pickle
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
import torch
import torch_fidelity
from PIL import Image
from torch.utils.data import Dataset
from torch_fidelity import feature_extractor_inceptionv3 as inceptionv3
from torch_fidelity.utils import create_feature_extractor

from runners.datasets import DATASETS
from runners.datasets.base import Images
from runners.datasets.digits import Digits
from runners.datasets.stacked_mnist import _stack
from runners.datasets.toys import Gaussians8, Gaussians25
from runners.errors import UserProblem
from runners.metrics import METRICS
from runners.metrics import scorer as scoring
from runners.metrics.classifier import StackedClassifier, fit, read, weights_file
from runners.metrics.drawing import subset
from runners.metrics.extractors import EXTRACTORS, require_enough
from runners.metrics.features import outputs
from runners.metrics.fid import FID
from runners.metrics.fidelity import EXTRACTOR
from runners.metrics.inception import load
from runners.metrics.inception_score import InceptionScore
from runners.metrics.kid import KID
from runners.metrics.prc import PRC
from runners.metrics.score import Features, Reference
from runners.metrics.scorer import Plan, Settings, scorer
from runners.options import Options
from runners.spec import Evaluation

DIGITS_WEIGHTS = weights_file("digits", Digits().load(Path()), Path())
ALL = Evaluation(metrics=("is", "fid", KID(subset_size=150), "prc"), samples=400)


class _Tensors(Dataset):
    def __init__(self, images: np.ndarray) -> None:
        self.images = torch.from_numpy(images)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> torch.Tensor:
        return self.images[index]


@pytest.fixture(scope="module")
def digits() -> Images:
    return Digits().load(Path())


def _theirs(one: np.ndarray, two: np.ndarray, plan: Plan, **extractor) -> dict[str, float]:
    metrics = {metric.name: metric for metric in plan.metrics}
    kid: Any = metrics.get("kid", KID())
    out = torch_fidelity.calculate_metrics(
        input1=_Tensors(one),
        input2=_Tensors(two),
        isc="is" in metrics,
        fid="fid" in metrics,
        kid="kid" in metrics,
        kid_subsets=kid.subsets,
        kid_subset_size=kid.subset_size,
        prc="prc" in metrics,
        cuda=False,
        verbose=False,
        save_cpu_ram=True,
        cache=False,
        **extractor,
    )
    names = {
        "is": "inception_score_mean", "is_std": "inception_score_std",
        "fid": "frechet_inception_distance", "kid": "kernel_inception_distance_mean",
        "kid_std": "kernel_inception_distance_std", "precision": "precision", "recall": "recall",
    }  # fmt: skip
    return {name: out[key] for name, key in names.items() if key in out}


def _digits_extractor() -> dict[str, str]:
    weights = str(DIGITS_WEIGHTS)
    return {"feature_extractor": EXTRACTOR, "feature_extractor_weights_path": weights}


@pytest.mark.filterwarnings("ignore")
def test_stored_samples_score_as_calculate_metrics_says(tiny, trained, digits) -> None:
    store = trained(tiny())
    with np.load(store.samples_file) as arrays:
        samples = arrays["images"]
    plan = Evaluation(metrics=("is", "fid"))
    row = store.rows("scores")[-1]
    expected = _theirs(samples, digits.train, plan, **_digits_extractor())
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert row["protocol"].startswith("digits-cnn-")
    assert row["protocol"].endswith("/ref-train-1438+validation-180+test-179/gen-200")
    for split in ("validation", "test"):
        expected = _theirs(samples, digits.split(split)[0], plan, **_digits_extractor())
        assert row[f"fid_{split}"] == pytest.approx(expected["fid"], rel=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_every_score_equals_calculate_metrics(digits) -> None:
    judge = scorer(Digits(), "classifier", Options())
    noisy = digits.train[:400] // 2 + digits.train[400:800] // 4
    mine = judge.score(torch.from_numpy(noisy), ALL)
    assert mine.pop("protocol").endswith("/gen-400/kid-20x150/prc-drawn-400-k3")
    full = Evaluation(metrics=("is", "fid", KID(subset_size=150)))
    expected = _theirs(noisy, digits.train, full, **_digits_extractor())
    part, chosen = Evaluation(metrics=("prc",)), subset(1438, 400, "precision and recall").numpy()
    expected |= _theirs(noisy, digits.train[chosen], part, **_digits_extractor())
    assert {name: mine[name] for name in expected} == pytest.approx(expected, rel=1e-6)
    for split, data in (("validation", digits.validation), ("test", digits.test)):
        theirs = _theirs(noisy, data, ALL, **_digits_extractor())
        compared = {f"{n}_{split}": v for n, v in theirs.items() if not n.startswith("is")}
        assert {name: mine[name] for name in compared} == pytest.approx(compared, rel=1e-6)


def test_features_are_computed_where_the_network_is(digits) -> None:
    """On a device that holds no numbers, what is left to fail is the way back to the CPU."""
    network, _ = read(DIGITS_WEIGHTS)
    with pytest.raises(NotImplementedError, match="Cannot copy out of meta tensor"):
        outputs(network.to("meta"), torch.from_numpy(digits.test))


def test_a_scorer_moves_its_network_to_the_device_of_the_options() -> None:
    scorer(Digits(), "classifier", Options())  # its statistics are in files now
    judge = scorer(Digits(), "classifier", Options(device="meta"))
    scorer.cache_clear()
    assert {tensor.device.type for tensor in judge.extractor.network.state_dict().values()} == {
        "meta"
    }


def test_the_shipped_classifier_is_as_accurate_as_its_card_says(digits) -> None:
    network, card = read(DIGITS_WEIGHTS)
    images, labels = digits.held_out
    accuracy = (outputs(network, torch.from_numpy(images))[1].argmax(1).numpy() == labels).mean()
    assert accuracy == pytest.approx(card.accuracy, abs=1e-6)
    assert accuracy > 0.97
    assert card.data_hash == digits.content_hash


def test_the_embedding_is_standardised_on_the_training_images(digits) -> None:
    network, _ = read(DIGITS_WEIGHTS)
    embedding, _ = outputs(network, torch.from_numpy(digits.train))
    torch.testing.assert_close(embedding.mean(0), torch.zeros(64), atol=1e-4, rtol=0)
    torch.testing.assert_close(embedding.std(0), torch.ones(64), atol=1e-3, rtol=0)


def test_the_floor_of_real_images_is_far_below_noise(digits) -> None:
    judge, plan = scorer(Digits(), "classifier", Options()), Evaluation(metrics=("is", "fid"))
    noise = np.random.default_rng(0).integers(0, 256, (2000, 1, 8, 8), np.uint8)
    floor, fake = judge.floor(plan), judge.score(torch.from_numpy(noise), plan)
    real = floor["real"]
    for column in ("fid", "fid_validation", "fid_test"):
        assert real[column] < fake[column] / 20
    assert real["is"] > fake["is"]
    assert floor["protocol"] == fake["protocol"]
    assert judge.floor(plan) == floor


def test_wrong_input_is_refused_by_the_extractor() -> None:
    extractor = create_feature_extractor(
        EXTRACTOR, ["embedding"], cuda=False, feature_extractor_weights_path=str(DIGITS_WEIGHTS)
    )
    for images in (torch.zeros(2, 1, 8, 8), torch.zeros(2, 3, 8, 8, dtype=torch.uint8)):
        with pytest.raises(TypeError, match="expected uint8"):
            extractor(images)


def test_a_plan_the_data_cannot_serve_is_refused_before_training() -> None:
    judge = scorer(Digits(), "classifier", Options())
    plan = Evaluation(metrics=(KID(subset_size=2000),), samples=5000)
    with pytest.raises(UserProblem, match=r"kid needs at least 2000 real data, but .* only 1438"):
        require_enough(judge.reference.count, plan.metrics)


def _reference(labels: np.ndarray, mixture=None) -> Reference:
    empty = np.zeros(0)
    return Reference(empty, empty, labels, mixture, 0, lambda: torch.zeros(0))


def test_a_perfect_sampler_of_stacked_digits_covers_a_thousand_modes(digits) -> None:
    draws = np.random.default_rng(0)
    parts = [_stack(digits.train, digits.train_labels, draws) for _ in range(19)]
    images = np.concatenate([part[0] for part in parts])[:26_000]
    classifier, _ = read(DIGITS_WEIGHTS)
    features = Features(*outputs(StackedClassifier(classifier), torch.from_numpy(images)))
    shares = np.bincount(digits.train_labels) / len(digits.train)
    product = np.einsum("a,b,c->abc", shares, shares, shares).ravel()
    scores = METRICS["coverage"]().score(features, _reference(product), 2000)
    assert scores["classes"] == scores["classes_total"] == 1000
    assert scores["label_kl"] == pytest.approx(0.019, abs=0.004)


@pytest.mark.parametrize(("toy", "count"), [(Gaussians8, 8), (Gaussians25, 25)])
def test_a_perfect_sampler_covers_every_gaussian(toy, count) -> None:
    data = toy().load(Path())
    points = torch.from_numpy(data.test[:2500])
    reference = _reference(np.zeros(0), data.mixture)
    metric = METRICS["modes"]()
    scores = metric.score(Features(points, points[:, :0]), reference, 2000)
    assert scores["modes"] == scores["modes_total"] == count
    assert scores["high_quality"] == pytest.approx(1 - np.exp(-4.5), abs=0.01)  # Rayleigh, 3 std
    collapsed = Features(points[:1].repeat(50, 1), points[:1, :0])
    assert metric.score(collapsed, reference, 2000)["modes"] == 1


@pytest.fixture(scope="module")
def inception_weights(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("weights") / "random.pth"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inceptionv3, "load_state_dict_from_url", lambda *_, **__: {})
        cls = inceptionv3.FeatureExtractorInceptionV3
        patch.setattr(cls, "load_state_dict", lambda *_, **__: None)
        torch.manual_seed(0)
        state = cls("inception-v3-compat", ["2048"]).state_dict()
    for name, tensor in state.items():  # batch norms that do something
        if name.endswith(("running_var", "bn.weight")):
            tensor.uniform_(0.5, 2)
        if name.endswith(("running_mean", "bn.bias")):
            tensor.normal_(0, 0.1)
    torch.save(state, file)
    return file


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_inception_equals_calculate_metrics_on_grey_images(
    digits, inception_weights, monkeypatch
) -> None:
    options = Options(inception_weights=inception_weights)
    few = dataclasses.replace(
        digits, train=digits.train[:50], train_labels=digits.train_labels[:50], order=None,
        validation=digits.validation[:30], validation_labels=digits.validation_labels[:30],
    )  # fmt: skip
    monkeypatch.setattr(scoring, "load_images", lambda *_: few)
    scorer.cache_clear()
    judge = scorer(Digits(), "inception", options)
    scorer.cache_clear()
    plan = Settings((InceptionScore(), FID(), KID(subsets=10, subset_size=20), PRC()), samples=50)
    mine = judge.score(torch.from_numpy(digits.test[:50]), plan)
    assert mine.pop("protocol").startswith("inception-v3-")
    expected = _theirs(
        np.repeat(digits.test[:50], 3, 1),
        np.repeat(few.train, 3, 1),
        plan,
        feature_extractor="inception-v3-compat",
        feature_extractor_weights_path=str(inception_weights),
    )
    assert {name: mine[name] for name in expected} == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
def test_the_fused_inception_is_the_plain_one_and_bf16_says_it_is_not(
    digits, inception_weights
) -> None:
    images = torch.randint(0, 256, (6, 3, 32, 32), generator=torch.manual_seed(0)).byte()
    layers = ["2048", "logits_unbiased"]
    plain = create_feature_extractor(
        "inception-v3-compat", layers, cuda=False,
        feature_extractor_weights_path=str(inception_weights),
    )  # fmt: skip
    options, data = Options(inception_weights=inception_weights), DATASETS["digits"]()
    both = {name: EXTRACTORS[name](data, digits, options)
            for name in ("inception", "inception_bf16")}  # fmt: skip
    with torch.no_grad():
        expected = plain(images)
        features = {name: extractor.network(images) for name, extractor in both.items()}
    error = {
        name: max(((a - b).norm() / b.norm()).item() for a, b in zip(ours, expected, strict=True))
        for name, ours in features.items()
    }
    assert error["inception"] < 1e-5
    assert 1e-4 < error["inception_bf16"] < 0.05
    assert {tensor.dtype for pair in features.values() for tensor in pair} == {torch.float32}
    assert len({extractor.name for extractor in both.values()}) == 2
    assert len({extractor.identity for extractor in both.values()}) == 2


@pytest.mark.slow
def test_a_run_on_rgb_images_is_scored_by_inception(
    digits, inception_weights, tiny, trained, tmp_path
) -> None:
    for number, image in enumerate(digits.train[:60, 0]):
        Image.fromarray(image).resize((32, 32)).save(tmp_path / f"{number:02d}.png")
    spec = tiny(dataset=f"folder:{tmp_path}", steps=1, evaluation={"samples": 100, "every": 1})
    assert spec.evaluation.extractor == "inception"
    store = trained(spec, options=Options(inception_weights=inception_weights))
    rows = store.rows("scores")
    assert [row["step"] for row in rows] == [0, 1]
    assert rows[-1]["protocol"].startswith("inception-v3-")
    assert rows[-1]["fid"] > 0


def test_inception_weights_are_missing_damaged_or_code(tmp_path, monkeypatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise URLError("no network")

    monkeypatch.setattr(inceptionv3, "load_state_dict_from_url", offline)
    with pytest.raises(UserProblem, match=r"--inception-weights FILE.*extractor=classifier"):
        load(None)
    with pytest.raises(UserProblem, match="No such file"):
        load(tmp_path / "absent.pth")
    wrong = tmp_path / "wrong.pth"
    torch.save({"a": torch.zeros(1)}, wrong)
    with pytest.raises(UserProblem, match="not Inception weights"):
        load(wrong)

    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "exploded"),)

    bomb = tmp_path / "bomb.pth"
    bomb.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UserProblem, match="refused"):
        load(bomb)
    assert not (tmp_path / "exploded").exists()
    with pytest.raises(UserProblem, match="not Inception weights"):
        load(bomb, trusted=True)  # as asked for: it runs, and is no network
    assert (tmp_path / "exploded").exists()


@pytest.mark.slow
def test_the_shipped_file_can_be_made_again(digits, tmp_path) -> None:
    file = tmp_path / "again.safetensors"
    file.write_bytes(fit("digits", digits))
    network, card = read(file)
    shipped, shipped_card = read(DIGITS_WEIGHTS)
    assert card.data_hash == shipped_card.data_hash
    assert card.accuracy == pytest.approx(shipped_card.accuracy, abs=0.01)
    assert network.state_dict().keys() == shipped.state_dict().keys()
