"""A report's folder: what is replaced, what is kept, and what if nothing can be written."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.folder import ABANDONED, MANIFEST, NEW, ReportFolder
from runners.errors import UserProblem

OLD = {"figures/01-a.svg": b"old", "figures/02-b.svg": b"old", "index.html": b"old"}
FRESH = {"figures/01-a.svg": b"new", "summary.md": b"new", "index.html": b"new"}


def write(folder: Path, files: dict[str, bytes], given: bool = False) -> None:
    place = ReportFolder(folder, given)
    place.prepare()
    place.replace(files)


def content(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    found = {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
    found.pop(MANIFEST, None)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "report", OLD)
    return tmp_path / "report"


def test_a_new_report_takes_the_place_of_the_old_one(folder):
    write(folder, FRESH)
    assert content(folder) == FRESH


def test_files_that_are_kept_stay_and_stay_known(folder):
    write(folder, OLD | {"pages/a.html": b"a", "pages/b.html": b"b"})
    place = ReportFolder(folder, given=False)
    assert place.unchanged_in("pages") == {"pages/a.html", "pages/b.html"}
    (folder / "pages/b.html").write_bytes(b"edited")
    assert place.unchanged_in("pages") == {"pages/a.html"}
    place.replace(FRESH, kept=["pages/a.html"])
    assert content(folder) == FRESH | {"pages/a.html": b"a", "pages/b.html": b"edited"}
    write(folder, FRESH)
    assert content(folder) == FRESH | {"pages/b.html": b"edited"}


def test_a_report_that_was_overtaken_by_another_says_so(folder):
    with pytest.raises(UserProblem, match=r"pages/a.html: another report was written here"):
        ReportFolder(folder, given=False).replace(FRESH, kept=["pages/a.html"])
    assert content(folder) == OLD


def test_what_no_report_wrote_stays(folder):
    (folder / "notes.txt").write_bytes(b"mine")
    (folder / "figures" / "99-mine.svg").write_bytes(b"mine")
    (folder / "figures" / "02-b.svg").write_bytes(b"edited by hand")
    write(folder, FRESH)
    mine = {"notes.txt", "figures/99-mine.svg", "figures/02-b.svg"}
    assert content(folder).keys() == FRESH.keys() | mine


def test_a_list_of_files_that_leads_out_removes_nothing(folder, tmp_path):
    (tmp_path / "precious").write_bytes(b"old")
    written = json.loads((folder / MANIFEST).read_text())
    names = ("../precious", str(tmp_path / "precious"), "figures/../../precious")
    known = dict.fromkeys(names, written["index.html"])
    (folder / MANIFEST).write_text(json.dumps(known))
    write(folder, FRESH)
    assert (tmp_path / "precious").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["", "figures", "pages"])
def test_a_link_is_refused_and_nothing_behind_it_is_touched(folder, tmp_path, name):
    elsewhere, link = tmp_path / "elsewhere", folder / name
    link.mkdir(exist_ok=True)
    link.rename(elsewhere)
    link.symlink_to(elsewhere)
    before = content(elsewhere)
    with pytest.raises(UserProblem, match="is a link"):
        write(folder, FRESH)
    assert content(elsewhere) == before


def test_a_file_of_the_user_s_is_not_overwritten_in_a_folder_that_was_named(tmp_path):
    (tmp_path / "index.html").write_bytes(b"mine")
    with pytest.raises(UserProblem, match=r"index.html: is there and no report wrote it"):
        write(tmp_path, FRESH, given=True)
    assert content(tmp_path) == {"index.html": b"mine"}
    (tmp_path / "index.html").unlink()
    for _ in range(2):
        write(tmp_path, FRESH, given=True)
    assert content(tmp_path) == FRESH


def test_what_a_killed_report_left_goes_once_it_is_old(folder):
    for name, age in ((f"{NEW}young", 0), (f"{NEW}old", ABANDONED + 60)):
        (folder / name).mkdir()
        then = (folder / name).stat().st_mtime - age
        os.utime(folder / name, (then, then))
    write(folder, FRESH)
    assert [new.name for new in folder.glob(f"{NEW}*")] == [f"{NEW}young"]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 100 KiB."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting needs root")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_on_a_full_disk_the_old_report_stays_whole_and_the_path_is_named(small):
    write(small / "report", OLD)
    with pytest.raises(OSError, match="No space left on device") as problem:
        write(small / "report", FRESH | {"figures/03-c.png": bytes(200_000)})
    assert "03-c.png" in problem.value.filename
    assert content(small / "report") == OLD


def test_a_disk_that_cannot_be_written_is_said_before_anything_is_drawn(small):
    write(small / "report", OLD)
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    with pytest.raises(UserProblem, match=r"Read-only file system; .*--out DIR"):
        ReportFolder(small / "report", given=False).prepare()


def test_a_folder_in_the_way_is_said_and_the_old_report_stays(folder):
    (folder / "summary.md").mkdir()
    with pytest.raises(UserProblem, match="is a folder where the report has a file"):
        write(folder, FRESH)
    assert content(folder) == OLD


def test_a_link_that_the_user_named_is_followed(tmp_path):
    (tmp_path / "page").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "page", FRESH, given=True)
    assert content(tmp_path / "elsewhere") == FRESH


def test_a_report_that_was_cut_off_is_known_to_the_next(tmp_path, monkeypatch):
    write(tmp_path, OLD, given=True)
    moved = Path.replace

    def cut_off(file: Path, target: Path) -> Path:
        if target.name == "index.html":
            raise KeyboardInterrupt
        return moved(file, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            write(tmp_path, FRESH, given=True)
    write(tmp_path, OLD, given=True)
    assert content(tmp_path) == OLD


def test_no_empty_folder_is_left(folder):
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"figures"}
    write(folder, {"index.html": b"alone"})
    assert not [path for path in folder.iterdir() if path.is_dir()]
