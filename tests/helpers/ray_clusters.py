"""Ray clusters of this machine for tests: every node is some processes."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Iterator
from typing import Any

from runners.engines.ray_cluster import QUIET


@contextlib.contextmanager
def cluster(*cpus: int) -> Iterator[Any]:
    """Give a running cluster with a node of so many CPUs each, the head first."""
    os.environ.update(QUIET)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.cluster_utils import Cluster

        made = Cluster()
        try:
            for count in cpus:
                made.add_node(num_cpus=count, include_dashboard=False)
            yield made
        finally:
            made.shutdown()
