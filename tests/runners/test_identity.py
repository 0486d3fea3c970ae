"""Run ids: stable under new fields, and a changed default must say so."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

import pytest
from pydantic.dataclasses import dataclass

from runners import identity
from runners.component import STRICT
from runners.lipschitz import METHODS
from runners.lipschitz.weight_clipping import WeightClipping
from runners.losses import Loss
from runners.metrics import METRICS
from runners.plugins import CONTRACTS
from runners.schedules import Constant
from runners.spec import PARTS, Evaluation, RunSpec, from_dict, from_stored

BASE: dict[str, Any] = {
    "method": "none", "seed": 0, "dataset": "digits", "model": "dcgan", "loss": "hinge",
    "optimizer": "adam", "steps": 10, "batch_size": 16,
}  # fmt: skip

CHANGES: dict[str, dict[str, Any]] = {
    "digits-none-s0-57b083bb1c": {},
    "digits-none-s7-d252b20cd3": {"seed": 7},
    "digits-weight_clipping_c=0.1_-s0-a77b4a0641": {
        "method": {"name": "weight_clipping", "c": 0.1}
    },
    "digits-spectral_norm_n_power_iterations=20_-s0-d72e607111": {
        "method": {"name": "spectral_norm", "n_power_iterations": 20}
    },
    "digits-gradient_penalty-s0-6f0fb05bdc": {"method": "gradient_penalty"},
    "digits-weight_norm-s0-195ef98470": {"method": "weight_norm", "precision": "bf16"},
    "folder-none-s0-85e5843d34": {"dataset": {"name": "folder", "path": "x", "labelled": True}},
    "gaussians25-none-s0-c54d7a6652": {
        "dataset": "gaussians25",
        "model": {"name": "mlp", "depth": 2},
    },
    "digits-none-s0-5724ad2998": {"evaluation": {"samples": 600, "metrics": ["kid"]}},
    "digits-none-s0-4f23aced8f": {"evaluation": {"metrics": [{"kid": {"subsets": 5}}, "fid"]}},
    "digits-none-s0-b42a052e3c": {"optimizer": {"name": "rmsprop", "lr": 1e-3}, "n_dis": 5},
    "digits-none-s0-9e363a9f43": {
        "model": {"name": "dcgan", "norm": "batch"},
        "loss": "wasserstein",
    },
    "digits-none-s0-bd8cbf5155": {"schedule": {"linear": {"warmup": 2}}, "ema": 0.999},
    "digits-none-s0-3571137b07": {"augment": ["shift", {"cutout": {"share": 0.25}}]},
    "digits-none-s0-29c2235df7": {"dataset": {"name": "digits", "train_size": 200}},
}
"""Ids as they must stay -> what their specs say."""

RAISE = (
    "a default has changed, so that ids stored before stand for something else now: raise SCHEMA "
    "in runners/identity.py, and pin the ids and defaults here anew"
)

DEFAULTS: dict[str, dict[str, Any]] = {
    "RunSpec": {
        "n_dis": 1,
        "schedule": Constant(),
        "ema": None,
        "stabilisers": (),
        "augment": (),
        "precision": "fp32",
        "log_every": 50,
        "diagnostics_every": 250,
        "force": False,
        "plugins": (),
    },
    "Evaluation": {
        "every": 1000,
        "samples": 2000,
        "metrics": (),
        "extractor": "auto",
        "reference": None,
    },
    "none": {},
    "weight_clipping": {"c": 0.01, "scope": "weights"},
    "gradient_penalty": {"lazy": 1, "lambda_gp": 10.0, "centre": 1.0, "one_sided": False},
    "spectral_norm": {"scale": 1.0, "n_power_iterations": 1},
    "weight_norm": {"learnable_gain": False, "scale": 1.0},
    "r1": {"lazy": 1, "gamma": 10.0},
    "r2": {"lazy": 1, "gamma": 10.0},
    "r1_r2": {"lazy": 1, "gamma": 10.0},
    "dragan": {"lazy": 1, "lambda_gp": 10.0},
    "max_gp": {"lazy": 1, "lambda_gp": 0.1},
    "adversarial_lipschitz": {
        "lazy": 1,
        "lambda_lp": 10.0,
        "scale": 1.0,
        "xi": 10.0,
        "eps_min": 0.1,
        "eps_max": 10.0,
        "n_power_iterations": 1,
    },
    "orthonormal": {"lazy": 1, "beta": 1e-4},
    "spectral_regularisation": {"lazy": 1, "lambda_sigma": 0.01, "n_power_iterations": 1},
    "sn_gp": {
        "lazy": 1,
        "lambda_gp": 10.0,
        "centre": 1.0,
        "one_sided": False,
        "n_power_iterations": 1,
    },
    "dcgan": {"width": 64, "latent": 128, "norm": "none", "gain": 1.0},
    "layer_norm": {},
    "operator_spectral_norm": {"scale": 1.0, "n_power_iterations": 1},
    "bidirectional_spectral_norm": {"scale": 1.0, "n_power_iterations": 1},
    "gradient_normalisation": {"scale": 1.0},
    "bjorck": {"scale": 1.0, "beta": 0.5, "iterations": 20},
    "orthogonal": {"scale": 1.0},
    "mlp": {"width": 512, "depth": 3, "latent": 2},
    "tutorial_dcgan": {"latent": 64, "norm": "none", "gain": 0.0},
    "wgan_mnist": {"latent": 100, "dropout": 0.3},
    "dense": {"latent": 30},
    "fashion_dcgan": {"latent": 100, "dropout": 0.4},
    "sngan_cnn": {"width": 64, "latent": 128, "norm": "none"},
    "sngan_resnet": {"width": 128, "latent": 128},
    "progressive": {"width": 32, "phase_steps": 1000, "fade": 0.5, "latent": 128},
    "stylegan": {
        "width": 32,
        "phase_steps": 1000,
        "fade": 0.5,
        "size": 8,
        "z": 64,
        "mapping_layers": 8,
        "mapping_rate": 0.01,
        "mixing": 0.9,
        "progressive": False,
    },
    "digits": {"train_size": None, "split": "stratified"},
    "mnist": {"train_size": None, "validation": 5000, "size": None},
    "fashion_mnist": {"train_size": None, "validation": 5000, "size": None},
    "kmnist": {"train_size": None, "validation": 5000, "size": None},
    "cifar10": {"train_size": None, "validation": 5000, "size": None},
    "svhn": {"train_size": None, "validation": 5000, "size": None},
    "stl10": {"train_size": None, "validation": 5000, "size": None},
    "stacked_mnist": {"train_size": None, "validation": 5000},
    "folder": {
        "train_size": None,
        "size": 32,
        "channels": 3,
        "labelled": False,
        "resize": True,
        "validation": 0.1,
        "skip_unreadable": False,
    },
    "gaussians8": {"train_size": None},
    "gaussians25": {"train_size": None},
    "swiss_roll": {"train_size": None},
    "adam": {"lr": 0.0002, "beta1": 0.5, "beta2": 0.999},
    "rmsprop": {"lr": 5e-05, "alpha": 0.99},
    "constant": {"warmup": 0},
    "linear": {"warmup": 0},
    "cosine": {"warmup": 0},
    "shift": {"pixels": 1},
    "flip": {"p": 0.5},
    "colour": {"brightness": 0.5, "saturation": 1.0, "contrast": 0.5},
    "cutout": {"share": 0.5},
    "replay": {"capacity": 1024, "share": 0.5},
    "minibatch_discrimination": {"kernels": 16, "dims": 5},
    "minibatch_std": {"group": 4},
    "equalised_lr": {},
    "pixel_norm": {},
    "is": {},
    "fid": {},
    "kid": {"subsets": 20, "subset_size": 500},
    "prc": {},
    "coverage": {},
    "modes": {},
    "diversity": {},
}
"""The default of every field that ids leave out."""


@pytest.mark.parametrize(("run_id", "changes"), CHANGES.items())
def test_ids_are_what_they_were(run_id: str, changes: dict[str, Any]) -> None:
    assert from_dict(BASE | changes).run_id == run_id, "this run's stored folder would be orphaned"


def _defaults() -> dict[str, dict[str, Any]]:
    """Return what ids leave out, as plain data, of the spec and of every component."""
    classes = {"RunSpec": RunSpec, "Evaluation": Evaluation}
    for entries, kind in CONTRACTS.values():
        classes |= {} if kind is Loss else entries
    return {
        name: {
            field.name: field.default
            for field in dataclasses.fields(cls)
            if field.default is not dataclasses.MISSING and field.name != "name"
        }
        for name, cls in classes.items()
    }


def test_no_default_changed_without_a_new_schema() -> None:
    now = _defaults()
    changed = [
        f"{name}.{field}: {default!r} -> {now[name].get(field)!r}"
        for name, fields in DEFAULTS.items()
        for field, default in fields.items()
        if now[name].get(field, identity) != default
    ]
    assert identity.SCHEMA == 3, "pin DEFAULTS of the new schema here"
    assert not changed, f"{RAISE}: {changed}"


def test_the_table_of_defaults_knows_all_components() -> None:
    known = {name: set(fields) for name, fields in _defaults().items()}
    assert {name: set(fields) for name, fields in DEFAULTS.items()} == known, "pin the new ones"


@dataclass(frozen=True, config=STRICT)
class Grown(WeightClipping):
    """Weight clipping as it may be one day: with another field."""

    name: Literal["weight_clipping"] = "weight_clipping"
    warm_up: int = 100


def test_a_field_added_with_a_default_renames_nothing(monkeypatch) -> None:
    before = {run_id for run_id, changes in CHANGES.items()}
    monkeypatch.setitem(METHODS, "weight_clipping", Grown)
    assert {from_dict(BASE | changes).run_id for changes in CHANGES.values()} == before
    clipped = {"method": {"name": "weight_clipping", "warm_up": 5}}
    assert from_dict(BASE | clipped).run_id not in before


def test_what_specs_did_not_say_before_schema_3_is_what_they_did(tiny) -> None:
    spec = tiny()
    stored = {key: spec.as_dict[key] for key in spec.as_dict if key not in identity.SINCE_3}
    stored["dataset"] = {"name": "digits"}
    assert identity.earlier(stored)
    assert not identity.earlier(spec.as_dict)
    then = tiny(dataset={"name": "digits", "split": "every_fifth"})
    assert from_stored(stored) == then != spec
    assert identity.upgraded(stored, METRICS, PARTS) == then.as_dict


def test_what_is_resolved_is_part_of_an_id() -> None:
    spec = from_dict(BASE)
    said = identity.distinct(spec)
    assert said["evaluation"] == {
        "metrics": [{"name": "is"}, {"name": "fid"}, {"name": "coverage"}],
        "extractor": "classifier",
    }
    assert said["method"] == {"name": "none"}
    assert "n_dis" not in said


def test_seed_and_method_are_readable_in_an_id() -> None:
    changes = {"method": {"name": "spectral_norm", "scale": 2.0}, "seed": 3}
    assert from_dict(BASE | changes).run_id.startswith("digits-spectral_norm_scale=2_-s3-")
