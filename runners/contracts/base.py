"""What checks share: small specs and networks, digests, and the words of a broken promise."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from runners import seeds
from runners.lipschitz import METHODS
from runners.spec import RunSpec, from_dict

Check: TypeAlias = Callable[[Any], None]

BATCH = 16
GRADIENTS = {f"input_grad_{kind}": 1.0 for kind in ("real", "fake", "interpolates", "max")}
TINY: dict[str, Any] = {
    "method": "none",
    "seed": 0,
    "dataset": "digits",
    "model": {"name": "dcgan", "width": 8, "latent": 16},
    "loss": "nonsaturating",
    "optimizer": {"name": "adam", "lr": 1e-3},
    "steps": 6,
    "batch_size": BATCH,
    "evaluation": {"every": 3, "samples": 100},
    "log_every": 1,
    "diagnostics_every": 3,
}


class Broken(Exception):
    """What a component does that its contract does not allow, in words."""


def require(holds: object, words: str) -> None:
    """Raise Broken with these words unless something holds."""
    if not holds:
        raise Broken(words)


def tiny(**parts: Any) -> RunSpec:
    """Return a spec of a few steps on digits; components are given as instances."""
    spec = from_dict(TINY)
    return dataclasses.replace(spec, **parts)


def default(component: type) -> Any:
    """Return a component without parameters, or None where it needs some."""
    try:
        return component()
    except Exception:  # whatever a foreign constructor raises
        return None


def methods() -> list[Any]:
    """Return every method that can be made here without parameters of its own."""
    installed = (method for method in METHODS.values() if not method.lacking())
    return [method for method in map(default, installed) if method is not None]


def images(purpose: str, shape: tuple[int, ...] = (1, 8, 8), batch: int = BATCH) -> Tensor:
    """Return seeded data (batch, *shape) in [-1, 1]."""
    return torch.rand(batch, *shape, generator=seeds.draws(0, purpose)) * 2 - 1


def digest(*modules: nn.Module | None) -> str:
    """Return a hash of the whole state of modules."""
    found = hashlib.sha256()
    for module in modules:
        for tensor in module.state_dict().values() if module is not None else ():
            found.update(tensor.detach().cpu().numpy().tobytes())
    return found.hexdigest()


def unchanged(tensor: Tensor, before: Tensor) -> bool:
    """Whether two tensors hold the same values."""
    return tensor.shape == before.shape and torch.equal(tensor, before)


def is_described(component: Any) -> None:
    """Check what every component has: one line for `bench list`, and fields that cannot change."""
    require(component.summary, "its summary is empty; say in a line what it does")
    require(
        type(component).__dataclass_params__.frozen,
        "it can be changed after it was made; decorate it with @dataclass(frozen=True, ...)",
    )


def is_stored_and_read_back(component: Any, field: str, listed: bool = False) -> None:
    """Check that a spec with the component survives its way through JSON.

    Args:
        component: what is stored.
        field: of the spec that holds it.
        listed: whether that field is a list.
    """
    spec = tiny(**{field: (component,) if listed else component})
    try:
        again = from_dict(spec.as_dict)
    except Exception as error:
        raise Broken(
            f"a field of {component.name} is no plain JSON data (text, number, true or false, "
            f"list): {str(error).strip()[:200]}"
        ) from error
    require(again == spec, f"{component.name} read back from its stored spec is not the same")
    require(again.run_id == spec.run_id, f"{component.name} changes its run id on the way")


def leaves_global_randomness_alone(act: Callable[[], object], what: str) -> None:
    """Check that something draws no number from torch's global generator."""
    before = torch.random.get_rng_state()
    act()
    require(
        torch.equal(before, torch.random.get_rng_state()),
        f"{what} draws from torch's global random generator; use the one it is given",
    )
