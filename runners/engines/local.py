"""The local engine: one single-threaded worker process a core, each run crash-isolated.

Workers are forked from a server that has imported torch once, so a worker is ready in
milliseconds. pebble replaces a worker that dies; only the run it was at is lost.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pebble import ProcessPool

from runners.options import Options
from runners.spec import RunSpec
from runners.store import CRASHED, GridStore, RunStore

POLL = 0.2  # seconds between looks at the workers

# One thread a worker; and a glibc that keeps freed pages instead of faulting them in again.
WORKER_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(64 << 20),
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
}

Watcher = Callable[[dict[str, tuple[str, int, int]]], None]


class LocalEngine:
    """Runs specs in worker processes of this machine.

    Args:
        workers: processes at once.
        options: how and where to run.
    """

    def __init__(self, workers: int, options: Options) -> None:
        self.options = options
        os.environ.update(WORKER_ENVIRONMENT)
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["runners.engines.preload"])
        self.pool = ProcessPool(workers, context=context, initializer=_start_worker)  # pyright: ignore

    @contextmanager
    def open(self) -> Iterator[LocalEngine]:
        """Close the pool at the end; on an error or Ctrl-C, stop every worker at once."""
        try:
            yield self
            self.pool.close()
        except BaseException:
            self.pool.stop()
            raise
        finally:
            self.pool.join()

    def prepare(self, specs: Iterable[RunSpec]) -> list[str]:
        """Fill caches in a worker; see :func:`runners.engines.task.prepare`."""
        plain = {(spec.dataset, spec.evaluation): spec.as_dict for spec in specs}
        return self.pool.schedule(_prepare, args=(list(plain.values()), self.options)).result()

    def run(
        self, specs: Iterable[RunSpec], store: GridStore, watch: Watcher
    ) -> Iterator[tuple[RunSpec, dict[str, Any]]]:
        """Execute runs and yield (spec, status) as each ends.

        Args:
            specs: runs to do, in order.
            store: the grid's results.
            watch: called a few times a second with {run_id: (label, step, steps)} of the
                runs in progress.
        """
        waiting: dict[Future[Any], RunSpec] = {}
        for spec in specs:
            args = (spec.as_dict, store.run(spec.run_id).folder, self.options)
            waiting[self.pool.schedule(_execute, args=args)] = spec
        while waiting:
            done, _ = wait(waiting, timeout=POLL, return_when=FIRST_COMPLETED)
            for future in done:
                spec = waiting.pop(future)
                yield spec, _status(future, store.run(spec.run_id))
            watch({
                spec.run_id: _progress(spec, store.run(spec.run_id))
                for future, spec in waiting.items()
                if future.running()
            })  # fmt: skip


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _progress(spec: RunSpec, store: RunStore) -> tuple[str, int, int]:
    row = store.last_row("timing")
    return f"{spec.method_label} seed {spec.seed}", row["step"] if row else 0, spec.steps


def _status(future: Future[Any], store: RunStore) -> dict[str, Any]:
    try:
        return future.result()
    except CancelledError:
        raise
    except Exception as error:  # the worker died: killed, out of memory, segmentation fault
        status = {"reason": f"the worker process died: {error}", "traceback": ""}
        store.write_status(CRASHED, **status)
        return {"state": CRASHED, **status}


# Thin shims, so that the parent process never imports torch.


def _start_worker() -> None:
    from runners.engines.task import start_worker

    start_worker()


def _prepare(specs: list[dict[str, Any]], options: Options) -> list[str]:
    from runners.engines.task import prepare

    return prepare(specs, options)


def _execute(spec: dict[str, Any], folder: Path, options: Options) -> dict[str, Any]:
    from runners.engines.task import execute, resolve_device

    return execute(spec, folder, replace(options, device=resolve_device(options.device)))
