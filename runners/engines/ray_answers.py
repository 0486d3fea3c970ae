"""What actors and folders say, in the words of an engine."""

from __future__ import annotations

from typing import Any

from runners.engines.base import Tell
from runners.engines.ray_cluster import Node
from runners.errors import StoreProblem, UserProblem
from runners.store.lease import Held
from runners.store.states import State, Status

FOLDER_PROBLEMS = (Held, StoreProblem, OSError)
"""What may be wrong with a run's folder where the driver uses it."""


def prepared(node: Node, answer: tuple[str, Any, list[tuple[str, str]]], tell: Tell) -> list[str]:
    """Return the lines that a node has to print.

    Raises:
        UserProblem: what is missing there.
    """
    kind, value, notes = answer
    for note in notes:
        tell(*note)
    if kind == "problem":
        raise UserProblem(f"{node.name}: {value}")
    if kind == "failed":
        raise RuntimeError(value)
    return value


def failure(error: Exception) -> Status:
    """Return the status of a run whose folder the driver cannot use."""
    if isinstance(error, Held):
        return Status(State.BUSY, reason=str(error))
    if isinstance(error, StoreProblem):
        return Status(State.DAMAGED, reason=str(error))
    from runners.engines.task import explain

    return Status(State.CRASHED, reason=explain(error), environment=True)


def said(error: Exception) -> str:
    """Return what Ray says of an actor that is gone, in a line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no answer"]
    if "creation task" in lines[0]:
        return (
            f"no actor can be started: {lines[-1]}; every node needs lipschitz-bench and what it "
            "depends on, as here"
        )
    words = " ".join(" ".join(lines).split())
    death = words.find("The actor is dead because")
    return (lines[-1] if death < 0 else words[death:])[:300]
