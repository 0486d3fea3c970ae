"""Scores of generated data: one per file, one line each here."""

from runners.metrics.coverage import Coverage
from runners.metrics.diversity import Diversity
from runners.metrics.fid import FID
from runners.metrics.inception_score import InceptionScore
from runners.metrics.kid import KID
from runners.metrics.modes import Modes
from runners.metrics.prc import PRC
from runners.metrics.score import Metric

METRICS: dict[str, type[Metric]] = {
    "is": InceptionScore,
    "fid": FID,
    "kid": KID,
    "prc": PRC,
    "coverage": Coverage,
    "modes": Modes,
    "diversity": Diversity,
}
