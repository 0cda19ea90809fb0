from __future__ import annotations

import io
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from internvl_cli.documents import Limits, open_document
from internvl_cli.documents.image import to_rgb
from internvl_cli.errors import DependencyError, InputError

Point = tuple[int, int]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture(size: tuple[int, int] = (60, 40), mode: str = "RGB") -> Image.Image:
    """White, with a dark red rectangle in the top left quarter."""
    image = Image.new("RGB", size, "white")
    image.paste((160, 16, 32), (0, 0, size[0] // 2, size[1] // 2))
    return image.convert(mode)


def opened(tmp_path: Path, data: bytes, number: int = 1) -> Image.Image:
    path = tmp_path / "no-ending"
    path.write_bytes(data)
    with open_document(path) as document:
        page = document.page(number)
        image = page.image
    assert image.mode == "RGB"
    assert image.size == (page.width, page.height)
    assert page.words == ()
    return image


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("PNG", "RGB", {}),
        ("PNG", "P", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "1", {}),
        ("JPEG", "RGB", {"quality": 98, "subsampling": 0}),
        ("JPEG", "CMYK", {"quality": 98}),
        ("JPEG", "L", {"quality": 98}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("BMP", "RGB", {}),
        ("BMP", "P", {}),
        ("GIF", "P", {}),
        ("TIFF", "RGB", {}),
        ("TIFF", "CMYK", {}),
        ("TIFF", "LAB", {}),
        ("TIFF", "1", {"compression": "group4"}),
        ("TIFF", "RGB", {"compression": "tiff_lzw"}),
    ],
)
def test_kinds_and_modes(tmp_path: Path, kind: str, mode: str, options: dict[str, Any]) -> None:
    if mode == "LAB":
        source = Image.new("LAB", (60, 40), (255, 128, 128))
        source.paste((87, 181, 160), (0, 0, 30, 20))
    else:
        source = picture(mode=mode)
    image = opened(tmp_path, encoded(source, kind, **options))
    assert image.size == (60, 40)
    for place in ((45, 30), (45, 5), (5, 30)):
        assert all(value > 245 for value in _pixel(image, place))
    red, green, blue = _pixel(image, (10, 8))
    if mode in ("1", "L", "LA"):
        assert max(red, green, blue) < 140
    else:
        assert (red, green, blue) == pytest.approx((160, 16, 32), abs=25)


def _pixel(image: Image.Image, place: Point) -> tuple[int, ...]:
    value = image.getpixel(place)
    assert isinstance(value, tuple)
    return value


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_rgb_comes_out_unchanged(tmp_path: Path, kind: str) -> None:
    source = Image.frombytes("RGB", (16, 16), bytes(range(256)) * 3)
    assert opened(tmp_path, encoded(source, kind)).tobytes() == source.tobytes()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_flattened_on_white(tmp_path: Path, mode: str) -> None:
    source = Image.new(mode, (4, 4), (0, 0, 0, 0) if mode == "RGBA" else (0, 0))
    source.putpixel((1, 1), (0, 0, 0, 128) if mode == "RGBA" else (0, 128))
    image = opened(tmp_path, encoded(source, "PNG"))
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert _pixel(image, (1, 1)) == pytest.approx((127, 127, 127), abs=1)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_palette_colour_is_white(tmp_path: Path, kind: str) -> None:
    source = Image.new("P", (4, 4), 1)
    source.putpalette([10, 20, 30, 200, 0, 0])
    source.putpixel((2, 2), 0)
    image = opened(tmp_path, encoded(source, kind, transparency=1))
    assert image.getpixel((0, 0)) == (255, 255, 255)
    assert image.getpixel((2, 2)) == (10, 20, 30)


def test_transparency_key_of_grey_and_rgb_is_white(tmp_path: Path) -> None:
    grey = encoded(Image.new("L", (4, 4), 7), "PNG", transparency=7)
    assert opened(tmp_path, grey).getpixel((0, 0)) == (255, 255, 255)
    colour = encoded(Image.new("RGB", (4, 4), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert opened(tmp_path, colour).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_cut(tmp_path: Path, kind: str) -> None:
    values = [0, 255, 256, 32768, 65535, 12850]
    source = Image.frombytes("I;16", (6, 1), struct.pack("<6H", *values))
    image = opened(tmp_path, encoded(source, kind))
    assert [_pixel(image, (x, 0))[0] for x in range(6)] == [round(value / 257) for value in values]


def test_16_bit_colour_is_scaled(tmp_path: Path) -> None:
    row = b"\0" + struct.pack(">6H", 0, 0x8000, 0xFFFF, 0x1234, 0x4321, 0xABCD)
    header = struct.pack(">IIBBBBB", 2, 1, 16, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
        for tag, body in ((b"IHDR", header), (b"IDAT", zlib.compress(row)), (b"IEND", b""))
    )
    image = opened(tmp_path, data)
    assert _pixel(image, (0, 0)) == pytest.approx((0, 0x80, 0xFF), abs=1)
    assert _pixel(image, (1, 0)) == pytest.approx((0x12, 0x43, 0xAB), abs=1)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 65535), min_size=1, max_size=30))
def test_16_bit_scaling_keeps_the_order(values: list[int]) -> None:
    source = Image.frombytes("I;16", (len(values), 1), struct.pack(f"<{len(values)}H", *values))
    greys = list(to_rgb(source).convert("L").tobytes())
    assert greys == [round(value / 257) for value in values]


@pytest.mark.parametrize(
    ("mode", "code", "values", "expected"),
    [
        ("F", "f", (0.0, 0.5, 1.0), [0, 128, 255]),
        ("F", "f", (-10.0, 0.0, 10.0), [0, 128, 255]),
        ("F", "f", (3.0, 3.0, 3.0), [0, 0, 0]),
        ("I", "i", (0, 32768, 65535), [0, 128, 255]),
        ("I", "i", (-1000000, 0, 1000000), [0, 128, 255]),
    ],
)
def test_wider_samples(mode: str, code: str, values: tuple[float, ...], expected: list[int]) -> None:
    source = Image.frombytes(mode, (3, 1), struct.pack(f"=3{code}", *values))
    assert list(to_rgb(source).convert("L").tobytes()) == pytest.approx(expected, abs=1)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, "tl"), (2, "tr"), (3, "br"), (4, "bl"), (5, "tl"), (6, "tr"), (7, "br"), (8, "bl")],
)
def test_orientation_is_applied(tmp_path: Path, kind: str, orientation: int, corner: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = opened(tmp_path, encoded(picture((64, 32)), kind, exif=exif))
    assert image.size == ((32, 64) if orientation >= 5 else (64, 32))
    places = {"tl": (4, 4), "tr": (-5, 4), "bl": (4, -5), "br": (-5, -5)}
    for name, (x, y) in places.items():
        green = _pixel(image, (x % image.width, y % image.height))[1]
        assert (green < 100) == (name == corner)


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30 + i, 20), (i, i, i)) for i in range(3)]
    data = encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])
    path = tmp_path / "fax"
    path.write_bytes(data)
    with open_document(path) as document:
        assert document.page_count == 3
        pages = list(document.pages())
        assert [(page.number, page.width) for page in pages] == [(1, 30), (2, 31), (3, 32)]
        # Asked for in another order than they stand in the file.
        assert [page.image.getpixel((0, 0)) for page in reversed(pages)] == [(2, 2, 2), (1, 1, 1), (0, 0, 0)]
        with pytest.raises(InputError, match="has no page 4"):
            document.page(4)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_moving_pictures_give_their_first_frame(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    path = tmp_path / "moving"
    path.write_bytes(data)
    with open_document(path) as document:
        assert document.page_count == 1
        red, _, blue = _pixel(document.page(1).image, (4, 4))
        assert red > 200
        assert blue < 60


NOISE = Image.effect_noise((120, 90), 80).convert("RGB")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.97])
def test_truncated_pictures_are_errors_not_half_pictures(tmp_path: Path, kind: str, share: float) -> None:
    data = encoded(NOISE, kind)
    path = tmp_path / "cut"
    path.write_bytes(data[: max(20, int(len(data) * share))])
    with pytest.raises(InputError, match="truncated or damaged") as caught, open_document(path) as document:
        _ = document.page(1).image
    assert str(path) in caught.value.message


def test_a_huge_header_is_refused_before_decoding(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    path = tmp_path / "bomb.png"
    path.write_bytes(data + struct.pack(">I", 100) + b"IDAT" + bytes(104))
    with pytest.raises(InputError, match=r"announces [0-9,]+ pixels; at most"):
        open_document(path)


def test_pixel_limit_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(picture((100, 50)), "PNG"))
    with pytest.raises(InputError, match="announces 100 × 50 pixels; at most 4,999 are decoded"):
        open_document(path, limits=Limits(max_pixels=4_999))
    open_document(path, limits=Limits(max_pixels=5_000)).close()


def test_pixel_limit_holds_for_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.tiff"
    frames = [Image.new("L", size) for size in ((10, 10), (90, 90))]
    path.write_bytes(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]))
    with open_document(path, limits=Limits(max_pixels=1000)) as document:
        assert document.page(1).width == 10
        with pytest.raises(InputError, match="90 × 90"):
            document.page(2)


def test_heic(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    out = io.BytesIO()
    pillow_heif.from_pillow(picture((64, 48))).save(out, quality=90)
    image = opened(tmp_path, out.getvalue())
    assert image.size == (64, 48)
    assert _pixel(image, (8, 8)) == pytest.approx((160, 16, 32), abs=25)


def test_heic_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    path = tmp_path / "photo.jpg"
    path.write_bytes(struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(40))
    with pytest.raises(DependencyError, match="HEIC") as caught:
        open_document(path)
    assert "pip install 'internvl-cli[heic]'" in caught.value.hint
