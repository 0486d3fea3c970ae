"""A spec under another seed."""

from __future__ import annotations

import dataclasses

import pytest

from runners.spec import SEED_END, from_dict, under_seed


def test_the_same_run_under_another_seed_is_as_if_it_was_read(tiny):
    spec = tiny(method={"name": "spectral_norm", "scale": 2.0})
    computed = spec.as_dict, spec.run_id, spec.method_label, spec.setting
    other = under_seed(spec, 7)
    assert other == dataclasses.replace(spec, seed=7) == from_dict({**spec.as_dict, "seed": 7})
    assert other.run_id == from_dict({**spec.as_dict, "seed": 7}).run_id != spec.run_id
    assert other.as_dict == {**spec.as_dict, "seed": 7}
    assert computed == (spec.as_dict, spec.run_id, spec.method_label, spec.setting)
    assert hash(other) != hash(spec)


def test_nothing_computed_is_taken_along(tiny):
    spec = tiny()
    _ = spec.as_dict, spec.run_id
    assert vars(under_seed(spec, 1)).keys() == {f.name for f in dataclasses.fields(spec)}


@pytest.mark.parametrize("seed", [-1, SEED_END])
def test_a_seed_out_of_range_is_refused(tiny, seed):
    with pytest.raises(ValueError, match=f"seed {seed}: must be from 0 to 2147483647"):
        under_seed(tiny(), seed)
