"""The AUC of logits against scipy's Mann-Whitney U, and what it is where D knows nothing."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st

from runners.separation import auc, gap_by_chance

LOGITS = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=20)  # so that many tie


@given(real=LOGITS, fake=LOGITS)
def test_auc_is_mann_whitneys_u_over_all_pairs(real: list[float], fake: list[float]) -> None:
    found = auc(torch.tensor(real), torch.tensor(fake)).item()
    u = scipy.stats.mannwhitneyu(real, fake).statistic
    assert found == pytest.approx(u / (len(real) * len(fake)), abs=1e-6)


def test_auc_knows_no_scale() -> None:
    logits = torch.randn(2, 64, generator=torch.Generator().manual_seed(0))
    found = auc(*logits)
    assert found == auc(*(logits * 1e-6 - 3e-5)) == auc(*(logits * 1e6))
    assert found + auc(*-logits) == pytest.approx(1)


@pytest.mark.parametrize("size", [2, 3, 8, 64, 256])
def test_the_gap_of_a_discriminator_that_knows_nothing(size: int) -> None:
    draws = np.random.default_rng(size)
    logits = torch.from_numpy(draws.normal(size=(4000, 2, size)))
    gaps = np.array([abs(auc(*batch).item() - 0.5) for batch in logits])
    within = 0.05 if size < 8 else 4 * gaps.std() / len(gaps) ** 0.5 / gaps.mean()
    assert gaps.mean() == pytest.approx(gap_by_chance(size), rel=within)
