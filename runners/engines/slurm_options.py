"""What may be asked of SLURM: times, and options of sbatch from the command line or a file."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from runners.errors import UserProblem

OWN = (
    "--array", "--signal", "--output", "--error", "--open-mode", "--job-name", "--cpus-per-task",
    "--ntasks", "--nodes", "--time", "--requeue", "--no-requeue", "--parsable", "--test-only",
    "--wrap", "--begin", "--hold",
)  # fmt: skip
OWN_SHORT = ("-a", "-o", "-e", "-J", "-c", "-n", "-N", "-t", "-b", "-H")
"""What the engine sets itself."""

TIME = re.compile(r"(?:(?P<days>\d+)-)?(?P<rest>\d+(?::\d+){0,2})")
WARNING = 120  # seconds before its end at which a job begins to leave


def seconds(time: str) -> int:
    """Return a time limit as SLURM reads it: minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S.

    Raises:
        UserProblem: it is none.
    """
    found = TIME.fullmatch(time)
    parts = [int(part) for part in found["rest"].split(":")] if found else []
    if found and found["days"]:
        h, m, s = [*parts, 0, 0][:3]
    elif len(parts) == 3:
        h, m, s = parts
    else:
        h, m, s = 0, *[*parts, 0, 0][:2]
    total = ((int(found["days"] or 0) * 24 + h) * 60 + m) * 60 + s if found else 0
    if total < 60:
        raise UserProblem(f"--time {time}: at least a minute, as 30, 2:00:00 or 1-12 (SLURM's own)")
    return total


def warning(time: str | None) -> int:
    """Return how many seconds before its end a job is told that its time is nearly up."""
    return min(WARNING, seconds(time) // 3) if time else WARNING


def words(given: Sequence[str]) -> list[str]:
    """Return options of sbatch, also those that stand in files.

    Args:
        given: options, or files with ``#SBATCH`` lines.

    Raises:
        UserProblem: one is neither, or the engine sets it itself.
    """
    found = [(text, word) for text in given for word in _words(text)]
    for text, word in found:
        _require_free(text, word)
    return [word for _, word in found]


def partition(options: Sequence[str]) -> str | None:
    """Return the partition that options of sbatch name."""
    for word, after in zip(options, [*options[1:], None], strict=False):
        if word in ("-p", "--partition"):
            return after
        if found := re.match(r"--partition=(.+)|-p(.+)", word):
            return found[1] or found[2]
    return None


def _words(text: str) -> Iterator[str]:
    if text.lstrip().startswith("-"):
        lines = [text]
    elif Path(text).is_file():
        content = Path(text).read_text(encoding="utf-8", errors="replace").splitlines()
        lines = [line.removeprefix("#SBATCH") for line in content if line.startswith("#SBATCH")]
    else:
        raise UserProblem(
            f"--sbatch {text}: neither an option of sbatch, as --partition=gpu, nor a file of "
            "#SBATCH lines"
        )
    for line in lines:
        try:
            yield from shlex.split(line, comments=True)
        except ValueError as error:
            raise UserProblem(f"--sbatch {text}: {error}: {line.strip()}") from error


def _require_free(text: str, word: str) -> None:
    name = word.partition("=")[0]
    long = name.startswith("--") and any(own.startswith(name) for own in OWN)  # abbreviations too
    if long or (not name.startswith("--") and name[:2] in OWN_SHORT):
        raise UserProblem(
            f"--sbatch {text}: {name} is the engine's own; --time, --cpus, --gpus and --workers of "
            "bench run say what a job is given, and when it begins is SLURM's"
        )
