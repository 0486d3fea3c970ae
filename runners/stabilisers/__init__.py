"""Stabilisers: what else changes training besides the Lipschitz method; one line each here."""

from runners.stabilisers.base import Stabiliser

STABILISERS: dict[str, type[Stabiliser]] = {}
