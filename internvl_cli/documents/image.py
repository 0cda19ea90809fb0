"""Image files as documents: one page, or one per TIFF frame, at native resolution.

The tiler resizes pages by itself; an image resized here would not be pixel-equal with the reference's any more.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from internvl_cli.documents.page import Document, Page
from internvl_cli.documents.sources import Limits, Source, shown
from internvl_cli.errors import DependencyError, InputError, InternVLError, MemoryShortageError

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["open_image", "to_rgb"]

_PILLOW_FORMATS = {
    "png": ("PNG",),
    "jpeg": ("JPEG", "MPO"),
    "webp": ("WEBP",),
    "bmp": ("BMP",),
    "gif": ("GIF",),
    "tiff": ("TIFF",),
    "heic": ("HEIF",),
}
_ORIENTATION = 0x0112
"""EXIF tag; 5 to 8 swap width and height (EXIF 2.32, 4.6.5.1.1)."""


def open_image(source: Source, limits: Limits) -> Document:
    """Open an image; a TIFF has a page per frame, a GIF and an animated WebP or PNG give their first frame.

    Raises:
        InputError: The header is damaged, or announces more than ``limits.max_pixels``.
        DependencyError: The image is HEIC and ``pillow-heif`` is not installed.
    """
    if source.kind == "heic":
        _register_heif(source.name)
    with _opened(source, limits) as image:
        page_count = int(getattr(image, "n_frames", 1)) if source.kind == "tiff" else 1
        _check_size(image, source.name, limits)

    def load(number: int) -> Page:
        if not 1 <= number <= page_count:
            raise InputError(f"{shown(source.name)} has no page {number}: it has {page_count}")
        with _opened(source, limits) as image:
            image.seek(number - 1)
            _check_size(image, source.name, limits)
            width, height = _upright_size(image, source.kind)

        def render() -> Image.Image:
            return _decode(source, number, limits)

        return Page(source.name, source.digest, number, width, height, (), render)

    return Document(source.name, source.kind, source.digest, page_count, load, _nothing)


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert a decoded image of any mode to RGB.

    Transparency is flattened on white. Samples of more than 8 bits are scaled: 16-bit ones by their type's range,
    32-bit integers and floats by the range that the picture uses where it goes beyond 16 bits or beyond 0 to 1.
    """
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _scaled_to_8_bits(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        # La has no direct way to RGBA.
        rgba = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        flat = Image.new("RGB", image.size, "white")
        flat.paste(rgba, mask=rgba.getchannel("A"))
        return flat
    if image.mode == "LAB":
        return _lab_to_rgb(image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _scaled_to_8_bits(image: Image.Image) -> Image.Image:
    """Map greys of more than 8 bits to 0…255; Pillow's own conversion cuts off everything above 255."""
    wide = image if image.mode in ("I", "F") else image.convert("I")
    low, high = _extremes(wide)
    if image.mode == "F" and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif image.mode != "F" and low >= 0 and high <= 0xFFFF:
        low, high = 0.0, float(0xFFFF)
    factor = 255.0 / (high - low) if high > low else 0.0
    # Pillow works these out as one scale and one offset; the half rounds.
    offset = 0.5 - low * factor
    return wide.point(lambda value: value * factor + offset).convert("L")


def _extremes(image: Image.Image) -> tuple[float, float]:
    grey: Any = image  # one band: a pair, where Pillow's types also allow a pair per band
    low, high = grey.getextrema()
    return float(low), float(high)


def _lab_to_rgb(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    transform = ImageCms.buildTransform(ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB")
    converted: Any = ImageCms.applyTransform(image, transform)
    rgb: Image.Image = converted
    return rgb


def _decode(source: Source, number: int, limits: Limits) -> Image.Image:
    from PIL import ImageOps

    with _opened(source, limits) as image:
        image.seek(number - 1)
        _check_size(image, source.name, limits)
        image.load()
        upright = ImageOps.exif_transpose(image)
        rgb = to_rgb(upright)
        return rgb.copy() if rgb is image else rgb


def _upright_size(image: Image.Image, kind: str) -> tuple[int, int]:
    width, height = image.size
    # Pillow and pillow-heif give the turned size of TIFF and HEIC by themselves.
    turned = kind not in ("tiff", "heic") and image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    return (height, width) if turned else (width, height)


def _check_size(image: Image.Image, name: str, limits: Limits) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise InputError(f"{shown(name)} has no pixels: its header says {width} × {height}")
    if width * height > limits.max_pixels:
        raise _too_many_pixels(name, f"{width:,} × {height:,} pixels", limits)


def _too_many_pixels(name: str, size: str, limits: Limits) -> InputError:
    hint = "Scale it down first, for example: magick IN -resize 5000x5000 OUT.png"
    return InputError(f"{shown(name)} announces {size}; at most {limits.max_pixels:,} are decoded", hint)


@contextmanager
def _opened(source: Source, limits: Limits) -> Iterator[Image.Image]:
    """Open the image with the decoder of its kind alone, and turn whatever a decoder raises into our errors."""
    from PIL import Image, UnidentifiedImageError

    with source.open() as file, warnings.catch_warnings():
        # Size is checked by ``_check_size``; the other warnings are about metadata that is not used.
        warnings.simplefilter("ignore")
        try:
            with Image.open(file, formats=_PILLOW_FORMATS[source.kind]) as image:
                yield image
        except InternVLError:
            raise
        except Image.DecompressionBombError as error:
            counted = re.search(r"\d{6,}", str(error))  # raised before the image can be asked for its size
            size = f"{int(counted[0]):,} pixels" if counted else "too many pixels"
            raise _too_many_pixels(source.name, size, limits) from error
        except UnidentifiedImageError as error:  # its text has the address of an object in it
            raise _damaged(source, "its header cannot be read") from error
        except MemoryError as error:
            raise MemoryShortageError(f"not enough memory to decode {shown(source.name)}") from error
        except Exception as error:  # decoders raise almost anything on damaged files
            raise _damaged(source, str(error)) from error


def _damaged(source: Source, reason: str) -> InputError:
    what = f"{shown(source.name)} is truncated or damaged ({source.kind}: {reason})"
    return InputError(what, "Get the file again, or open it in a viewer and save it anew.")


def _register_heif(name: str) -> None:
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        hint = "Run: pip install 'internvl-cli[heic]'"
        raise DependencyError(f"{shown(name)} is HEIC, which needs the package pillow-heif", hint) from error
    register_heif_opener()


def _nothing() -> None:
    """Images hold nothing open."""
