"""Whatever lies in an image folder: nothing blocks, nothing leaves it, and all of it is named."""

from __future__ import annotations

import os
import re
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runners.datasets.folder import Folder
from runners.datasets.image_files import LeftOut, walk
from runners.errors import DataProblem


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Return a folder of ten images in two folders."""
    for number in range(10):
        file = tmp_path / "images" / "ab"[number % 2] / f"{number}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (8, 8), 10 * number).save(file)
    return tmp_path / "images"


def _refusal(folder: Path) -> str:
    """Return why a folder is refused, the same whether it is loaded or looked at."""
    dataset = Folder(path=str(folder), size=8, channels=1)
    texts = set()
    for read in (dataset.load, dataset.look):
        with pytest.raises(DataProblem) as refused:
            read(Path())
        texts.add(str(refused.value))
    (text,) = texts
    return text


def _socket(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)


def test_what_is_no_regular_file_is_named_and_never_opened(images, monkeypatch) -> None:
    os.mkfifo(images / "a" / "pipe.png")
    _socket(images / "a" / "socket.jpg", monkeypatch)
    (images / "b" / "null.png").symlink_to("/dev/null")
    assert _refusal(images).splitlines() == [
        f"{images}: 3 image files cannot be used; mend or remove them, or leave them out with "
        "skip_unreadable: true",
        "  a/pipe.png: is a FIFO, not a regular file",
        "  a/socket.jpg: is a socket, not a regular file",
        "  b/null.png: is a device, not a regular file",
    ]


def test_links_that_leave_the_folder_or_lead_nowhere_are_named(images, tmp_path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    Image.new("L", (8, 8)).save(outside / "1.png")
    (images / "a" / "out.png").symlink_to(outside / "1.png")
    (images / "a" / "loop.png").symlink_to("loop.png")
    (images / "a" / "gone.png").symlink_to("nothing.png")
    (images / "c").symlink_to(outside)
    (images / "b" / "up").symlink_to("..")
    assert _refusal(images).splitlines()[1:] == [
        "  a/gone.png: cannot be read: No such file or directory",
        "  a/loop.png: cannot be read: Too many levels of symbolic links",
        "  a/out.png: links out of the folder; copy it there",
        "  b/up: is a link to a folder; these are not followed",
        "  c: is a link to a folder; these are not followed",
    ]


def test_a_split_that_links_out_is_refused_even_where_files_are_skipped(images, tmp_path) -> None:
    other = tmp_path / "other"
    (other / "train").mkdir(parents=True)
    (other / "test").symlink_to(images)
    with pytest.raises(DataProblem, match=re.escape(f"{other}/test: links out of {other}")):
        Folder(path=str(other), skip_unreadable=True).load(Path())


def test_links_within_the_folder_and_to_it_are_followed(images, tmp_path) -> None:
    (images / "a" / "again.png").symlink_to("../b/1.png")
    (tmp_path / "name").symlink_to(images)
    loaded = Folder(path=str(tmp_path / "name"), size=8, channels=1).load(Path())
    assert sum(len(loaded.split(name)[0]) for name in ("train", "validation", "test")) == 11
    splits = tmp_path / "splits"
    (splits / "val").mkdir(parents=True)
    (splits / "test").symlink_to("val")
    for place in ("val", "train"):
        shutil.copytree(images, splits / place, dirs_exist_ok=True)
    assert len(Folder(path=str(splits), size=8).load(Path()).test) == 11


def _spoil(folder: Path, count: int) -> None:
    """Add files that only look like images."""
    for number in range(count):
        (folder / f"bad-{number}.png").write_bytes(b"no image")


def test_only_the_first_few_are_named_but_all_are_counted(images) -> None:
    _spoil(images, 8)
    first, *rest = _refusal(images).splitlines()
    assert "8 image files cannot be used" in first
    assert rest == [
        *(f"  bad-{n}.png: cannot be read: it is no image that Pillow knows" for n in range(5)),
        "  and 3 more",
    ]


def test_what_is_skipped_is_told_and_the_rest_is_as_if_it_had_not_been_there(images) -> None:
    whole = Folder(path=str(images), size=8, channels=1).load(Path())
    _spoil(images / "a", 2)
    os.mkfifo(images / "b" / "pipe.png")
    (images / "c").symlink_to(images)
    dataset = Folder(path=str(images), size=8, channels=1, skip_unreadable=True)
    with pytest.warns(LeftOut, match=r"4 image files left out, by skip_unreadable\n  a/bad-0"):
        loaded = dataset.load(Path())
    assert loaded.content_hash == whole.content_hash
    with pytest.warns(LeftOut) as told:
        assert dataset.look(Path()) == len(whole.train)
    assert getattr(told[0].message, "topic", "").startswith(str(images))


def test_a_linked_class_that_is_skipped_is_no_class(images) -> None:
    (images / "c").symlink_to("a")
    dataset = Folder(path=str(images), labelled=True, skip_unreadable=True, validation=0.0)
    with pytest.warns(LeftOut):
        assert set(dataset.load(Path()).train_labels) == {0, 1}


def test_too_few_are_left_once_others_are_skipped(images) -> None:
    for file in sorted(images.rglob("*.png"))[:6]:
        file.write_bytes(b"")
    dataset = Folder(path=str(images), skip_unreadable=True)
    with (
        pytest.warns(LeftOut, match="6 image files"),
        pytest.raises(DataProblem, match=r"holds 4 image files .* at least 5"),
    ):
        dataset.load(Path())


def test_damaged_pixels_are_named_by_a_load(images) -> None:
    draws = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    file = images / "a" / "cut.jpg"
    Image.fromarray(draws).save(file)
    file.write_bytes(file.read_bytes()[:-2000])
    dataset = Folder(path=str(images))
    with pytest.raises(DataProblem, match=r"1 image file cannot.*\n  a/cut.jpg: .*truncated"):
        dataset.load(Path())
    assert dataset.look(Path()) == 8, "its head is sound"


def test_a_name_cannot_write_to_the_terminal(images) -> None:
    (images / "\x1b[2Jred\n.png").write_bytes(b"")
    (Path(os.fsdecode(os.fsencode(images) + b"/\xff.png"))).write_bytes(b"")
    lines = _refusal(images).splitlines()
    assert len(lines) == 3
    assert lines[1].startswith(r"  \x1b[2Jred\n.png: ")
    assert lines[2].startswith(r"  \udcff.png: ")


def test_a_folder_that_is_named_like_an_image_is_a_folder(images) -> None:
    Image.new("L", (8, 8)).save(images / "a" / "0.png")
    (images / "a").rename(images / "a.png")
    assert Folder(path=str(images), size=8).look(Path()) == 7


def test_other_files_are_no_concern(images) -> None:
    os.mkfifo(images / "pipe")
    (images / "README.txt").symlink_to("/dev/zero")
    files, refused = walk(images)
    assert (len(files), refused) == (10, {})


def test_what_may_not_be_read_is_named(images) -> None:
    (images / "a" / "0.png").chmod(0)
    (images / "b").chmod(0)
    if os.access(images / "b", os.R_OK):
        pytest.skip("root reads everything")
    assert _refusal(images).splitlines()[1:] == [
        "  a/0.png: cannot be read: Permission denied",
        "  b: cannot be read: Permission denied",
    ]


def test_what_begins_with_a_dot_is_passed_over(images) -> None:
    dataset = Folder(path=str(images), size=8, channels=1, labelled=True)
    before = dataset.load(Path())
    (images / ".ipynb_checkpoints").mkdir()
    (images / "a" / "._0.png").write_bytes(b"left by a file manager")
    assert (dataset.load(Path()).train == before.train).all()
    assert dataset.look(Path()) == len(before.train)
