"""Whether another machine sees a folder: it looks for a file that was just made there."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Probe:
    """A file that nobody can guess.

    Args:
        file: its path.
        content: what it holds.
    """

    file: Path
    content: str

    def seen(self) -> bool:
        """Whether this process sees the file as it was made."""
        try:
            return self.file.read_text(encoding="ascii") == self.content
        except (OSError, ValueError):
            return False

    def remove(self) -> None:
        """Take the file away."""
        self.file.unlink(missing_ok=True)


def probe(folder: Path) -> Probe:
    """Make a probe in a folder, and the folder where there is none.

    Raises:
        OSError: nothing can be written there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Probe(folder.absolute() / f".probe-{secrets.token_hex(8)}", secrets.token_hex(16))
    made.file.write_text(made.content, encoding="ascii")
    return made
