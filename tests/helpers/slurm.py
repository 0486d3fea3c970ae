"""A SLURM cluster of one node on this machine: its own folder, ports and processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

HANG = 300.0  # seconds after which something hangs, however slow the machine
LACKING = [name for name in ("sbatch", "slurmctld", "slurmd", "munged") if not shutil.which(name)]
LACKING += [] if os.geteuid() == 0 else ["root"]
REASON = f"needs {', '.join(LACKING)}: apt-get install slurm-wlm munge"
CONF = """
ClusterName=ci
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=1,bf_interval=1
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
ReturnToService=2
JobRequeue=1
EnforcePartLimits=ALL
SlurmdTimeout=10
KillWait=10
MinJobAge=300
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=2000
PartitionName=ci Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class Cluster:
    """Daemons that run.

    Args:
        folder: of everything that is theirs; short, as a socket lies in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.conf = folder, folder / "slurm.conf"
        self.host = socket.gethostname().partition(".")[0]
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        for name in ("state", "spool"):
            (folder / name).mkdir()
        text = CONF.format(folder=folder, host=self.host, ports=_ports(2))
        self.conf.write_text(text.strip() + "\n")

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs to speak to it."""
        return {"SLURM_CONF": str(self.conf)}

    def start(self) -> None:
        """Start all daemons, and return when the node takes jobs."""
        self.munge()
        self._daemon("slurmctld", "slurmctld", "-D", "-c")
        self.slurmd()
        until(lambda: self.call("sinfo", "-h", "-o", "%T").split() == ["idle"])

    def munge(self) -> None:
        """Start munged with a key of its own."""
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        files = ("socket=munge.sock", "pid-file=munge.pid", "log-file=munge.log")
        files += ("seed-file=munge.seed", "key-file=munge.key")
        paths = ["--" + file.replace("=", f"={self.folder}/") for file in files]
        self._daemon("munged", "munged", "--foreground", "--force", "--num-threads=1", *paths)
        until((self.folder / "munge.sock").exists)

    def slurmd(self) -> None:
        """Start slurmd, again if it was lost."""
        self._daemon("slurmd", "slurmd", "-D")

    def lose_slurmd(self) -> None:
        """Kill slurmd; what it started lives on."""
        daemon = self.daemons.pop("slurmd")
        daemon.kill()
        daemon.wait()

    def call(self, *command: str) -> str:
        """Return what a program of SLURM prints."""
        environ = os.environ | self.environ
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, check=False
        ).stdout

    def scontrol(self, *words: str) -> str:
        """Return what scontrol prints."""
        return self.call("scontrol", *words)

    def tasks(self, state: str = "RUNNING") -> list[str]:
        """Return the tasks in a state, as 12_0."""
        return self.call("squeue", "-h", "-r", "-t", state, "-o", "%i").split()

    def stop(self) -> None:
        """Cancel all jobs and end the daemons."""
        self.call("scancel", "--user=root")
        with contextlib.suppress(AssertionError):
            until(lambda: not self.call("squeue", "-h").split(), 30)
        for daemon in reversed(self.daemons.values()):
            daemon.send_signal(signal.SIGCONT)
            daemon.kill()
            daemon.wait()

    def _daemon(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            self.daemons[name] = subprocess.Popen(
                command, env=os.environ | self.environ, stdout=output, stderr=output
            )


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """Give a cluster that has started, known to this process and those it starts."""
    made, before = Cluster(folder), os.environ.get("SLURM_CONF")
    os.environ.update(made.environ)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        os.environ.pop("SLURM_CONF")
        os.environ.update({} if before is None else {"SLURM_CONF": before})


def until(look: object, limit: float = HANG) -> None:
    """Wait until something is true."""
    end = time.monotonic() + limit
    while not look():  # pyright: ignore
        assert time.monotonic() < end, "it hangs"
        time.sleep(0.1)


def _ports(count: int) -> Sequence[int]:
    with contextlib.ExitStack() as sockets:
        opened = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in opened:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in opened]
