"""Protocols of scores, as runs state them: ``extractor/reference/gen-samples/...``."""

from __future__ import annotations

import re
from collections.abc import Iterable


def samples_scored(protocol: str) -> int:
    """Return the number of generated (or held-out) data that a protocol states."""
    stated = re.search(r"/gen-([0-9]+)", protocol)
    return int(stated[1]) if stated else 0


def training_data(protocol: str) -> int:
    """Return the number of training data that a protocol states as its reference, or 0."""
    stated = re.search(r"/ref-train-([0-9]+)", protocol)
    return int(stated[1]) if stated else 0


def same_reference(protocol: str, other: str) -> bool:
    """Whether two protocols differ at most in how many data were scored."""
    return protocol.split("/gen-")[0] == other.split("/gen-")[0]


def extractors(protocols: Iterable[str]) -> dict[str, str]:
    """Return the short name of each protocol's extractor, in full where two would look alike."""
    known = list(dict.fromkeys(protocols))
    short = {p: re.sub(r"-[0-9a-f]{8,}$", "", p.split("/")[0]) for p in known}
    alike = len(set(short.values())) < len(known)
    return {p: p if alike else short[p] for p in known}
