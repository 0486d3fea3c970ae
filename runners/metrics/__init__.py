"""Scores of generated images: one a file, one line each here."""

from runners.metrics.coverage import Coverage
from runners.metrics.fid import FID
from runners.metrics.inception_score import InceptionScore
from runners.metrics.score import Metric

METRICS: dict[str, Metric] = {
    "is": InceptionScore(),
    "fid": FID(),
    "coverage": Coverage(),
}
