"""Every registered method keeps the contract."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json

import pytest
import torch
from runners.lipschitz.effective import raw_weight, weight_layers
from torch import nn

from runners import seeds
from runners.diagnostics.diagnose import diagnose
from runners.lipschitz import METHODS
from runners.measure import undisturbed
from runners.networks import build

SHAPE = (16, 1, 8, 8)

pytestmark = pytest.mark.parametrize("name", METHODS)


def _images(purpose: str) -> torch.Tensor:
    return torch.rand(SHAPE, generator=seeds.generator(0, purpose)) * 2 - 1


def _step(spec, discriminator: nn.Module, optimizer, update: int) -> None:  # type: ignore[no-untyped-def]
    real, fake = _images(f"real {update}"), _images(f"fake {update}")
    loss = discriminator(fake).mean() - discriminator(real).mean()
    generator = seeds.generator(0, "penalty", update)
    penalty = spec.method.penalty(discriminator, real, fake, generator)
    optimizer.zero_grad()
    (loss if penalty is None else loss + penalty).backward()
    optimizer.step()
    spec.method.project(discriminator)


def _digest(network: nn.Module) -> str:
    digest = hashlib.sha256()
    for tensor in network.state_dict().values():
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()


def test_is_frozen_named_and_described(name) -> None:
    method = METHODS[name]()
    assert method.name == name  # pyright: ignore
    assert method.summary
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.name = "other"  # pyright: ignore


def test_every_parameter_reaches_the_run_id(name, tiny) -> None:
    changed = {bool: True, int: 3, float: 0.5}
    for field in dataclasses.fields(METHODS[name]):
        value = next((v for t, v in changed.items() if isinstance(field.default, t)), None)
        if value is not None:
            parameters = {"name": name, field.name: value}
            assert tiny(method=parameters).run_id != tiny(method=name).run_id


def test_raw_initial_weights_and_output_shape_are_the_methods_own_business(name, tiny) -> None:
    spec = tiny(method=name)
    _, discriminator, hashes = build(spec, "cpu")
    _, plain, plain_hashes = build(tiny(method="none"), "cpu")
    assert hashes == plain_hashes
    for (_, layer), (_, bare) in zip(
        weight_layers(discriminator), weight_layers(plain), strict=True
    ):
        assert torch.equal(raw_weight(layer), raw_weight(bare))
    assert discriminator(_images("x")).shape == (16,)


def test_build_is_repeatable_and_leaves_global_randomness_alone(name, tiny) -> None:
    torch.manual_seed(0)
    before = torch.random.get_rng_state()
    first, second = (build(tiny(method=name), "cpu")[1] for _ in range(2))
    assert _digest(first) == _digest(second)
    assert torch.equal(before, torch.random.get_rng_state())


def test_state_dict_resumes_exactly(name, tiny) -> None:
    spec = tiny(method=name)
    _, discriminator, _ = build(spec, "cpu")
    optimizer = spec.optimizer.build(discriminator.parameters())
    for update in range(3):
        _step(spec, discriminator, optimizer, update)
    saved = copy.deepcopy((discriminator.state_dict(), optimizer.state_dict()))
    _step(spec, discriminator, optimizer, 3)

    _, resumed, _ = build(spec, "cpu")
    optimizer = spec.optimizer.build(resumed.parameters())
    resumed.load_state_dict(saved[0])
    optimizer.load_state_dict(saved[1])
    _step(spec, resumed, optimizer, 3)
    assert _digest(discriminator) == _digest(resumed)


def test_diagnostics_do_not_disturb_training(name, tiny) -> None:
    spec = tiny(method=name)
    digests, starts = [], {}
    for measured in (False, True):
        _, discriminator, _ = build(spec, "cpu")
        optimizer = spec.optimizer.build(discriminator.parameters())
        for update in range(4):
            if measured:
                with undisturbed(discriminator):
                    draws = seeds.generator(0, "x", update)
                    diagnose(spec.method, discriminator, _images("a"), _images("b"), draws, starts)
            _step(spec, discriminator, optimizer, update)
        assert all(p.requires_grad for p in discriminator.parameters())
        assert discriminator.training
        digests.append(_digest(discriminator))
    assert digests[0] == digests[1]


def test_forward_passes_do_not_change_state(name, tiny) -> None:
    _, discriminator, _ = build(tiny(method=name), "cpu")
    before = _digest(discriminator)
    for _ in range(3):
        discriminator(_images("x")).sum().backward()
    assert _digest(discriminator) == before


def test_penalty_uses_only_its_generator(name, tiny) -> None:
    spec = tiny(method=name)
    _, discriminator, _ = build(spec, "cpu")
    before = torch.random.get_rng_state()
    values = [
        spec.method.penalty(
            discriminator, _images("a"), _images("b"), seeds.generator(0, "penalty")
        )
        for _ in range(2)
    ]
    assert torch.equal(before, torch.random.get_rng_state())
    assert values == [None, None] or torch.equal(*values)


def test_conformance_holds_on_its_own_network_and_is_json(name, tiny) -> None:
    spec = tiny(method=name)
    _, discriminator, _ = build(spec, "cpu")
    spec.method.project(discriminator)
    checks = spec.method.conformance(discriminator, {"input_grad_interpolates": 1.0})
    assert bool(checks) == (name != "none")
    assert json.loads(json.dumps(checks)) == checks
    assert all(entry["ok"] for entry in checks.values())


def test_conformance_shows_a_disabled_constraint(name, tiny) -> None:
    _, discriminator, _ = build(tiny(method="none"), "cpu")
    for parameter in discriminator.parameters():
        parameter.data.mul_(7)
    checks = METHODS[name]().conformance(discriminator, {"input_grad_interpolates": 7.0})
    assert name == "none" or not all(entry["ok"] for entry in checks.values())
