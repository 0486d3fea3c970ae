"""Any folder of images: splits, classes, sizes and what is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runners.datasets.folder import Folder
from runners.errors import DataProblem


def _image(file: Path, size: tuple[int, int] = (32, 32), shade: int = 100) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (shade, 0, 255)).save(file)
    return file


def _load(folder: Path, **fields):
    return Folder(path=str(folder), **fields).load(Path())


def test_train_and_test_folders_are_the_splits(tmp_path) -> None:
    for split, count in (("train", 3), ("test", 2)):
        for number in range(count):
            _image(tmp_path / split / "cat" / f"{number}.png")
            _image(tmp_path / split / "dog" / f"{number}.jpg")
    images = _load(tmp_path, labelled=True)
    assert images.train_labels.tolist() in ([0, 0, 1, 1, 1], [0, 0, 0, 1, 1])
    assert len(images.validation) == 1
    assert len(images.test) == 4


def _shades(images: np.ndarray) -> list[int]:
    return images[:, 0, 0, 0].tolist()


def test_what_has_no_folder_is_taken_from_train(tmp_path) -> None:
    shades = {"train": range(10), "validation": (50, 51), "test": (60,)}
    for split, every in shades.items():
        for shade in every:
            _image(tmp_path / split / f"{shade}.png", shade=shade)
    images = _load(tmp_path)
    assert [_shades(images.split(split)[0]) for split in shades] == [[*v] for v in shades.values()]
    (tmp_path / "test" / "60.png").unlink()
    (tmp_path / "test").rmdir()
    images = _load(tmp_path)
    assert _shades(images.test) == [4, 9]
    assert _shades(images.validation) == [50, 51]
    assert _shades(images.train) == [0, 1, 2, 3, 5, 6, 7, 8]


def test_a_share_of_zero_is_no_validation_as_earlier_runs_had_none(tmp_path) -> None:
    for file in ("train/1.png", "train/2.png", "validation/1.png", "test/1.png"):
        _image(tmp_path / file)
    images = _load(tmp_path, validation=0.0)
    assert (len(images.train), len(images.validation), len(images.test)) == (2, 0, 1)
    (tmp_path / "validation" / "1.png").unlink()
    (tmp_path / "validation").rmdir()
    with pytest.raises(DataProblem, match=r"train: holds 2 image files .*at least 3 are needed"):
        _load(tmp_path)


def test_a_class_that_is_called_train_is_no_split(tmp_path) -> None:
    for name in ("car", "train"):
        for number in range(5):
            _image(tmp_path / name / f"{number}.png")
    images = _load(tmp_path, labelled=True, validation=0.0)
    assert images.train_labels.tolist() == [0] * 4 + [1] * 4


def test_splits_of_a_folder_sorted_by_class_have_its_classes_in_proportion(tmp_path) -> None:
    for name, count in (("cat", 150), ("dog", 100)):
        for number in range(count):
            _image(tmp_path / name / f"{number:03d}.png", (8, 8))
    images = _load(tmp_path, size=8, labelled=True, validation=0.3)
    assert (images.test_labels == 0).sum() == 30
    cats = (images.validation_labels == 0).mean()
    assert len(images.validation_labels) == 60
    assert abs(cats - 0.6) < 0.2, "three standard deviations"


def test_without_splits_every_fifth_is_held_out(tmp_path) -> None:
    for number in range(10):
        _image(tmp_path / f"{number}.png", shade=number)
    images = _load(tmp_path)
    assert _shades(images.test) == [4, 9]
    assert len(images.train) == 7
    assert sorted(_shades(images.train) + _shades(images.validation)) == [0, 1, 2, 3, 5, 6, 7, 8]


def test_other_sizes_are_cropped_to_the_centre_and_resized(tmp_path) -> None:
    wide = Image.new("RGB", (120, 60), (0, 0, 0))
    wide.paste((255, 255, 255), (30, 0, 90, 60))  # the central square
    wide.save(tmp_path / "a.png")
    for number in range(4):
        _image(tmp_path / f"b{number}.png")
    assert (_load(tmp_path, size=16, validation=0.0).train[0] > 200).all()
    assert _load(tmp_path, size=16, channels=1).train.shape == (3, 1, 16, 16)


def test_mixed_sizes_are_refused_by_name_where_asked(tmp_path) -> None:
    for number in range(4):
        _image(tmp_path / f"{number}.png")
    odd = _image(tmp_path / "odd.png", (32, 31))
    with pytest.raises(DataProblem, match=f"{odd}: 32x31 pixels, not 32x32"):
        _load(tmp_path, resize=False)


def test_damaged_missing_and_empty_are_named(tmp_path) -> None:
    with pytest.raises(DataProblem, match="no such folder"):
        _load(tmp_path / "absent")
    with pytest.raises(DataProblem, match="holds no image files"):
        _load(tmp_path)
    broken = _image(tmp_path / "broken.png")
    broken.write_bytes(broken.read_bytes()[:60])
    with pytest.raises(DataProblem, match=r"broken\.png: cannot be read"):
        _load(tmp_path)


def test_an_image_outside_every_class_is_named(tmp_path) -> None:
    _image(tmp_path / "cat" / "1.png")
    _image(tmp_path / "stray.png")
    with pytest.raises(DataProblem, match=r"stray\.png: stands in no class folder"):
        _load(tmp_path, labelled=True)


@pytest.mark.parametrize(
    ("given", "validation", "least"),
    [
        ({}, 0.1, 5),
        ({}, 0.0, 5),
        ({}, 0.5, 5),
        ({"test": 1}, 0.1, 3),
        ({"test": 1}, 0.0, 2),
        ({"validation": 1}, 0.1, 5),
        ({"validation": 1, "test": 1}, 0.1, 2),
        ({"test": 1}, 0.9, 16),
    ],
)
def test_a_folder_with_too_few_images_is_told_how_many_it_needs(
    given, validation, least, tmp_path
) -> None:
    for split, count in given.items():
        for number in range(count):
            _image(tmp_path / split / f"{number}.png", (8, 8))
    place = tmp_path / "train" if given else tmp_path
    for number in range(least - 1):
        _image(place / f"{number:03d}.png", (8, 8))
    folder = Folder(path=str(tmp_path), validation=validation)
    for read in (folder.load, folder.look):
        with pytest.raises(DataProblem) as refused:
            read(Path())
        assert str(refused.value).startswith(f"{place}: holds {least - 1} image file")
        assert f"at least {least} are needed" in str(refused.value)
        assert str(refused.value).endswith("; add images")
    _image(place / "last.png", (8, 8))
    images = folder.load(Path())
    assert len(images.train) == folder.look(Path()) >= 2
    assert len(images.test)
    assert bool(len(images.validation)) == bool(validation)


def test_a_split_without_an_image_is_named(tmp_path) -> None:
    for number in range(5):
        _image(tmp_path / "train" / f"{number}.png")
    (tmp_path / "test").mkdir()
    with pytest.raises(DataProblem, match=r"test: holds no image files .*at least 1 is needed"):
        _load(tmp_path)


def test_empty_classes_are_named_with_what_to_do(tmp_path) -> None:
    for number in range(10):
        _image(tmp_path / "cat" / f"{number}.png")
    folder = Folder(path=str(tmp_path), labelled=True)
    with pytest.raises(DataProblem, match=r"has 1 class folder, but .* at least 2"):
        folder.load(Path())
    for name in ("dog", "emu"):
        (tmp_path / name).mkdir()
    for read in (folder.load, folder.look):
        with pytest.raises(DataProblem) as refused:
            read(Path())
        assert str(refused.value) == (
            f"{tmp_path}: nothing is left to train on of 2 of its 3 classes: dog, emu; each needs "
            "at least 1 image besides those held out: add some, remove these folders, or set "
            "labelled: false"
        )
    assert len(_load(tmp_path).train) == 7, "without labels no folder is a class"
    _image(tmp_path / "emu" / "1.png")
    for number in range(4):
        _image(tmp_path / "dog" / f"{number}.png")
    with pytest.raises(DataProblem, match="1 of its 3 classes: emu"):
        _load(tmp_path, labelled=True, validation=0.0)  # the fifteenth image is for test


def test_a_look_counts_what_is_trained_on(tmp_path) -> None:
    for number in range(20):
        _image(tmp_path / f"{number:02d}.png")
    folder = Folder(path=str(tmp_path))
    assert folder.look(Path()) == len(folder.load(Path()).train) == 14
    assert replace(folder, train_size=5).look(Path()) == 5
    with pytest.raises(DataProblem, match="train_size: 15, but there are 14"):
        replace(folder, train_size=15).look(Path())
    _image(tmp_path / "odd.png", (32, 31))
    with pytest.raises(DataProblem, match="32x31 pixels"):
        replace(folder, resize=False).look(Path())


def test_rgb_is_kept_in_order(tmp_path) -> None:
    for number in range(5):
        _image(tmp_path / f"{number}.png")
    assert np.array_equal(_load(tmp_path).train[0, :, 0, 0], [100, 0, 255])
