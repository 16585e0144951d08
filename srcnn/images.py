"""Photographs in and out of files, and the small operations of the protocol (chapters 1 to 3)."""

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from . import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
"""The file types that the package reads and writes."""


def read(path):
    """Read a photograph the way a person sees it.

    EXIF rotation is applied; palette and CMYK become RGB; 16-bit grey becomes 8-bit.

    Returns: uint8, (height, width) for grey, (height, width, 3) for RGB, (height, width, 4) with alpha.
    Raises: InputError if there is no such file, or it is not a whole image.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no file {path}" if not path.is_dir() else f"{path} is a folder; give one image file")
    try:
        with Image.open(path) as file:
            if getattr(file, "n_frames", 1) > 1:
                file.seek(0)
            return np.asarray(_eight_bit(ImageOps.exif_transpose(file)))
    except UnidentifiedImageError:
        raise InputError(f"{path} is not an image that can be read ({_size(path)})") from None
    except PermissionError:
        raise InputError(f"{path} cannot be read: permission denied") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path} has more pixels than can be read safely ({_limit()})") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise InputError(f"{path} is damaged or truncated ({_size(path)}): {error}") from None


def is_16_bit(path):
    """Whether the file holds 16-bit grey, of which read() keeps 8 bits."""
    with Image.open(path) as file:
        return file.mode.startswith("I")


def write(path, image):
    """Write uint8 `image` (H, W), (H, W, 3) or (H, W, 4) to `path`, whole or not at all.

    Raises: InputError for a file type that cannot hold it, or a place that cannot be written.
    """
    path = Path(path)
    check_writable(path, channels=1 if image.ndim == 2 else image.shape[2])
    picture = Image.fromarray(image)
    file_format = Image.registered_extensions()[path.suffix.lower()]
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    with whole_file(path) as temporary:
        picture.save(temporary, format=file_format, **options)


def check_writable(path, channels=3):
    """Raise InputError now if `path` cannot take an image of so many channels: before the long work, not after."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot write {path}: give a name that ends in one of {' '.join(SUFFIXES)}")
    if channels == 4 and path.suffix.lower() in (".jpg", ".jpeg"):
        raise InputError(f"cannot write {path}: JPEG has no alpha channel; write a .png instead")
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}")
    with whole_file(path, keep=False):
        pass


@contextmanager
def whole_file(path, keep=True):
    """Give a temporary file beside `path`; move it into place if all goes well, remove it if not.

    So a full disk or an interruption leaves the old file, or none, and never half of a new one.
    """
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".srcnn-", suffix="".join(path.suffixes[-2:]))
        os.close(handle)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    try:
        yield temporary
        if keep:
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        Path(temporary).unlink(missing_ok=True)


def luma(image):
    """Return Y of BT.601 in its studio range 16..235, rounded to uint8, (H, W).

    A grey image is taken as it is; an alpha channel is ignored. `image` is uint8.
    Step 1 of the protocol (chapter 3).
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise InputError(f"luma() wants a uint8 image; this is {image.dtype} of shape {image.shape}")
    if image.ndim == 2:
        return image
    # scikit-image's rgb2ycbcr(...)[..., 0] to the last bit, without its import and without Cb and Cr.
    y = 16 + image[..., :3] @ (np.array([65.481, 128.553, 24.966]) / 255)
    return np.rint(y).astype(np.uint8)


def to_bytes(image):
    """Float pixels in [0, 1] -> uint8, clipped and rounded (step 4 of the protocol)."""
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def crop_to_multiple(image, scale):
    """Cut rows from the bottom and columns from the right until both sizes divide by `scale` ("modcrop")."""
    height, width = image.shape[:2]
    if min(height, width) < scale:
        raise InputError(f"an image of {width} x {height} pixels is too small for scale {scale}")
    return image[: height - height % scale, : width - width % scale]


def shave(image, border):
    """Cut `border` pixels from all four sides (step 5 of the protocol)."""
    height, width = image.shape[:2]
    if min(height, width) <= 2 * border:
        raise InputError(f"an image of {width} x {height} pixels has nothing left after {border} are cut on each side")
    return image[border : height - border, border : width - border]


def _eight_bit(picture):
    """Bring any Pillow mode to L, RGB or RGBA."""
    if picture.mode in ("1", "L", "RGB", "RGBA"):
        return picture.convert("L") if picture.mode == "1" else picture
    if picture.mode.startswith("I"):  # 16-bit grey
        return Image.fromarray((np.asarray(picture).astype(np.float64) / 257).round().clip(0, 255).astype(np.uint8))
    if picture.mode == "F":
        raise ValueError("floating-point pixels have no agreed range; save it with 8 or 16 bits a channel")
    if picture.mode in ("LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return picture.convert("RGBA")
    return picture.convert("RGB")


def _size(path):
    return "the file is empty" if path.stat().st_size == 0 else f"{path.stat().st_size} bytes"


def _limit():
    return f"the limit is {2 * Image.MAX_IMAGE_PIXELS / 1e6:.0f} megapixels"
