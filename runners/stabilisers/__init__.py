"""Stabilisers: what else changes training besides the Lipschitz method; one line each here."""

from runners.stabilisers.base import Stabiliser
from runners.stabilisers.equalised_lr import EqualisedLearningRate
from runners.stabilisers.minibatch_discrimination import MinibatchDiscrimination
from runners.stabilisers.minibatch_std import MinibatchDeviation
from runners.stabilisers.pixel_norm import PixelNorm
from runners.stabilisers.replay import Replay

STABILISERS: dict[str, type[Stabiliser]] = {
    "replay": Replay,
    "minibatch_discrimination": MinibatchDiscrimination,
    "minibatch_std": MinibatchDeviation,
    "equalised_lr": EqualisedLearningRate,
    "pixel_norm": PixelNorm,
}
