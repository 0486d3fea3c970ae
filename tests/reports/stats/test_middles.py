import math

import numpy as np
import pytest

from reports.stats import interquartile


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_iqm_interval_needs_four_seeds_and_survives_constant_data(rng):
    assert interquartile.iqm_interval([1.0, 2.0, 3.0], rng) is None
    assert interquartile.iqm_interval([2.0] * 5, rng) == (2.0, 2.0)
    values = [1.0, 2.0, 3.0, 40.0]
    low, high = interquartile.iqm_interval(values, rng) or (math.nan, math.nan)
    assert 1 <= low <= interquartile.iqm(values) == 2.5 <= high <= 40


def test_iqm_interval_repeats_with_its_generator():
    values = [1.0, 4.0, 2.0, 8.0, 5.0]
    first, second = (interquartile.iqm_interval(values, np.random.default_rng(3)) for _ in range(2))
    assert first == second
