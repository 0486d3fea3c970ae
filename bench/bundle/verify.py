"""`bench verify`: everything of a bundle checked, and a run of it made again."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench.bundle import again, archive, checks, contents
from bench.bundle.checks import CHECKS, Opened
from bench.interrupts import interrupts
from bench.printed import printable
from bench.progress import seen
from runners.errors import StoreProblem, UserProblem
from runners.options import Options
from runners.spec import RunSpec
from runners.store.grid import GridStore
from runners.store.run import RunStore
from runners.store.states import Status

SHA256 = re.compile("(?:sha256:)?[0-9a-fA-F]{64}")
MOST = 20  # lines shown of a check
NONE, ALL = "none", "all"
UNPUBLISHED = (
    "hashes have no key: whoever changes rows can make hashes, tables and bands anew; only a "
    "digest printed where the results are (--digest), and runs made again, show that"
)


@dataclass(frozen=True)
class Asked:
    """What is to be checked beside the bundle itself.

    Args:
        digest: what its hash should be, '' where nobody says.
        run: the id of the run to make again, '' for none in particular.
        rerun: one, none or all runs; '' for the usual, one if it can be made here.
    """

    digest: str = ""
    run: str = ""
    rerun: str = ""


class Findings:
    """What the checks of a bundle found, each printed at once.

    Failed checks are counted, runs made again, and those of them that were compared.
    """

    def __init__(self, console: Console) -> None:
        self.console, self.failed, self.made, self.held = console, 0, 0, 0

    def tell(self, title: str, wrong: list[str], words: str) -> None:
        """Show the outcome of a check: what is wrong, or in words that nothing is."""
        self.failed += bool(wrong)
        self.say(f"{title + ':':<9}{'FAILED' if wrong else words}")
        for line in wrong[:MOST]:
            self.say(f"  {line}")
        if len(wrong) > MOST:
            self.say(f"  and {len(wrong) - MOST} more")

    def say(self, text: str) -> None:
        """Print text that may be a stranger's, of which only the first line looks like one."""
        plain = printable(text).replace("\n", "\n  ")
        self.console.print(plain, markup=False, highlight=False)


def verify(file: Path, asked: Asked, options: Options, console: Console) -> int:
    """Check a bundle, say what was found, and return the exit code: 0, or 1 where a check failed.

    Args:
        file: the bundle.
        asked: what else is to be checked.
        options: how to make runs again; its plugins are loaded only for that.
        console: to print to.

    Raises:
        UserProblem: the file is no bundle, or cannot be checked as asked.
    """
    archive.require_bundle(file)
    _require_sense(asked)
    findings = Findings(console)
    with interrupts(), tempfile.TemporaryDirectory(prefix="bench-verify-") as made:
        _require_room(file, Path(made))
        try:
            opened = _opened(file, Path(made) / "bundle", asked, console)
        except StoreProblem as problem:
            findings.tell("bundle", str(problem).replace(f"{made}/", "").split("\n"), "")
            return 1
        _check(opened, asked, findings)
        skipped = _again(opened, asked, options, Path(made), findings)
        _conclude(opened, skipped, findings)
    return 1 if findings.failed else 0


def _require_sense(asked: Asked) -> None:
    if asked.run and asked.rerun:
        raise UserProblem("--run names the run that is made again, --rerun how many; give one")
    if asked.digest and not SHA256.fullmatch(asked.digest):
        raise UserProblem(f"--digest {asked.digest}: is no SHA-256, which has 64 digits, 0 to f")


def _require_room(file: Path, made: Path) -> None:
    free, needed = shutil.disk_usage(made).free, 2 * file.stat().st_size
    if free < needed:
        raise UserProblem(
            f"{made.parent}: {needed / 1e6:.0f} MB are needed to unpack {file}, {free / 1e6:.0f} "
            "are free; set TMPDIR to a folder with room"
        )


def _opened(file: Path, folder: Path, asked: Asked, console: Console) -> Opened:
    folder.mkdir()
    archive.unpack(file, folder, lambda names: seen(names, "unpacking", console))
    published = asked.digest.removeprefix("sha256:").lower()
    opened = Opened(folder, contents.read(folder), archive.digest_of(file), published)
    if asked.run and asked.run not in contents.ended(opened.said):
        raise UserProblem(
            f"--run {asked.run}: no run of this bundle that ended; these did: "
            f"{', '.join(contents.ended(opened.said))}"
        )
    return opened


def _check(opened: Opened, asked: Asked, findings: Findings) -> None:
    size = sum(known["bytes"] for known in opened.said["files"].values()) / 1e6
    count = f"{len(opened.said['runs'])} runs, {len(opened.said['files'])} files, {size:.1f} MB"
    findings.tell("bundle", [], f"{opened.said['grid']}, {count}, unpacked; nothing of it is run")
    for title, (check, words) in CHECKS.items():
        if title == "digest" and not asked.digest:
            continue
        with findings.console.status(title):
            wrong = checks.tried(check, opened)
        findings.tell(title, wrong, words)
    for line in opened.said["uneven"]:
        findings.say(f"note: {line}, as the bundle itself says")


def _again(
    opened: Opened, asked: Asked, options: Options, made: Path, findings: Findings
) -> list[str]:
    """Make the runs again that are asked for, and return a line for all that were not.

    Raises:
        UserProblem: none could be, and that was asked for.
    """
    if findings.failed:
        return ["no run was made again, as checks before that failed"]
    if asked.rerun == NONE:
        return []
    _load(options.plugins)
    skipped, ended, out = [], {}, GridStore(made / "again")
    specs = [s for run_id in _wanted(opened, asked) if (s := _spec(opened, run_id, skipped))]
    if specs:
        findings.say(_announced(opened, [spec.run_id for spec in specs], asked))
        options = again.like(options, [opened.grid.run(spec.run_id) for spec in specs])
        try:
            ended = again.made(specs, out, options, findings.console)
        except UserProblem as problem:
            skipped.append(f"not made again: {problem}")
    if not ended and (asked.run or asked.rerun):
        raise UserProblem("\n".join(skipped) or "no run of this bundle ended: none to make again")
    for run_id, status in ended.items():
        _compare(opened, out.run(run_id), status, findings)
    return skipped


def _spec(opened: Opened, run_id: str, skipped: list[str]) -> RunSpec | None:
    """Return what a run was asked for; None, and why, where it cannot be made here."""
    try:
        return again.spec_of(opened.grid.run(run_id))
    except UserProblem as problem:
        skipped.append(f"not made again: {problem}")
        return None


def _compare(opened: Opened, made: RunStore, ended: Status, findings: Findings) -> None:
    bundled = opened.grid.run(made.run_id)
    try:
        found = again.compared(bundled, made, ended, checks.stored_bands(opened))
    except checks.FOREIGN as error:
        found = again.Outcome("", [f"{made.run_id}: {checks.foreign(error)}"])
    findings.made += 1
    findings.held += found.held
    findings.tell("again", found.wrong, f"{made.run_id}: {found.words}")


def _wanted(opened: Opened, asked: Asked) -> list[str]:
    ended = contents.ended(opened.said)
    if asked.run:
        return [asked.run]
    return ended if asked.rerun == ALL or not ended else [again.sampled(ended, opened.digest)]


def _announced(opened: Opened, wanted: list[str], asked: Asked) -> str:
    times = (opened.grid.run(run_id).status().seconds or 0 for run_id in wanted)
    seconds = sum(max(0, min(one, 1e9)) for one in times)  # whatever a stranger wrote
    which = wanted[0] if len(wanted) == 1 else f"{len(wanted)} runs"
    why = "" if asked.run or asked.rerun == ALL else ", chosen by the bundle's hash"
    return f"making again: {which}{why}; training took {seconds:.0f} s where it was bundled"


def _load(files: Iterable[Path]) -> None:
    from runners import plugins

    plugins.load_all(tuple(files))


def _conclude(opened: Opened, skipped: list[str], findings: Findings) -> None:
    for line in skipped:
        findings.say(f"note: {line}")
    if findings.failed:
        count = f"{findings.failed} check{'s' if findings.failed > 1 else ''} failed"
        findings.say(f"NOT verified: {count}; digest {opened.digest}")
        return
    if not opened.published:
        findings.say(f"note: {UNPUBLISHED}")
    findings.say(f"verified{_but(skipped, findings)}; digest {opened.digest}")


def _but(skipped: list[str], findings: Findings) -> str:
    """Return what is left open where no check failed."""
    if not findings.made:
        return ", but no run was made again, so nothing shows that runs give these rows"
    if not findings.held:
        return ", but no run made again was compared, so nothing shows that runs give these rows"
    return ", but for what the notes say" if skipped else ""
