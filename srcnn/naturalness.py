"""How far pictures are from real ones, whatever the picture that they should be: a sliced Wasserstein distance."""

import numpy as np

from . import InputError

LEVELS, SIZE, PATCHES, DIRECTIONS = 3, 7, 16_384, 256


def sliced_wasserstein(images, references, seed=0):
    """The distance between the patches of two sets of pictures, in each band of a Laplacian pyramid, Eq. (12.6).

    images, references: lists of luma, float (H, W) in [0, 1], the same sizes in the same order; 32 pixels a side or
    more. From each band of both sets 16,384 patches of 7 x 7 are taken, at the same places; they are projected on 256
    random directions, and the two sorted lists of numbers compared. 0 says that the patches are distributed alike,
    even where each of them is another. seed: of places and directions.
    Returns: three distances, the finest band first, each in units of the references' own standard deviation there.
    """
    images, references = list(images), list(references)
    sizes, wanted = ([np.shape(image) for image in row] for row in (images, references))
    if sizes != wanted or not sizes or min(min(size) for size in sizes) < SIZE * 2 ** (LEVELS - 1) + 4:
        raise InputError(
            f"images of {sizes[:3]} and references of {wanted[:3]}: give two lists of the same sizes, 32 pixels or more"
        )
    bands = [list(zip(*map(_pyramid, row), strict=True)) for row in (images, references)]
    rng = np.random.default_rng(seed)
    return [_distance(made, real, rng) for made, real in zip(*bands, strict=True)]


def _pyramid(image):
    from skimage.transform import pyramid_laplacian

    return list(pyramid_laplacian(np.asarray(image, np.float64), max_layer=LEVELS - 1, downscale=2))


def _distance(made, real, rng):
    """Eq. (12.6) in one band: two lists of images."""
    share = np.array([image.size for image in real], float)
    chosen = rng.choice(len(real), PATCHES, p=share / share.sum())
    corners = rng.random((PATCHES, 2))
    directions = rng.normal(size=(SIZE * SIZE, DIRECTIONS))
    directions /= np.linalg.norm(directions, axis=0)
    rows = []
    for images in (made, real):
        patches = np.empty((PATCHES, SIZE * SIZE))
        for number, image in enumerate(images):
            mine = chosen == number
            top, left = (corners[mine] * (np.array(image.shape) - SIZE + 1)).astype(int).T
            windows = np.lib.stride_tricks.sliding_window_view(image, (SIZE, SIZE))
            patches[mine] = windows[top, left].reshape(-1, SIZE * SIZE)
        rows.append(patches)
    first, second = (np.sort(patches @ directions, axis=0) for patches in rows)
    return float(np.abs(first - second).mean() / np.concatenate([image.ravel() for image in real]).std())
