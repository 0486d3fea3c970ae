import numpy as np
import pytest

from reports.load.loader import load
from reports.stats.chance import chance_gaps
from runners.failures.discriminator import CHANCE_GAPS


def chance_by_simulation(size):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 4000, size))
    areas = (real[:, :, None] > fake[:, None, :]).mean(axis=(1, 2))
    return float(np.abs(areas - 0.5).mean())


def test_the_line_is_what_logits_without_knowledge_give(write_grid, make_spec):
    specs = [make_spec("none", 0, batch_size=size) for size in (16, 64)]
    found = chance_gaps(load(write_grid(specs)))
    assert list(found) == ["batch_size=16", "batch_size=64"]
    for cell, size in zip(found, (16, 64), strict=True):
        assert found[cell] == pytest.approx(CHANCE_GAPS * chance_by_simulation(size), rel=0.05)


def test_one_cell_has_the_size_that_all_share(mixed):
    assert list(chance_gaps(mixed)) == mixed.cells
