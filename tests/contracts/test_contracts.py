"""Every registered component keeps its contract."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from runners.component import Component
from runners.contracts import SUITES, title
from runners.contracts.base import Check
from runners.losses import Loss
from runners.plugins import CONTRACTS
from runners.spec import from_dict

NEED_FILES = {  # data sets that cannot be loaded here; test_datasets.py writes small ones
    "mnist", "fashion_mnist", "kmnist", "cifar10", "svhn", "stl10", "stacked_mnist", "folder",
}  # fmt: skip
VARIANTS = [
    ("METHODS", "gradient_penalty", {"one_sided": True}),
    ("METHODS", "gradient_penalty", {"centre": 0.0}),
    ("METHODS", "r1", {"lazy": 2}),
    ("METHODS", "weight_clipping", {"scope": "all"}),
    ("METHODS", "weight_norm", {"learnable_gain": True}),
    ("METHODS", "spectral_norm", {"scale": 2.0, "n_power_iterations": 3}),
    ("MODELS", "dcgan", {"norm": "batch"}),
    ("MODELS", "dcgan", {"norm": "layer"}),
    ("MODELS", "tutorial_dcgan", {"norm": "batch"}),
    ("MODELS", "sngan_cnn", {"norm": "batch"}),
    ("MODELS", "progressive", {"width": 4, "phase_steps": 4, "fade": 1.0}),
    ("MODELS", "stylegan", {"width": 4, "progressive": True, "phase_steps": 4, "fade": 1.0}),
    ("SCHEDULES", "cosine", {"warmup": 3}),
    ("AUGMENTATIONS", "shift", {"pixels": 3}),
    ("AUGMENTATIONS", "cutout", {"share": 0.3}),
    ("METRICS", "kid", {"subsets": 2, "subset_size": 50}),
]


LARGE = {
    "fashion_dcgan", "wgan_mnist", "sngan_cnn", "sngan_resnet", "stylegan", "progressive",
    "tutorial_dcgan",
}  # fmt: skip
"""Models whose training under every method takes minutes of a suite."""


def _marks(name: str, check: Check) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if name in LARGE and title(check) == "every method" else []


def _defaults() -> list[Any]:
    found = []
    for registry, (entries, _) in CONTRACTS.items():
        for name, entry in entries.items():
            if name in NEED_FILES:
                continue
            component = entry if isinstance(entry, Loss) else entry()
            found += [
                pytest.param(
                    check, component, id=f"{registry}-{name}-{title(check)}",
                    marks=_marks(name, check),
                )
                for check in SUITES[registry]
            ]  # fmt: skip
    return found


def _variants() -> list[Any]:
    return [
        pytest.param(
            check, CONTRACTS[registry][0][name](**parameters),
            id=f"{registry}-{name}-{json.dumps(parameters)}-{title(check)}",
            marks=_marks(name, check),
        )
        for registry, name, parameters in VARIANTS
        for check in SUITES[registry]
    ]  # fmt: skip


@pytest.mark.parametrize(("check", "component"), [*_defaults(), *_variants()])
def test_keeps_its_contract(check: Check, component: Any) -> None:
    check(component)


def test_every_registry_has_a_suite() -> None:
    assert set(SUITES) == set(CONTRACTS)


@pytest.mark.parametrize("registry", sorted(set(CONTRACTS) - {"LOSSES"}))
def test_every_entry_is_of_its_kind_and_knows_its_name(registry: str) -> None:
    entries, kind = CONTRACTS[registry]
    for name, entry in entries.items():
        assert issubclass(entry, kind)
        assert issubclass(entry, Component)
        fields = dataclasses.fields(entry)  # pyright: ignore
        assert {field.name: field.default for field in fields}["name"] == name


@pytest.mark.parametrize("name", CONTRACTS["METHODS"][0])
def test_every_parameter_of_a_method_reaches_the_run_id(name: str, tiny) -> None:
    method = CONTRACTS["METHODS"][0][name]
    changed = {bool: True, int: 3, float: 0.25}
    for field in dataclasses.fields(method):
        value = next((v for t, v in changed.items() if type(field.default) is t), None)
        if value is not None:
            parameters = {"name": name, field.name: value}
            assert tiny(method=parameters).run_id != tiny(method=name).run_id


def test_a_component_reads_back_from_every_way_to_write_it(tiny) -> None:
    written = ["kid", {"name": "kid", "subset_size": 50}, {"kid": {"subset_size": 50}}]
    specs = [tiny(evaluation={"every": 5, "samples": 600, "metrics": [way]}) for way in written]
    assert specs[1] == specs[2] != specs[0]
    assert all(from_dict(spec.as_dict) == spec for spec in specs)
