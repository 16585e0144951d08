"""From photographs to batches of patches: random places, five sizes, eight flips and rotations (chapter 6)."""

import numpy as np

from . import InputError, degradations, images, resample
from .files import check_memory
from .layers import keras

SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Each training photograph is used at these five sizes (the augmentation of the FSRCNN paper)."""


class Patches(keras.utils.PyDataset):
    """Batches of random patches, in [0, 1]: x (batch_size, patch_size, patch_size, 1), and y, the target.

    factor: 1 for a network that takes the ILR: y is the HR, (batch_size, patch_size - 2 margin, ..., 1).
            `scale` for one that takes the LR: y is (batch_size, scale (patch_size - 2 margin), ..., 1).
    margin: the pixels of its input that the network uses up on each side, models.margin().
    photographs: dict name -> uint8 image. Each patch is taken at a random place of a random photograph at one of five
    sizes, in one of the eight flips and rotations; with augment=False at its own size, as it is. The same (seed,
    epoch, batch number) gives the same batch, so a run that is stopped and resumed sees what it would have seen.
    degraded: the small pictures are not all bicubic's: VERSIONS of each, made as degradations.draw() says.
    part: which patches of each batch are cut, a slice; the others are for other processes, together.share().

    All pixels lie in two long rows, `given` and `wanted`, in which a patch is a place and two strides: see table().
    """

    VERSIONS = 3

    def __init__(
        self, photographs, scale, *, batch_size=16, patch_size=36, margin=6, factor=1, steps=500, seed=0, epoch=0,
        augment=True, degraded=False, part=slice(None),
    ):  # fmt: skip
        super().__init__()
        self.batch_size, self.patch_size, self.margin, self.factor = batch_size, patch_size, margin, factor
        self.steps, self.seed, self.epoch, self.turns = steps, seed, epoch, 8 if augment else 1
        self.part = part
        shrinks = SCALES if augment else SCALES[:1]
        versions = self.VERSIONS if degraded else 0
        least = patch_size * factor + scale - 1  # what is left is a multiple of the scale
        used = list(_sizes(photographs, least, shrinks))
        if not used:
            raise InputError(f"no photograph is large enough for a patch: {least} x {least} pixels are needed")
        shapes = [(height // scale, width // scale) for _, height, width in used]
        self.shapes = np.repeat(shapes, versions or 1, axis=0) * (scale // factor)
        sizes = self.shapes.prod(1, keepdims=True) * (1, factor**2)
        check_memory(4 * sizes.sum(), f"{len(photographs)} photographs, as {len(sizes)} pictures to train on,")
        self.starts = sizes.cumsum(0) - sizes
        self.given, self.wanted = (np.empty(size, np.float32) for size in sizes.sum(0))
        pairs = _pairs(used, scale, factor, versions, seed)
        for (given, wanted), (at, to) in zip(pairs, self.starts, strict=True):
            self.given[at : at + given.size], self.wanted[to : to + wanted.size] = given.ravel(), wanted.ravel()
        self.odds = sizes[:, 1].cumsum() / sizes[:, 1].sum()

    @property
    def sizes(self):
        """Pixels along the side of x and of y."""
        return self.patch_size, self.factor * (self.patch_size - 2 * self.margin)

    def __len__(self):
        return self.steps

    def __getitem__(self, number):
        table, (size, inner) = self.table(number)[self.part], self.sizes
        return cut(self.given, table[:, :3], size), cut(self.wanted, table[:, 3:], inner)

    def table(self, number):
        """Where the patches of batch `number` begin and how they run, (batch_size, 6): see cut(), of x and of y."""
        rng = np.random.default_rng((self.seed, self.epoch, number))
        choice = self.odds.searchsorted(rng.random(self.batch_size), side="right")
        height, width = self.shapes[choice].T
        (size, inner), factor = self.sizes, self.factor
        places = (height - size + 1, width - size + 1, np.full_like(height, self.turns))
        top, left, turn = rng.integers(np.stack(places, axis=1)).T
        x = corner(self.starts[choice, 0], width, top, left, size, turn)
        top, left = factor * (top + self.margin), factor * (left + self.margin)
        y = corner(self.starts[choice, 1], factor * width, top, left, inner, turn)
        return np.stack([*x, *y], axis=1)

    def on_epoch_end(self):
        self.epoch += 1


def _sizes(photographs, least, shrinks):
    """(photograph, height, width) for each photograph at each size that a patch fits into: `least` pixels each way."""
    for photograph in photographs.values():
        for shrink in shrinks:
            height, width = (round(size * shrink) for size in photograph.shape[:2])
            if min(height, width) >= least:
                yield photograph, height, width


def _pairs(used, scale, factor, versions=0, seed=0):
    """(what the network is given, the HR) of each photograph at each size, float32 luma.

    used: what _sizes() gives. versions: 0 for the LR of the protocol, or how many degraded ones of each.
    """
    rng = np.random.default_rng((seed, 0, 0, 0))
    for photograph, height, width in used:
        smaller = resample.resize(images.luma(photograph), height, width)
        hr, lr = resample.pair(np.rint(smaller.clip(0, 255)).astype(np.uint8), scale)
        made = [degradations.degrade(hr, scale, **degradations.draw(rng)) for _ in range(versions)]
        for small in made or [lr]:
            yield (resample.enlarge(small, scale) if factor == 1 else small), hr


def corner(start, width, top, left, size, turn):
    """(first, down, right) of a patch: pixel (i, j) is the one at first + i down + j right in the long row of pixels.

    start: where the photograph begins in the row; width: its pixels a line. turn: as in flip_or_rotate().
    """
    first, down, right = start + top * width + left, width, np.ones_like(width)
    last = size - 1
    mirrored = turn >= 4
    first, right = np.where(mirrored, first + last, first), np.where(mirrored, -right, right)
    for quarter in (1, 2, 3):  # turned to the left by a quarter: row i, column j of the new is row j, column last - i
        turned = turn % 4 >= quarter
        first = np.where(turned, first + last * right, first)
        down, right = np.where(turned, -right, down), np.where(turned, down, right)
    return first, down, right


def cut(pixels, table, size):
    """The patches that a table (n, 3) of corner() describes, out of a long row of pixels: (n, size, size, 1).

    first, down and right are all that NumPy needs to see a patch in the row, turned and mirrored, as an array whose
    strides they are. To copy it from there is faster than to gather it by the numbers of its pixels.
    """
    patches = np.empty((len(table), size, size, 1), pixels.dtype)
    for patch, (first, down, right) in zip(patches[..., 0], (table * pixels.itemsize).tolist(), strict=True):
        patch[...] = np.ndarray((size, size), pixels.dtype, pixels, first, (down, right))
    return patches


def flip_or_rotate(image, turn):
    """One of the eight symmetries of the square: rotations by `turn` x 90 degrees, mirrored from 4 on."""
    return np.rot90(image[:, ::-1] if turn >= 4 else image, turn % 4)
