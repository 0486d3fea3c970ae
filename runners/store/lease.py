"""Who may write in a run's folder: leases with numbers, each given once.

``leases/<run_id>/<number>`` is made by whoever takes the run; the highest number has it. A holder
touches its file every few seconds. It is known to be dead, and the run free at once, where the
kernel of this machine says so by the lock on that file. Of another machine, or of a process that
is stopped, others see only that the file's time does not change: after :func:`lapse` seconds of
their own clock they may take the run over, so clocks need not agree. A holder that wakes up after
that finds a higher number, and what it still writes goes to a folder that nobody reads (see
runners/store/place.py).

Reference: Gray & Cheriton 1989, leases; the numbers are fencing tokens (Kleppmann 2016).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path

from runners.files import require_own

LAPSE, BEATS = 60.0, 12
"""Seconds without a sign of life after which a run may be taken over, and signs in that time."""

LEAST, MOST = 0.1, 86_400.0


class Held(Exception):
    """Another process has the run."""


class LeaseLost(Held):
    """The run was given to another while this process was stopped or cut off."""


@dataclass(frozen=True)
class Holder:
    """Who has a run, or had it last.

    Args:
        number: of the lease, 0 where nobody ever had the run.
        owner: the command it works for.
        host, pid: where it is.
        boot: tells machines apart, and a machine from itself after a restart.
        free: whether it let the run go.
        sign: changes with every sign of life.
    """

    number: int = 0
    owner: str = ""
    host: str = ""
    pid: int = 0
    boot: str = ""
    free: bool = True
    sign: int = 0

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host or 'an unknown machine'}"


@dataclass(frozen=True)
class Claim:
    """What lets a process take a run that another has.

    Args:
        owner: the command it works for, which may take a run from itself: it knows which attempt
            it gave up.
        lapsed: number of a lease without a sign of life for :func:`lapse` seconds.
    """

    owner: str = ""
    lapsed: int = 0

    def beats(self, holder: Holder) -> bool:
        """Whether the holder may be taken for gone."""
        return holder.number == self.lapsed or bool(self.owner and holder.owner == self.owner)


NO_CLAIM = Claim()


def lapse() -> float:
    """Return the seconds without a sign of life after which a run may be taken over.

    BENCH_LEASE wins; it must be the same for all that use a folder.
    """
    try:
        return min(max(LEAST, float(os.environ.get("BENCH_LEASE", LAPSE))), MOST)
    except ValueError:
        return LAPSE


@cache
def boot() -> str:
    """Return what is the same for all processes of one machine until it is started anew."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return platform.node()


def holder(folder: Path) -> Holder:
    """Return who has a run, or had it last.

    Args:
        folder: of the run's leases.

    Raises:
        StoreProblem: the folder or the lease is a link, pipe or device.
    """
    number = max(_numbers(folder), default=0)
    return _read(folder / str(number), number) if number else Holder()


def alive(folder: Path, known: Holder) -> bool | None:
    """Say whether the holder of a run lives, None where only its signs of life can tell.

    Args:
        folder: of the run's leases.
        known: of :func:`holder`.
    """
    if known.free or known.boot != boot():
        return False if known.free else None
    try:
        descriptor = os.open(folder / str(known.number), os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


class Lease:
    """The right to write in a run's folder; a context that lets it go.

    Args:
        folder: of the run's leases.
        claim: on a run that another has.

    Raises:
        Held: another process has the run.
        StoreProblem: the folder is a link, pipe or device.
    """

    def __init__(self, folder: Path, claim: Claim = NO_CLAIM) -> None:
        require_own(folder.parent)
        require_own(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, before = folder, holder(folder)
        with _looked_at(folder / str(before.number), before) as dead:
            if not (before.free or dead or claim.beats(before)):
                raise Held(f"{before} is at this run")
            self.number = before.number + 1
            self.file, self.next = (str(folder / str(self.number + n)) for n in (0, 1))
            me = Holder(self.number, claim.owner, platform.node(), os.getpid(), boot(), False)
            self._take(me)
        older = [number for number in _numbers(folder) if number < before.number]
        self.after_sleeper = bool(older) or not (before.free or dead)
        """Whether one before may still wake up, in the run's folder as it is now."""
        _beating.add(self)

    def settle(self) -> None:
        """Say that no earlier holder can write where the run is any more."""
        for number in _numbers(self.folder):
            if number < self.number:
                (self.folder / str(number)).unlink(missing_ok=True)

    def _take(self, me: Holder) -> None:
        try:
            self.descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            raise Held("another process was faster") from None
        with contextlib.suppress(OSError):  # a file system without locks: time alone tells
            fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        self.me = me
        self._write(me)  # others read nothing before the lock is there
        if max(_numbers(self.folder)) != self.number:  # others have had it and let it go since
            os.unlink(self.file)  # noqa: PTH108
            os.close(self.descriptor)
            raise Held("another process was faster")

    def _write(self, me: Holder) -> None:
        os.pwrite(self.descriptor, json.dumps(asdict(me)).ljust(400).encode(), 0)

    def beat(self) -> None:
        """Give a sign of life."""
        with contextlib.suppress(OSError):
            os.utime(self.descriptor)

    def lost(self) -> bool:
        """Whether the run was given to another."""
        gone = not os.path.exists(self.file)  # noqa: PTH110 - asked at every step
        return gone or os.path.exists(self.next)  # noqa: PTH110

    def require(self) -> None:
        """Refuse to go on with a run that was given to another.

        Raises:
            LeaseLost: it was.
        """
        if self.lost():
            raise LeaseLost("the run was given to another process while this one was stopped")

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *error: object) -> None:
        _beating.remove(self)
        with contextlib.suppress(OSError):  # on a network, of a lease that another has removed
            self._write(replace(self.me, free=True))
        with contextlib.suppress(OSError):
            os.close(self.descriptor)


def _numbers(folder: Path) -> list[int]:
    try:
        return [int(file.name) for file in folder.iterdir() if file.name.isdecimal()]
    except FileNotFoundError:
        return []


def _read(file: Path, number: int) -> Holder:
    require_own(file)
    try:
        with file.open("rb") as opened:  # opening asks a network file system for what is new
            sign, content = os.fstat(opened.fileno()).st_mtime_ns, opened.read()
    except FileNotFoundError:  # a newer one has just taken its place
        return Holder(number, free=False)
    try:
        known = json.loads(content)
        return Holder(**known | {"number": number, "sign": sign})
    except (ValueError, TypeError):  # being written, or cut off by a loss of power
        return Holder(number, free=False, sign=sign)


@contextlib.contextmanager
def _looked_at(file: Path, known: Holder) -> Iterator[bool]:
    """Give whether the kernel says that a holder of this machine is dead, and keep it so."""
    if known.free or known.boot != boot():
        yield False
        return
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        yield False
        return
    try:
        yield _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class _Beating:
    """Touches the leases that this process has, from a thread that lasts as long as it."""

    def __init__(self) -> None:
        self.leases: set[Lease] = set()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def add(self, lease: Lease) -> None:
        with self.lock:
            self.leases.add(lease)
            if self.thread is None:
                self.thread = threading.Thread(target=self._beat, daemon=True)
                self.thread.start()

    def remove(self, lease: Lease) -> None:
        with self.lock:
            self.leases.discard(lease)

    def _beat(self) -> None:
        while True:
            time.sleep(lapse() / BEATS)
            with self.lock:
                for lease in self.leases:
                    lease.beat()


_beating = _Beating()
