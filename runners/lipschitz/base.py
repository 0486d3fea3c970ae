"""The contract of every Lipschitz method: parameters as fields, hooks, no torch at import."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic.dataclasses import dataclass

from runners.component import STRICT, Component

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, config=STRICT)
class Method(Component):
    """A constraint on the discriminator; the hooks do nothing unless a method overrides them.

    State that must survive a checkpoint lives in buffers or parameters of the discriminator.
    A method that promises something measurable says so by :meth:`conformance`.
    """

    summary: ClassVar[str] = ""
    per_sample_gradient: ClassVar[bool] = False
    """Whether the method needs D(x_i) to depend on x_i alone (false under batch norm)."""

    promises: ClassVar[bool] = True
    """Whether :meth:`conformance` of its default parameters holds it to anything."""

    library: ClassVar[str | None] = None
    """A module it needs besides the package's own, installed by the extra of the method's name."""

    @classmethod
    def lacking(cls) -> str | None:
        """Say what must be installed before it can be used, or return None."""
        if cls.library is None or find_spec(cls.library):
            return None
        name = cls.__dataclass_fields__["name"].default
        return f"{name} needs {cls.library}: pip install 'lipschitz-bench[{name}]'"

    def wrap(self, discriminator: nn.Module, shape: tuple[int, ...]) -> nn.Module:  # noqa: ARG002
        """Return the discriminator to train, inside a seeded block.

        It may be the given one with its layers re-parametrised in place, or a module around it.

        Args:
            discriminator: freshly initialised; maps data to one logit each, shape (batch,).
            shape: of one datum: (channels, height, width), or (2,) of a point in the plane.
        """
        return discriminator

    def advance(self, discriminator: nn.Module, step: int) -> None:
        """Become what the method is at a step, whatever it was before.

        Args:
            discriminator: as returned by :meth:`wrap`.
            step: 0 before training, then the number of the generator step that begins.
        """

    def penalty(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        real: Tensor,  # noqa: ARG002
        fake: Tensor,  # noqa: ARG002
        draws: torch.Generator,  # noqa: ARG002
        update: int,  # noqa: ARG002
    ) -> Tensor | None:
        """Return a scalar to add to the minimised discriminator loss, or None where none is due.

        Args:
            discriminator: maps images to one logit each, shape (batch,).
            real: (batch, channels, height, width) in [-1, 1].
            fake: like ``real``, detached.
            draws: the only source of random numbers the penalty may use.
            update: discriminator updates before this one, for penalties that are lazy (due at
                every k-th) or annealed.
        """
        return None

    def project(self, discriminator: nn.Module) -> None:
        """Change weights or buffers in place, once after each discriminator update."""

    def conformance(
        self,
        discriminator: nn.Module,  # noqa: ARG002
        gradients: Mapping[str, float],  # noqa: ARG002
    ) -> dict[str, dict[str, Any]]:
        """Measure what the method promises: checks by name, made by :func:`check`.

        Args:
            discriminator: after any number of updates.
            gradients: mean norms of the input gradient, ``input_grad_<kind>``.
        """
        return {}


def no_batch_norms(discriminator: nn.Module) -> dict[str, dict[str, Any]]:
    """Return a broken check if D has batch norms: they divide by what a layer gives.

    A bound of the layers is none of D then, and no method that normalises weights keeps it. It is
    left out where there are none.
    """
    from runners.weights import batch_norms

    count = batch_norms(discriminator)
    what = "batch norms after normalised layers"
    return {"batch_norms": check(what, count, 0.0, 0.0)} if count else {}


def check(
    what: str, value: float, target: float | None = None, tolerance: float | None = None
) -> dict[str, Any]:
    """Return one measured promise; without a tolerance it informs and cannot be broken.

    Args:
        what: a few words for a table.
        value: as measured.
        target: as promised.
        tolerance: largest honest distance of value and target.
    """
    ok = tolerance is None or target is None or abs(value - target) <= tolerance
    return {"what": what, "value": value, "target": target, "tolerance": tolerance, "ok": ok}
