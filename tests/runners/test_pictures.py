"""Every mode of an image is converted by a stated rule, or refused by its name."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runners.datasets import pictures
from runners.datasets.image_files import Unusable

SIZE = (4, 2)
GREYS = np.array([[0, 1, 254, 255], [100, 127, 128, 200]], dtype=np.uint8)
DEEP = GREYS.astype(np.uint16) * 257


def _grey(file: Path) -> list[list[int]]:
    """Return a file's pixels as grey, which are the same in RGB."""
    grey, colour = (np.asarray(pictures.read(file, mode)) for mode in ("L", "RGB"))
    assert pictures.size(file) == grey.shape[::-1]
    assert (colour == grey[:, :, None]).all()
    return grey.tolist()


def _colour(file: Path) -> list[int]:
    return np.asarray(pictures.read(file, "RGB"))[0, 0].tolist()


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_grey_of_16_bits_is_divided_by_257(suffix, tmp_path) -> None:
    file = tmp_path / f"a.{suffix}"
    Image.fromarray(DEEP).save(file)
    with Image.open(file) as image:
        assert image.mode in ("I;16", "I")
    assert _grey(file) == GREYS.tolist()
    Image.fromarray(np.array([[128, 129, 385, 386]], dtype=np.uint16)).save(file)
    assert _grey(file) == [[0, 1, 1, 2]], "rounded"


def _tiff(file: Path, values: list[int], bits: int, packed: bytes, **tags: int) -> Path:
    """Write a grey TIFF of one row, little endian, which Pillow cannot write itself."""
    known = {256: len(values), 257: 1, 258: bits, 259: 1, 262: 1, 273: 0, 277: 1, 278: 1}
    known |= {279: len(packed)} | {int(tag[1:]): value for tag, value in tags.items()}
    known[273] = 8 + 2 + 12 * len(known) + 4
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, known[tag]) for tag in sorted(known))
    head = b"II*\0" + struct.pack("<IH", 8, len(known))
    file.write_bytes(head + entries + struct.pack("<I", 0) + packed)
    return file


def test_the_white_of_12_bits_is_4095(tmp_path) -> None:
    file = _tiff(tmp_path / "a.tif", [0, 4095], 12, bytes([0x00, 0x0F, 0xFF]))
    with Image.open(file) as image:
        assert (image.mode, np.asarray(image).tolist()) == ("I;16", [[0, 4095]])
    assert _grey(file) == [[0, 255]]


def test_16_bits_whose_white_is_zero_are_refused(tmp_path) -> None:
    file = _tiff(tmp_path / "a.tif", [0, 9], 16, bytes([0, 0, 9, 0]), t262=0)
    with pytest.raises(Unusable, match=r"mode I;16 \(TIFF\), whose white is not known"):
        pictures.read(file, "L")


@pytest.mark.parametrize(
    ("mode", "pixels"), [("F", np.array([[0.5]], np.float32)), ("I", np.array([[70000]], np.int32))]
)
def test_what_has_no_white_is_refused_by_its_mode(mode, pixels, tmp_path) -> None:
    file = tmp_path / "a.tif"
    Image.fromarray(pixels).save(file)
    for refuse in (pictures.size, lambda file: pictures.read(file, "L")):
        with pytest.raises(Unusable, match=rf"has mode {mode} \(TIFF\), whose white is not known"):
            refuse(file)


def test_lab_is_refused_by_its_mode(tmp_path) -> None:
    Image.new("LAB", SIZE).save(tmp_path / "a.tif")
    with pytest.raises(Unusable, match="has mode LAB"):
        pictures.size(tmp_path / "a.tif")


@pytest.mark.parametrize(("mode", "drawn"), [("LA", (0, 128)), ("RGBA", (0, 0, 0, 128))])
def test_transparency_is_laid_on_white(mode, drawn, tmp_path) -> None:
    image = Image.new(mode, SIZE, drawn)
    image.putpixel((0, 0), (*drawn[:-1], 0))
    image.putpixel((1, 0), (*drawn[:-1], 255))
    image.save(tmp_path / "a.png")
    assert _grey(tmp_path / "a.png")[0] == [255, 0, 127, 127]


def test_an_opaque_alpha_changes_nothing(tmp_path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    plain = Image.fromarray(colours)
    plain.convert("RGBA").save(tmp_path / "a.png")
    for mode in ("RGB", "L"):
        read = np.asarray(pictures.read(tmp_path / "a.png", mode))
        assert np.array_equal(read, np.asarray(plain.convert(mode)))


@pytest.mark.parametrize(
    ("ink", "colour"), [((255, 0, 0, 0), [0, 255, 255]), ((0, 0, 0, 255), [0, 0, 0])]
)
def test_inks_become_light(ink, colour, tmp_path) -> None:
    Image.new("CMYK", SIZE, ink).save(tmp_path / "a.tif")
    assert _colour(tmp_path / "a.tif") == colour


def test_one_bit_is_black_and_white(tmp_path) -> None:
    Image.fromarray(GREYS > 127).save(tmp_path / "a.png")
    assert _grey(tmp_path / "a.png") == np.where(GREYS > 127, 255, 0).tolist()


def test_a_palettes_transparent_colour_stays_that_colour(tmp_path) -> None:
    image = Image.new("P", SIZE, 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    for transparency in (1, bytes([255, 0])):
        image.save(tmp_path / "a.png", transparency=transparency)
        assert _colour(tmp_path / "a.png") == [10, 20, 30]


@pytest.mark.parametrize("form", ["png", "jpg", "bmp", "gif", "tif", "webp"])
@pytest.mark.parametrize("wanted", ["L", "RGB"])
def test_eight_bits_are_what_pillow_makes_of_them(form, wanted, tmp_path) -> None:
    draws = np.random.default_rng(0)
    colours = Image.fromarray(draws.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    for image in (colours, colours.convert("L"), colours.quantize(16)):
        if (form, image.mode) == ("jpg", "P"):
            continue
        image.save(tmp_path / f"a.{form}")
        with Image.open(tmp_path / f"a.{form}") as opened:
            expected = np.asarray(opened.convert(wanted))
        assert np.array_equal(np.asarray(pictures.read(tmp_path / f"a.{form}", wanted)), expected)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path) -> None:
    bomb = Image.new("1", (12_000, 8_000))  # beyond what Pillow warns of, a few kilobytes
    bomb.save(tmp_path / "a.png")
    worse = _tiff(tmp_path / "b.tif", [0], 8, b"\0", t256=60_000, t257=60_000)
    for file in (tmp_path / "a.png", worse):
        for refuse in (pictures.size, lambda file: pictures.read(file, "L")):
            with pytest.raises(Unusable, match="has more than 89,478,485 pixels"):
                refuse(file)


def test_no_other_program_is_started_to_draw(tmp_path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", SIZE).save(file, "EPS")
    with pytest.raises(Unusable, match="is PostScript"):
        pictures.size(file)


@pytest.mark.parametrize("form", ["png", "jpg", "bmp", "gif", "tif", "webp", "ppm"])
def test_half_a_file_is_refused_and_odd_bytes_end_in_no_other_error(form, tmp_path) -> None:
    draws = np.random.default_rng(0)
    file = tmp_path / f"a.{form}"
    Image.fromarray(draws.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(file)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Unusable, match=r"^cannot be read: .+"):
        pictures.read(file, "RGB")
    for _ in range(100):
        content = bytearray(whole)
        for place in draws.integers(0, min(len(whole), 200), 3):
            content[place] = draws.integers(256)
        file.write_bytes(content)
        with contextlib.suppress(Unusable):
            assert pictures.read(file, "RGB").mode == "RGB"
