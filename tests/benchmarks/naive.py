"""One run as a script of its own: the tutorial loop, then default torch-fidelity scores.

Run: python naive.py METHOD STEPS SAMPLES
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import torch
import tutorial
from sizes import LATENT, SIZES, pictures
from torch.utils.data import TensorDataset
from torch_fidelity import calculate_metrics

from runners.datasets.digits import Digits
from runners.metrics.classifier import weights_file
from runners.metrics.fidelity import EXTRACTOR


class Tensors(TensorDataset):
    """uint8 images, one a time."""

    def __getitem__(self, index: int) -> torch.Tensor:
        return super().__getitem__(index)[0]


def main(method: str, steps: int, samples: int) -> None:
    """Train at size a, score, and print."""
    torch.set_num_threads(1)
    size = SIZES["a"]
    generator, loop = tutorial.training(size, method)
    for _ in itertools.islice(loop, steps):
        pass
    with torch.no_grad():
        images = generator.eval()(torch.randn(samples, LATENT))
    fake = ((images + 1) * 127.5).round().clamp(0, 255).byte()
    print(scores(fake, torch.from_numpy(pictures(size))))


def scores(fake: torch.Tensor, real: torch.Tensor) -> dict[str, float]:
    """Return IS and FID as calculate_metrics gives them by default."""
    return calculate_metrics(
        input1=Tensors(fake),
        input2=Tensors(real),
        isc=True,
        fid=True,
        cuda=False,
        verbose=False,
        feature_extractor=EXTRACTOR,
        feature_extractor_weights_path=str(weights_file("digits", Digits().load(Path()), Path())),
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
