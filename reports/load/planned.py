"""Planned runs as the report knows them: plain data, so that a missing plugin stops no report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from runners import identity
from runners.errors import StoreProblem
from runners.metrics import METRICS
from runners.spec import PARTS, RunSpec, from_stored
from runners.store import imported
from runners.store.imported import Origin


@dataclass(frozen=True)
class Planned:
    """A planned run.

    Args:
        run_id: the name of its folder.
        spec: the resolved spec as plain data.
        method: the name of its method.
        method_label: the name with the parameters that differ from their defaults; with all of
            them where the method's defaults are unknown.
        seed: its seed.
        steps: generator updates.
        loss: the name of its loss.
        setting: the named optimiser setting, None if it is none of them or nobody knows.
        unknown: what of it this process does not know, '' if nothing.
        origin: where an imported run comes from, None of one that the suite made.
        earlier: whether a version made it that drew other random numbers.
    """

    run_id: str
    spec: Mapping[str, Any] = field(repr=False)
    method: str
    method_label: str
    seed: int
    steps: int
    loss: str
    setting: str | None = None
    unknown: str = ""
    origin: Origin | None = None
    earlier: bool = False

    @property
    def batch_size(self) -> int | None:
        """Data of each kind in a batch; None where the spec does not say."""
        size = self.spec.get("batch_size")
        return size if type(size) is int and size > 0 else None

    @property
    def plugins(self) -> tuple[str, ...]:
        """The files outside the suite that its components came from, as ``file@hash``."""
        return tuple(map(str, self.spec.get("plugins") or ()))


def planned(run_id: str, data: object, where: object) -> Planned:
    """Return a planned run from its entry in the plan.

    Args:
        run_id: its key there.
        data: its stored spec.
        where: the plan's file, for messages.

    Raises:
        StoreProblem: the entry is no spec, of this version or another, or another run's.
    """
    problem: object = "no mapping"
    if isinstance(data, dict) and (origin := imported.origin(run_id, data, where)):
        return _imported(run_id, data, origin, where)
    if isinstance(data, dict):
        try:
            spec = from_stored(data)
            earlier = identity.earlier(data)
            if not earlier and spec.run_id != run_id:
                raise StoreProblem(f"{where}: {run_id} holds the spec of {spec.run_id}")
            return _known(run_id, spec, earlier)
        except ValidationError as error:
            problem = error
            if _has_the_least(data):
                return _unknown(run_id, data, _said(error))
    raise StoreProblem(f"{where}: run {run_id} cannot be read by this version: {problem}")


def _imported(run_id: str, data: Mapping[str, Any], origin: Origin, where: object) -> Planned:
    """Return a run that the suite did not make: it is what its spec says, as far as it says it."""
    if not _has_the_least(data) or imported.run_id(data) != run_id:
        raise StoreProblem(f"{where}: {run_id} holds another run's spec; import it again")
    spec = {key: value for key, value in data.items() if key != imported.KEY}
    try:
        return replace(_known(run_id, from_stored(spec)), origin=origin)
    except ValidationError as error:
        name, label = _labelled(spec)
        unknown = _said(error) if label != name else ""  # else it is of others, who have no more
        return Planned(
            run_id, spec, name, label, spec["seed"], spec["steps"], str(spec.get("loss", "")),
            unknown=unknown, origin=origin,
        )  # fmt: skip


def _known(run_id: str, spec: RunSpec, earlier: bool = False) -> Planned:
    return Planned(
        run_id, spec.as_dict, spec.method.name, spec.method_label, spec.seed, spec.steps,
        spec.loss, spec.setting, earlier=earlier,
    )  # fmt: skip


def _unknown(run_id: str, data: Mapping[str, Any], problem: str) -> Planned:
    spec = identity.upgraded(data, METRICS, PARTS)
    name, label = _labelled(spec)
    steps, seed, loss = spec["steps"], spec["seed"], str(spec.get("loss", ""))
    earlier = identity.earlier(data)
    return Planned(run_id, spec, name, label, seed, steps, loss, unknown=problem, earlier=earlier)


def _labelled(spec: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of a method whose defaults nobody knows, and the same with all parameters."""
    method = dict(spec["method"])
    name = method.pop("name")
    return name, identity.written(name, method)


def _has_the_least(data: Mapping[str, Any]) -> bool:
    """Whether a spec says what every row of a report begins with."""
    method, counts = data.get("method"), (data.get("seed"), data.get("steps"))
    named = isinstance(method, dict) and isinstance(method.get("name"), str)
    return named and all(type(count) is int and count >= 0 for count in counts)


def _said(error: ValidationError) -> str:
    """Return in words what of a spec is unknown."""
    return "; ".join(dict.fromkeys(_problem(one) for one in error.errors()))


def _problem(one: Any) -> str:
    where = ".".join(str(part) for part in one["loc"] if isinstance(part, str))
    if one["type"] == "unknown_name":
        return f"{where} {one['ctx']['name']}"
    return f"{where}: {one['msg']}" if where else one["msg"]


def plugin_files(plans: Iterable[Planned]) -> tuple[tuple[str, str], ...]:
    """Return (file, hash) of every file that components of these runs came from, sorted."""
    named = {entry for plan in plans for entry in plan.plugins}
    return tuple(sorted((file, digest) for file, _, digest in (e.rpartition("@") for e in named)))
