"""A place for one run on a node of a Ray cluster: the actor there, and the attempt it is at."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runners.engines.base import Attempt
from runners.engines.ray_cluster import Node
from runners.engines.ray_far import Far, Sent
from runners.engines.ray_landing import Landing
from runners.engines.ray_layout import Size
from runners.options import Options
from runners.spec import RunSpec
from runners.store.probe import Probe, probe

PASSED_ON = ("BENCH_LEASE",)
"""Variables that must be the same on all nodes."""


class Slot:
    """One actor and at most one attempt.

    Args:
        node: where it is.
        options: how and where to run.
        plugins: contents of the plugin files.
        each: size of a run.
    """

    def __init__(self, node: Node, options: Options, plugins: Sequence[bytes], each: Size) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        far: Any = ray.remote(Far).options(
            num_cpus=each.cpus,
            num_gpus=each.gpus,
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False),
        )
        self.node = node
        self.actor = far.remote(options, _environment(options, each.gpus), plugins)
        self.attempt: Attempt | None = None
        self.landing: Landing | None = None
        self.met = self.sent = self.started = self.stopping = False
        """Whether the actor is there, has the attempt, said so, is to stop it once it has it."""
        self.reply: Any = self.actor.facts.remote()
        """What is awaited of the actor."""
        self.probe: Probe | None = None
        self.asked = 0.0

    def ask(self, attempt: Attempt) -> None:
        """Take an attempt on, and ask whether the node sees the grid's folder.

        Raises:
            OSError: nothing can be written there.
        """
        self.probe = probe(grid_folder(attempt))
        self.attempt, self.reply = attempt, self.actor.sees.remote(self.probe)

    def answered(self) -> None:
        """Nothing is awaited any more."""
        self.reply = None
        if self.probe:
            self.probe.remove()
            self.probe = None

    def prepare(self, specs: Sequence[RunSpec]) -> None:
        """Have the node check what runs need and fill its caches."""
        self.reply = self.actor.prepare.remote([pickle.dumps(spec) for spec in specs])

    def send(self, attempt: Attempt, shared: bool) -> None:
        """Give an attempt to the actor, with the run's folder if the node does not see it.

        Raises:
            Held, LeaseLost, StoreProblem, OSError: of the run's folder.
        """
        self.attempt, self.sent = attempt, True
        if not shared:
            self.landing = Landing(attempt)
            for batch in self.landing.parcel():
                self.actor.receive.remote(attempt.run, batch)
        spec, folder = pickle.dumps(attempt.spec), attempt.folder.absolute()
        sent = Sent(attempt.run, attempt.number, spec, folder, attempt.claim)
        self._await(self.actor.submit.remote(sent, self.stopping))

    def listen(self) -> None:
        """Ask for more news of the attempt."""
        self._await(self.actor.events.remote())

    def _await(self, reply: Any) -> None:
        self.reply, self.asked = reply, time.monotonic()

    def stop(self) -> None:
        """Have the attempt write a checkpoint and end, once the actor has it."""
        self.stopping = True
        if self.sent and self.attempt:
            self.actor.stop.remote(self.attempt.run)

    def silent(self, seconds: float) -> bool:
        """Whether the node has not answered for so long while it has an attempt."""
        return self.sent and time.monotonic() > self.asked + seconds

    def forget(self) -> None:
        """Let the attempt go."""
        if self.landing:
            self.landing.close()
        self.answered()
        self.attempt = self.landing = None
        self.sent = self.started = self.stopping = False

    def end(self) -> None:
        """End the actor, and with it all that it started."""
        import ray

        self.forget()
        ray.kill(self.actor)


def grid_folder(attempt: Attempt) -> Path:
    """Return the folder of the grid that an attempt's run belongs to."""
    return attempt.folder.parent.parent


def _environment(options: Options, gpus: float) -> Mapping[str, str]:
    """Return variables of the actor; Ray sets CUDA_VISIBLE_DEVICES only where it gives a GPU."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return passed if gpus or options.device == "cpu" else passed | {"CUDA_VISIBLE_DEVICES": ""}
