"""The file of a bundle: the same bytes of the same content, and nothing else is ever unpacked."""

from __future__ import annotations

import shutil
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from bench.bundle import archive
from bench.bundle.archive import Unsound
from runners.errors import StoreProblem, UserProblem

FILES = {
    "bundle.json": b"{}\n",
    "grid.json": b'{"name": "g"}\n',
    "runs/digits-none-s0-0123456789/scores.jsonl": b'{"step": 0}\n',
    "runs/digits-none-s0-0123456789/samples/step-00000000.png": b"\x89PNG",
}


def written(folder: Path, name: str = "x.zip") -> Path:
    for file, content in FILES.items():
        (folder / "made" / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / "made" / file).write_bytes(content)
    archive.write(folder / name, folder / "made", FILES)
    return folder / name


def unpacked(file: Path, folder: Path) -> dict[str, bytes]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive.require_bundle(file)
    archive.unpack(file, folder, lambda names: names)
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def plain(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o100644 << 16
    return entry


def added(file: Path, entry: zipfile.ZipInfo | str, content: bytes = b"x") -> Path:
    with zipfile.ZipFile(file, "a") as opened:
        opened.writestr(entry, content)
    return file


def test_what_is_written_is_unpacked(tmp_path) -> None:
    assert unpacked(written(tmp_path), tmp_path / "new") == FILES


def test_the_same_files_give_the_same_bytes_whenever_they_were_made(tmp_path) -> None:
    first = written(tmp_path).read_bytes()
    for path in (tmp_path / "made").rglob("*"):
        path.touch()
        path.chmod(0o700)
    archive.write(tmp_path / "y.zip", tmp_path / "made", FILES)
    assert (tmp_path / "y.zip").read_bytes() == first


def test_a_flipped_byte_is_noticed_wherever_it_is(tmp_path) -> None:
    content = written(tmp_path).read_bytes()
    file = tmp_path / "flipped.zip"
    for place in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[place] ^= 1 << place % 8
        file.write_bytes(flipped)
        with pytest.raises(Unsound):
            unpacked(file, tmp_path / "new")


@pytest.mark.parametrize("cut", [1, 30, 200])
def test_what_is_cut_off_or_longer_is_damaged(tmp_path, cut) -> None:
    content = written(tmp_path).read_bytes()
    for changed in (content[:-cut], content + bytes(cut)):
        (tmp_path / "x.zip").write_bytes(changed)
        with pytest.raises(Unsound, match=r"x\.zip"):
            unpacked(tmp_path / "x.zip", tmp_path / "new")


def test_a_damaged_file_is_named(tmp_path) -> None:
    content = written(tmp_path).read_bytes()
    (tmp_path / "x.zip").write_bytes(content.replace(b'{"step": 0}', b'{"step": 1}'))
    with pytest.raises(Unsound, match=r"^runs/digits-none-s0-0123456789/scores\.jsonl: damaged"):
        unpacked(tmp_path / "x.zip", tmp_path / "new")


@pytest.mark.parametrize(
    "name",
    ["../evil", "ROOT/evil", "runs/../../evil", "runs/a/../evil", "report/.hidden", "C:evil",
     "report/a\\..\\evil", "report/" + "n" * 300, "report/a/b/c", "runs/r/checkpoint\n.pt",
     "other.py", "report/"],
)  # fmt: skip
def test_names_that_no_bundle_has_are_refused_before_anything_is_unpacked(tmp_path, name) -> None:
    file = added(written(tmp_path), name.replace("ROOT", str(tmp_path)))
    with pytest.raises(Unsound, match="no file of a bundle has such a name"):
        unpacked(file, tmp_path / "deep/new")
    assert not list((tmp_path / "deep/new").iterdir())
    assert not list(tmp_path.rglob("*evil*"))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ["grid.json", "runs/DIGITS-none-s0-0123456789/scores.jsonl"])
def test_a_name_twice_is_refused(tmp_path, name) -> None:
    with pytest.raises(Unsound, match="is there 2 times"):
        unpacked(added(written(tmp_path), name), tmp_path / "new")


@pytest.mark.parametrize(
    ("file", "below"),
    [("report/a", "report/a/b"), ("report/A", "report/a/b"), ("runs/r/a", "runs/r/a/b")],
)
def test_a_file_that_is_a_folder_too_is_refused(tmp_path, file, below) -> None:
    for name in (file, below):
        added(written(tmp_path) if name == file else tmp_path / "x.zip", plain(name))
    with pytest.raises(Unsound, match=rf"  '{file}': is a file and a folder$"):
        unpacked(tmp_path / "x.zip", tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


@pytest.mark.parametrize("place", [2**64 - 1, 2**63 - 1, 2**40])
def test_a_file_that_is_said_to_be_far_off_is_damaged(tmp_path, place) -> None:
    file = written(tmp_path)
    content = file.read_bytes()
    last, end = content.rindex(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    far = struct.pack("<HHQ", 1, 8, place)
    entry, tail = bytearray(content[last:end] + far), bytearray(content[end:])
    entry[30:32], entry[42:46] = struct.pack("<H", len(far)), b"\xff" * 4
    size = struct.unpack("<L", tail[12:16])[0] + len(far)
    tail[12:16] = struct.pack("<L", size)
    file.write_bytes(content[:last] + bytes(entry) + bytes(tail))
    with pytest.raises(Unsound, match="damaged"):
        unpacked(file, tmp_path / "new")


def test_links_programs_and_compressed_files_are_refused(tmp_path) -> None:
    link = zipfile.ZipInfo("report/link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(Unsound, match="marked as a link"):
        unpacked(added(written(tmp_path), link, b"/etc/passwd"), tmp_path / "new")
    packed = plain("report/bomb")
    packed.compress_type = zipfile.ZIP_DEFLATED
    with pytest.raises(Unsound, match="is compressed"):
        unpacked(added(written(tmp_path), packed, bytes(10_000_000)), tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


def test_files_larger_than_the_bundle_are_refused(tmp_path) -> None:
    content = bytearray(written(tmp_path).read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 20 : directory + 28] = struct.pack("<LL", 2**31, 2**31)
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(Unsound, match="more than its own"):
        unpacked(tmp_path / "x.zip", tmp_path / "new")


def test_what_is_no_bundle_is_said_to_be_none(tmp_path) -> None:
    (tmp_path / "text").write_text("bench")
    (tmp_path / "empty").touch()
    added(tmp_path / "other.zip", "readme.txt")
    for name, words in {
        "text": "is no bundle", "empty": "is no bundle", "gone": "there is no such file",
        ".": "is no file", "other.zip": "is a zip file but no bundle",
    }.items():  # fmt: skip
        with pytest.raises(UserProblem, match=words) as problem:
            archive.require_bundle(tmp_path / name)
        assert not isinstance(problem.value, Unsound)


def test_nothing_is_left_of_a_bundle_that_could_not_be_written(tmp_path) -> None:
    written(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"z\.zip"):
        archive.write(tmp_path / "z.zip", tmp_path / "made", [*FILES, "bands.json"])
    with pytest.raises(
        StoreProblem, match=r"^\.\./x\.zip: no file of a bundle may have such a name"
    ):
        archive.write(tmp_path / "z.zip", tmp_path / "made", [*FILES, "../x.zip"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "x.zip"]
