"""A report's folder: new files are written beside the old ones, then swapped.

Only what a report wrote is ever removed: ``files.json`` lists it, each file with its hash.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from runners.errors import StoreProblem, UserProblem
from runners.files import digest, read_bytes, read_json, require_own, write_bytes, write_json

MANIFEST, FIGURES, PAGES, TABLES = "files.json", "figures", "pages", "tables"
BELOW = (FIGURES, PAGES, TABLES)
"""The folders in it: of figures, of the pages of runs, and of tables."""
NEW = ".new-"
ABANDONED = 3600  # seconds; a folder of new files this old is of a report that was killed
OWN_NAME = re.compile(rf"(({'|'.join(BELOW)})/)?[A-Za-z0-9_=-][A-Za-z0-9_.=-]*")


class ReportFolder:
    """Where a report is written.

    Args:
        folder: it; made if it is not there.
        given: whether the user named it, so that files may lie there that no report wrote.
    """

    def __init__(self, folder: Path, given: bool) -> None:
        self.folder, self.given = folder.resolve() if given else folder, given

    def prepare(self) -> None:
        """Refuse a folder that cannot be written, before anything is drawn.

        Raises:
            UserProblem: it is a link, no folder, or not writable.
        """
        try:
            for folder in (self.folder, *(self.folder / name for name in BELOW)):
                require_own(folder)
                folder.mkdir(parents=True, exist_ok=True)
            self._remove_abandoned()
            tempfile.TemporaryDirectory(prefix=NEW, dir=self.folder).cleanup()
        except OSError as error:
            raise UserProblem(
                f"{error.filename or self.folder}: {error.strerror}; "
                "`bench report RESULTS --out DIR` writes the report elsewhere"
            ) from error

    def replace(self, files: Mapping[str, bytes], kept: Collection[str] = ()) -> None:
        """Put new files in the place of those of the report before, once all of them are written.

        Args:
            files: content by name, at most one folder deep, the page last.
            kept: names of files of the report before that stay as they are.

        Raises:
            UserProblem: a folder, or a file that no report wrote, is in the way.
            OSError: the disk is full, or its permissions changed; the report before is untouched.
        """
        before = self._written()
        self._refuse_others(files, before)
        if gone := [name for name in kept if name not in before]:
            raise UserProblem(
                f"{self.folder / gone[0]}: another report was written here meanwhile; "
                "the same command writes this one"
            )
        hashes = {name: before[name] for name in kept}
        hashes |= {name: digest(data) for name, data in files.items()}
        new = Path(tempfile.mkdtemp(prefix=NEW, dir=self.folder))
        try:
            for name in BELOW:
                (new / name).mkdir()
                (self.folder / name).mkdir(exist_ok=True)
            for name, data in files.items():
                write_bytes(new / name, data)
            write_json(self.folder / MANIFEST, before | hashes)  # also where this is cut off
            for name in files:
                (new / name).replace(self.folder / name)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        for name in before.keys() - hashes.keys():
            if self._is_own(name, before[name]):
                (self.folder / name).unlink()
        write_json(self.folder / MANIFEST, dict(sorted(hashes.items())))
        for name in BELOW:
            with contextlib.suppress(OSError):  # it is in use, or gone
                (self.folder / name).rmdir()

    def unchanged(self, name: str) -> bytes | None:
        """Return a file of the report before as it was written, None if there is no such file."""
        known = self._written().get(name)
        if known is None or not self._is_own(name, known):
            return None
        return read_bytes(self.folder / name)

    def unchanged_in(self, below: str = "") -> frozenset[str]:
        """Return the names of those of its files, or of a folder's, that are still as written."""
        start = f"{below}/" if below else ""
        mine = ((name, then) for name, then in self._written().items() if name.startswith(start))
        return frozenset(name for name, then in mine if self._is_own(name, then))

    def _written(self) -> dict[str, str]:
        """Return the hash of each file that the report before wrote; names that lead out go."""
        try:
            stored = read_json(self.folder / MANIFEST)
        except StoreProblem:
            return {}
        return {name: str(known) for name, known in stored.items() if OWN_NAME.fullmatch(name)}

    def _is_own(self, name: str, known: str) -> bool:
        """Whether a file is still as a report wrote it."""
        file = self.folder / name
        return file.is_file() and not file.is_symlink() and digest(read_bytes(file)) == known

    def _refuse_others(self, files: Mapping[str, bytes], before: Mapping[str, str]) -> None:
        for name in files:
            if (self.folder / name).is_dir():
                raise UserProblem(f"{self.folder / name}: is a folder where the report has a file")
        strangers = [name for name in files if (self.folder / name).exists() and name not in before]
        if self.given and strangers:
            raise UserProblem(
                f"{self.folder / strangers[0]}: is there and no report wrote it; choose another "
                "--out"
            )

    def _remove_abandoned(self) -> None:
        for new in self.folder.glob(f"{NEW}*"):
            if not new.is_symlink() and time.time() - new.lstat().st_mtime > ABANDONED:
                shutil.rmtree(new, ignore_errors=True)
