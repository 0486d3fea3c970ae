"""`bench init`: a grid file with a comment on every key, to begin from."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from bench.grid.reader import NAME, NAME_IN_WORDS
from runners.errors import UserProblem

TEMPLATE = Path(__file__).parent / "template.yaml"


def write_grid(path: Path) -> str:
    """Write the commented grid file and return what to do next; no file is overwritten.

    Raises:
        UserProblem: there is such a file already, or its name cannot be a grid's.
    """
    if not re.fullmatch(NAME, path.stem):
        raise UserProblem(f"{path}: names a grid {path.stem!r}; expected {NAME_IN_WORDS}")
    if not path.parent.is_dir():
        raise UserProblem(f"{path}: no folder {path.parent}; make it first")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(TEMPLATE.read_text(encoding="utf-8"))
    except FileExistsError:
        raise UserProblem(f"{path}: exists, and is left as it is; choose another name") from None
    return f"{path}: written; next: bench run --grid {shlex.quote(str(path))} --dry-run"
