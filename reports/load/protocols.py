"""Protocols of scores, as runs state them: ``extractor/reference/gen-samples/...``.

The reference names the splits that data are held against, with the number of real data in each:
``ref-train-1438+validation-180+test-179``, or ``ref-train-1438`` before there were others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def samples_scored(protocol: str) -> int:
    """Return the number of generated (or held-out) data that a protocol states."""
    stated = re.search(r"/gen-([0-9]+)", protocol)
    return int(stated[1]) if stated else 0


def real_data(protocol: str) -> dict[str, int]:
    """Return the number of real data in each split that a protocol states, {} if it states none."""
    stated = re.search(r"/ref-([^/]+)", protocol)
    parts = re.findall(r"([a-z]+)-([0-9]+)(?=\+|$)", stated[1]) if stated else []
    return {split: int(count) for split, count in parts}


def same_reference(protocol: str, other: str) -> bool:
    """Whether two protocols differ at most in how many data were scored."""
    return protocol.split("/gen-")[0] == other.split("/gen-")[0]


def comparable(protocol: str, other: str) -> bool:
    """Whether scores under both may share a column: one reference, and equally many data."""
    return same_reference(protocol, other) and samples_scored(protocol) == samples_scored(other)


def yardstick(protocol: str, split: str) -> tuple[str | int | None, ...]:
    """Return what scores of one axis share: all but the real data that they are not held against.

    Args:
        protocol: of scores.
        split: of the real data that they are held against, '' for none.
    """
    rest = [part for part in protocol.split("/") if not part.startswith("ref-")]
    return (*rest, real_data(protocol).get(split))


def yardsticks(protocols: Iterable[str], split: str) -> dict[str, str]:
    """Return a short name of each protocol's yardstick: one name, one axis or column.

    Args:
        protocols: of scores.
        split: see :func:`yardstick`.
    """
    told = {p: "/".join(str(part) for part in yardstick(p, split) if part) for p in protocols}
    short = extractors(told.values())
    return {protocol: short[whole] for protocol, whole in told.items()}


def extractors(protocols: Iterable[str]) -> dict[str, str]:
    """Return the short name of each protocol's extractor, with what two of one name differ in.

    Such as ``digits-cnn train-200`` beside ``digits-cnn train-1438``; in full where that would not
    tell them apart.
    """
    known = list(dict.fromkeys(protocols))
    short = {p: re.sub(r"-[0-9a-f]{8,}$", "", p.split("/")[0]) for p in known}
    named = {p: _apart(p, [q for q in known if short[q] == short[p]], short[p]) for p in known}
    return named if len(set(named.values())) == len(known) else {p: p for p in known}


def _apart(protocol: str, alike: list[str], short: str) -> str:
    """Return a name with those parts of a protocol that not all that are alike have."""
    (own, *rest), *_ = parts = [re.split(r"[/+]", p) for p in (protocol, *alike)]
    shared = set.intersection(*map(set, parts))
    told = [part.removeprefix("ref-") for part in rest if part not in shared]
    return " ".join([short if own in shared else own, *told])
