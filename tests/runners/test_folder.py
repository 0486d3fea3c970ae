"""Any folder of images: splits, classes, sizes and what is wrong with it."""

from __future__ import annotations

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
    assert images.train_labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert len(images.test) == 4


def test_without_splits_every_fifth_is_held_out(tmp_path) -> None:
    for number in range(10):
        _image(tmp_path / f"{number}.png", shade=number)
    images = _load(tmp_path)
    assert images.test[:, 0, 0, 0].tolist() == [4, 9]
    assert len(images.train) == 8


def test_other_sizes_are_cropped_to_the_centre_and_resized(tmp_path) -> None:
    wide = Image.new("RGB", (120, 60), (0, 0, 0))
    wide.paste((255, 255, 255), (30, 0, 90, 60))  # the central square
    wide.save(tmp_path / "a.png")
    for number in range(4):
        _image(tmp_path / f"b{number}.png")
    assert (_load(tmp_path, size=16).train[0] > 200).all()
    assert _load(tmp_path, size=16, channels=1).train.shape == (4, 1, 16, 16)


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


def test_rgb_is_kept_in_order(tmp_path) -> None:
    for number in range(5):
        _image(tmp_path / f"{number}.png")
    assert np.array_equal(_load(tmp_path).train[0, :, 0, 0], [100, 0, 255])
