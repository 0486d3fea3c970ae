"""How many runs of which size a Ray cluster holds, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from runners.engines.ray_cluster import Node
from runners.engines.ray_far import Facts, facts
from runners.engines.resources import Resources
from runners.engines.slots import most
from runners.errors import UserProblem
from runners.options import Options


@dataclass(frozen=True)
class Size:
    """What a run takes of a node.

    Args:
        cpus, gpus: of them; shares count.
    """

    cpus: float
    gpus: float


def size(options: Options, resources: Resources, nodes: Sequence[Node]) -> tuple[Options, Size]:
    """Return how and where to run, the same kind of device everywhere, and a run's size.

    Raises:
        UserProblem: no node can hold a run.
    """
    cpus, gpus, device = resources.cpus or 1.0, resources.gpus, options.device
    if gpus is None:
        gpus = float(device == "cuda" or (device == "auto" and any(node.gpus for node in nodes)))
    if device == "auto":
        options = replace(options, device="cuda" if gpus else "cpu")
    if not any(node.holds(cpus, gpus) for node in nodes):
        raise UserProblem(
            f"--cpus {cpus:g} --gpus {gpus:g}: no node of the Ray cluster can hold such a run: "
            + "; ".join(map(str, nodes))
        )
    return options, Size(cpus, gpus)


def room(
    nodes: Sequence[Node], each: Size, taken: Mapping[str, int], workers: int | None
) -> Iterator[Node]:
    """Yield the node of each run more that there is room for, nodes with few runs first.

    Args:
        nodes: that may be used.
        each: size of a run.
        taken: runs that they are at, by their ids.
        workers: that there may be in all; None for any.
    """
    counts = Counter(taken)
    limits = {
        node.id: min(node.holds(each.cpus, each.gpus), most(int(node.cpus))) for node in nodes
    }
    while workers is None or counts.total() < workers:
        open_ = [node for node in nodes if counts[node.id] < limits[node.id]]
        if not open_:
            return
        node = min(open_, key=lambda node: counts[node.id])
        counts[node.id] += 1
        yield node


def difference(node: Node, theirs: Facts) -> str:
    """Say how a node differs from this process in what decides a run's numbers, '' if not."""
    mine = facts()
    if theirs == mine:
        return ""
    return (
        f"node {node.name} has lipschitz-bench {theirs.suite} with torch {theirs.torch}, here it "
        f"is {mine.suite} with torch {mine.torch}; the same bytes need the same versions there"
    )
