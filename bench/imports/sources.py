"""The files of a source, none of which is passed over without a word."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from bench.imports.found import Say
from runners.datasets.image_files import shown
from runners.errors import UserProblem
from runners.files import irregular


def files(source: Path, say: Say) -> list[Path]:
    """Return the files of a source in order: itself, or all below a folder.

    Names that begin with a dot are passed over, as notebooks and file managers leave them.

    Args:
        source: a file or folder.
        say: is told of folders outside that links lead to, which are not followed.

    Raises:
        UserProblem: there is nothing of this name, or a folder cannot be read.
    """
    if not source.exists():
        raise UserProblem(f"{source}: there is nothing of this name")
    if not source.is_dir():
        return [source]
    found, root = list[Path](), source.resolve()
    for place, folders, names in os.walk(source, onerror=_refuse):
        folders[:] = shown(folders)
        found += [Path(place, name) for name in shown(names)]
        for link in (Path(place, name) for name in folders):
            if link.is_symlink() and not link.resolve().is_relative_to(root):
                say(f"{link}: links out of {source} and is not followed; name what it leads to")
    return sorted(found)


def _refuse(error: OSError) -> None:
    raise UserProblem(f"{error.filename}: cannot be read: {error.strerror}") from error


def require_regular(files: Sequence[Path]) -> None:
    """Refuse what may block whoever opens it, or has a name that cannot be printed.

    Raises:
        UserProblem: which file, and what it is.
    """
    for file in files:
        try:
            str(file).encode()
            kind = irregular(file)
        except UnicodeEncodeError as error:
            raise UserProblem(f"{str(file)!a}: its name is no UTF-8; rename it") from error
        except OSError as error:
            raise UserProblem(f"{file}: cannot be read: {error.strerror}") from error
        if kind:
            raise UserProblem(f"{file}: is {kind}, not a regular file")
