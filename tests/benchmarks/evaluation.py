"""What a score costs against torch-fidelity's defaults, and Inception's images a second."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from machine import precisions
from naive import scores
from sizes import options
from statistic import Sample, seconds
from torch_fidelity import feature_extractor_inceptionv3 as theirs

from runners.datasets.digits import Digits
from runners.metrics.fid import FID
from runners.metrics.inception import LAYERS, NAME, Inception
from runners.metrics.inception_score import InceptionScore
from runners.metrics.scorer import Settings, scorer

SAMPLES = (2_000, 10_000)  # the default grid's, and a paper's
IMAGES = 32


def digits(rounds: int, data: Path) -> Iterator[tuple[str, Sample]]:
    """Yield milliseconds for IS and FID of digits both ways, and how far the values differ."""
    torch.set_num_threads(1)
    judge = scorer(Digits(), "classifier", options(data))
    real = torch.from_numpy(judge.images.train)
    for count in SAMPLES:
        fake = real[torch.randint(len(real), (count,), generator=torch.manual_seed(0))]
        plan = Settings((InceptionScore(), FID()), count)
        expected, mine = scores(fake, real), judge.score(fake, plan)
        gaps = [
            abs(mine["fid"] / expected["frechet_inception_distance"] - 1),
            abs(mine["is"] / expected["inception_score_mean"] - 1),
        ]
        both: dict[str, list[float]] = {"default": [], "ours": []}
        for _ in range(rounds):
            both["default"].append(1e3 * seconds(lambda f=fake: scores(f, real)))
            both["ours"].append(1e3 * seconds(lambda f=fake, p=plan: judge.score(f, p)))
        for which, found in both.items():
            yield f"score/{count}/{which}", Sample(found, "ms")
        yield f"score/{count}/largest difference", Sample([float(max(gaps))], "relative")


def inception(rounds: int) -> Iterator[tuple[str, Sample]]:
    """Yield images a second of plain and fused Inception, of random weights, and the error."""
    torch.set_num_threads(1)
    images = torch.randint(0, 256, (IMAGES, 3, 32, 32), dtype=torch.uint8)
    plain = _random()
    networks: dict[str, torch.nn.Module] = {
        "plain": plain,
        "fused": Inception(_random()),
    }
    if "bf16" in precisions():
        networks["fused bf16"] = Inception(_random(), bf16=True)
    with torch.inference_mode():
        expected = plain(images)[0]
        for name, network in networks.items():
            rates = [IMAGES / seconds(lambda net=network: net(images)) for _ in range(rounds)]
            yield f"inception/{name}", Sample(rates, "images/s", higher_is_better=True)
            error = ((network(images)[0] - expected).norm() / expected.norm()).item()
            if name != "plain":
                yield f"inception/{name} error", Sample([error], "relative")


def _random() -> torch.nn.Module:
    """Return torch-fidelity's network with random weights, as no download is needed for speed."""
    cls, kept = theirs.FeatureExtractorInceptionV3, theirs.load_state_dict_from_url
    load = cls.load_state_dict
    theirs.load_state_dict_from_url = lambda *_, **__: {}
    cls.load_state_dict = lambda *_, **__: None  # pyright: ignore
    try:
        network = cls(NAME, LAYERS)
    finally:
        theirs.load_state_dict_from_url, cls.load_state_dict = kept, load
    draws = torch.Generator().manual_seed(0)
    for name, tensor in network.state_dict().items():
        if name.endswith("weight") and tensor.dim() > 1:
            tensor.normal_(0, float(np.sqrt(2 / tensor[0].numel())), generator=draws)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2, generator=draws)
    return network.eval().requires_grad_(False)
