"""The Ray engine: an actor for each run at once, on the nodes of a cluster.

Ray moves attempts to nodes and says which of them died. It restarts and retries nothing: an
attempt ends once, and what follows is the scheduler's.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from runners.engines.base import Attempt, Ended, Event, Lost, Note, Started, Tell
from runners.engines.ray_answers import FOLDER_PROBLEMS, failure, prepared, said
from runners.engines.ray_cluster import Cluster
from runners.engines.ray_layout import difference, room, size
from runners.engines.ray_slot import Slot, grid_folder
from runners.engines.resources import Resources
from runners.errors import UserProblem
from runners.options import Options
from runners.spec import RunSpec
from runners.store.lease import lapse
from runners.store.states import State, Status

POLL = 0.2  # seconds to wait for news of the actors
LOOK = 1.0  # seconds between looks at the cluster
PATIENCE = 15.0  # seconds after which waiting for a node is told
SILENCE = 60.0  # seconds without an answer after which a node is taken for lost
FAREWELL = 10.0  # seconds for actors to end what is in progress
ACTORS = 3  # that may fail on a node before it is left alone
FORGIVE = 300.0  # seconds after which nodes that were left alone are tried again
NO_NODE = "no node of the Ray cluster is left that can hold a run; waiting for one"
NOT_BEGUN = Status(State.UNFINISHED, reason="stopped before it began")


class RayEngine:
    """Executes attempts on the nodes of a Ray cluster.

    Args:
        options: how and where to run.
        resources: of a run, how many at once, and where the cluster is.
    """

    def __init__(self, options: Options, resources: Resources) -> None:
        self.options, self.resources = options.absolute(), resources
        self.plugins = [path.read_bytes() for path in options.plugins]
        self.slots: list[Slot] = []
        self.waiting: deque[Attempt] = deque()
        self.news: deque[Event] = deque()
        self.shared: dict[tuple[str, Path], bool] = {}
        """Whether a node sees a grid's folder."""
        self.failed: Counter[str] = Counter()
        """By node: actors that could not be started since the last that could."""
        self.forgiven = time.monotonic()
        self.looked = time.monotonic()
        self.open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.cluster = stack.enter_context(Cluster(self.resources.address))
            stack.callback(self._farewell)
            self.options, self.size = size(self.options, self.resources, self.cluster.nodes())
            self._fill()
            self.open = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self.open.close()

    @property
    def free(self) -> int:
        """How many attempts could be submitted now."""
        idle = sum(slot.attempt is None for slot in self.slots)
        return max(0, idle - len(self.waiting))

    def prepare(self, specs: Sequence[RunSpec], tell: Tell) -> list[str]:
        """Compare and prepare the nodes, the first alone: others may see its caches."""
        firsts = list({slot.node.id: slot for slot in reversed(self.slots)}.values())
        for slot, theirs in self._answers([slot for slot in firsts if not slot.met], tell):
            if problem := difference(slot.node, theirs):
                raise UserProblem(problem)
            slot.met = True
        lines: dict[str, None] = {}
        for group in (firsts[:1], firsts[1:]):
            for slot in group:
                slot.prepare(specs)
            for slot, answer in self._answers(group, tell):
                lines |= dict.fromkeys(prepared(slot.node, answer, tell))
        return list(lines)

    def submit(self, attempt: Attempt) -> None:
        """Give an attempt to an actor, as soon as one is there."""
        self.waiting.append(attempt)
        self._place()

    def events(self) -> Iterator[Event]:
        """Wait a moment, and yield what the actors said, and which of them are gone."""
        for slot in self._ready(0 if self.news else POLL):
            self._hear(slot)
        if time.monotonic() > self.looked + LOOK:
            self._look()
        self._place()
        while self.news:
            yield self.news.popleft()

    def stop(self, run: str) -> None:
        """Have the actor that has a run stop it; one that no actor has yet is let go."""
        self._let_go(run)
        for slot in self._at(run):
            slot.stop()

    def kill(self, run: str) -> None:
        """End the actor that has a run, with its worker."""
        self._let_go(run)
        for slot in self._at(run):
            slot.sent = True  # nobody is to have it after this
            self._lose(slot, "killed")

    def _let_go(self, run: str) -> None:
        """Forget an attempt that no actor has yet."""
        for attempt in [attempt for attempt in self.waiting if attempt.run == run]:
            self.waiting.remove(attempt)
            self._tell(attempt, NOT_BEGUN)

    def _at(self, run: str) -> list[Slot]:
        return [slot for slot in self.slots if slot.attempt and slot.attempt.run == run]

    def _ready(self, seconds: float) -> list[Slot]:
        """Return the slots whose actors answered, after a wait for the first of them."""
        import ray

        asked = {slot.reply: slot for slot in self.slots if slot.reply is not None}
        if not asked:
            time.sleep(seconds)
            return []
        if not ray.wait(list(asked), timeout=seconds)[0]:
            return []
        ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=0)
        return [asked[reply] for reply in ready]

    def _hear(self, slot: Slot) -> None:
        """Take in what an actor said, or that it is gone."""
        import ray
        from ray.exceptions import RayError

        if slot not in self.slots:
            return  # gone with its node meanwhile
        try:
            answer: Any = ray.get(slot.reply)
        except RayError as error:
            self._lose(slot, said(error))
            return
        slot.answered()
        if slot.sent:
            self._heard(slot, *answer)
        elif slot.attempt:
            self.shared[slot.node.id, grid_folder(slot.attempt)] = answer
            self._send(slot, slot.attempt)
        else:
            self._meet(slot, answer)

    def _meet(self, slot: Slot, theirs: Any) -> None:
        """Take in the facts of an actor that is new."""
        if problem := difference(slot.node, theirs):
            self.failed[slot.node.id] = ACTORS
            self.news.append(Note(slot.node.id, problem))
            self._lose(slot, problem)
        else:
            slot.met, self.failed[slot.node.id] = True, 0

    def _heard(self, slot: Slot, events: list[Event], pieces: list[Any]) -> None:
        """Take in news of an attempt; what changed in its folder comes before its end."""
        attempt = slot.attempt
        assert attempt
        try:
            if slot.landing:
                slot.landing.write(pieces)
        except FOLDER_PROBLEMS as error:
            self.news.append(Ended(attempt.run, attempt.number, failure(error)))
            slot.forget()
            self._lose(slot, "")
            return
        self.news.extend(events)
        slot.started = True
        if any(isinstance(event, Ended | Lost) for event in events):
            slot.forget()
        else:
            slot.listen()

    def _place(self) -> None:
        """Give attempts that wait to actors that are there and have none."""
        for slot in [slot for slot in self.slots if slot.met and not slot.attempt]:
            if not self.waiting:
                return
            attempt = self.waiting.popleft()
            grid = grid_folder(attempt)
            if (slot.node.id, grid) in self.shared:
                self._send(slot, attempt)
                continue
            try:
                slot.ask(attempt)
            except OSError as error:
                self._tell(attempt, failure(error))

    def _send(self, slot: Slot, attempt: Attempt) -> None:
        try:
            slot.send(attempt, self.shared[slot.node.id, grid_folder(attempt)])
        except FOLDER_PROBLEMS as error:
            slot.forget()
            self._tell(attempt, failure(error))

    def _tell(self, attempt: Attempt, status: Status) -> None:
        """Tell of an attempt that ended before any actor had it."""
        self.news.append(Started(attempt.run, attempt.number))
        self.news.append(Ended(attempt.run, attempt.number, status))

    def _lose(self, slot: Slot, reason: str) -> None:
        """Take a slot away, with the attempt that its actor had, and make another."""
        attempt, begun, started = slot.attempt, slot.sent, slot.started
        slot.end()
        self.slots.remove(slot)
        self.failed[slot.node.id] += not slot.met
        if attempt and begun:
            self.news.extend([] if started else [Started(attempt.run, attempt.number)])
            self.news.append(Lost(attempt.run, attempt.number, f"{slot.node.name}: {reason}"))
        elif attempt:
            self.waiting.appendleft(attempt)
        self._fill()

    def _look(self) -> None:
        """Drop slots of nodes that are gone or silent, and make new ones where there is room."""
        now, alive = time.monotonic(), {node.id for node in self.cluster.nodes()}
        if now > self.forgiven + FORGIVE:
            self.forgiven = now
            self.failed.clear()
        slept, self.looked = now > self.looked + SILENCE / 2, now
        for slot in list(self.slots):
            if slot.node.id not in alive:
                self._lose(slot, "the node is gone")
            elif slot.silent(max(SILENCE, lapse())) and not slept:
                self.failed[slot.node.id] = ACTORS
                self._lose(slot, f"no answer for {max(SILENCE, lapse()):g} s")
        self._fill()
        if not self.slots:
            self.news.append(Note("ray nodes", NO_NODE))

    def _fill(self) -> None:
        """Make slots where there is room."""
        nodes = [node for node in self.cluster.nodes() if self.failed[node.id] < ACTORS]
        taken = Counter(slot.node.id for slot in self.slots)
        for node in room(nodes, self.size, taken, self.resources.workers):
            self.slots.append(Slot(node, self.options, self.plugins, self.size))

    def _answers(self, slots: list[Slot], tell: Tell) -> Iterator[tuple[Slot, Any]]:
        """Yield what actors answer, as it comes.

        Raises:
            UserProblem: one of them died.
        """
        import ray
        from ray.exceptions import RayError

        left, since = {slot.reply: slot for slot in slots}, time.monotonic()
        while left:
            for reply in ray.wait(list(left), timeout=POLL)[0]:
                slot = left.pop(reply)
                slot.answered()
                try:
                    answer = ray.get(reply)
                except RayError as error:
                    raise UserProblem(f"{slot.node.name}: {said(error)}") from error
                yield slot, answer
            if left and time.monotonic() > since + PATIENCE:
                names = ", ".join(slot.node.name for slot in left.values() if not slot.met)
                if names:
                    tell("ray waits", f"waiting for {names}: others may have what a run needs")

    def _farewell(self) -> None:
        """End what is in progress, and wait until it has ended."""
        import ray

        closing = [slot.actor.close.remote() for slot in self.slots if slot.met]
        if closing:
            ray.wait(closing, num_returns=len(closing), timeout=FAREWELL)
        for slot in self.slots:
            slot.end()
