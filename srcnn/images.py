"""Photographs in and out of files, and the small operations of the protocol (chapters 1 to 3)."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from . import InputError
from .files import atomic_write, quiet_stderr

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
"""The file types that the package reads and writes."""

LONGEST = {".jpg": 65500, ".jpeg": 65500, ".webp": 16383}
"""The most pixels along a side that a file type can hold."""


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
        with warnings.catch_warnings(), quiet_stderr():  # what is worth saying is said below, in one line
            warnings.simplefilter("ignore")
            with Image.open(path) as file:
                return np.array(_eight_bit(ImageOps.exif_transpose(file), _bits(file)))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except UnidentifiedImageError:
        raise InputError(f"{path} is not an image that can be read ({_size(path)})") from None
    except PermissionError:
        raise InputError(f"{path} cannot be read: permission denied") from None
    except Image.DecompressionBombError:
        raise InputError(f"{path} has more pixels than can be read safely ({_limit()})") from None
    except (OSError, SyntaxError, ValueError, TypeError, EOFError, KeyError, IndexError, MemoryError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path} is damaged or truncated ({_size(path)}): {reason}") from None


def is_deep(path):
    """Whether the file holds more than 8 bits of grey, of which read() keeps 8."""
    with Image.open(path) as file:
        return file.mode.startswith("I")


def colour_profile(path):
    """The ICC profile of an RGB or grey file, bytes, or None: write() can put it into the result."""
    with Image.open(path) as file:
        return file.info.get("icc_profile") if file.mode in ("L", "RGB", "RGBA") else None


def write(path, image, icc_profile=None):
    """Write uint8 `image` (H, W), (H, W, 3) or (H, W, 4) to `path`, whole or not at all.

    Raises: InputError for a file type that cannot hold it, or a place that cannot be written.
    """
    path = Path(path)
    check_writable(path, image.shape)
    picture = Image.fromarray(image)
    file_format = Image.registered_extensions()[path.suffix.lower()]
    options = {"quality": 95} if file_format in ("JPEG", "WEBP") else {}
    with atomic_write(path) as temporary:
        picture.save(temporary, format=file_format, icc_profile=icc_profile, **options)


def check_writable(path, shape):
    """Raise InputError now if `path` cannot take an image of this shape: before the long work, not after."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"cannot write {path}: give a name that ends in one of {' '.join(SUFFIXES)}")
    if len(shape) == 3 and shape[2] == 4 and path.suffix.lower() in (".jpg", ".jpeg", ".bmp"):
        raise InputError(f"cannot write {path}: this file type has no alpha channel; write a .png instead")
    if max(shape[:2]) > LONGEST.get(path.suffix.lower(), 2**31):
        size = f"{shape[1]} x {shape[0]} pixels"
        raise InputError(f"cannot write {path}: this file type cannot hold {size}; write a .png instead")
    if path.is_dir():
        raise InputError(f"cannot write {path}: it is a folder")
    if not path.parent.is_dir():
        raise InputError(f"cannot write {path}: there is no folder {path.parent}")
    with atomic_write(path, keep=False):
        pass


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


def _bits(file):
    """The bits of a grey pixel: 16, or what a TIFF says."""
    told = getattr(file, "tag_v2", {}).get(258, 16)
    return told[0] if isinstance(told, tuple) else told


def _eight_bit(picture, bits):
    """Bring any Pillow mode to L, RGB or RGBA. `bits`: of a grey pixel of more than 8."""
    if picture.mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in picture.info:
        return picture.convert("RGBA")
    if picture.mode in ("1", "L"):
        return picture.convert("L")
    if picture.mode == "F" or (picture.mode.startswith("I") and bits > 16):
        raise InputError("pixels of 32 bits have no agreed range; save the image with 8 or 16 bits a channel")
    if picture.mode.startswith("I"):
        values = np.asarray(picture).astype(np.float64)
        if values.min(initial=0) < 0:
            raise InputError("there are negative pixels; save the image with 8 or 16 unsigned bits a channel")
        return Image.fromarray((values * 255 / (2**bits - 1)).round().clip(0, 255).astype(np.uint8))
    return picture.convert("RGB")


def _size(path):
    return "the file is empty" if path.stat().st_size == 0 else f"{path.stat().st_size} bytes"


def _limit():
    return f"the limit is {2 * Image.MAX_IMAGE_PIXELS / 1e6:.0f} megapixels"
