"""From photographs to batches of patches: random crops of five sizes in eight flips and rotations (chapter 6)."""

import numpy as np

from . import InputError, images, resample
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
    """

    def __init__(
        self, photographs, scale, *, batch_size=16, patch_size=36, margin=6, factor=1, steps=500, seed=0, epoch=0,
        augment=True,
    ):  # fmt: skip
        super().__init__()
        self.batch_size, self.patch_size, self.margin, self.factor = batch_size, patch_size, margin, factor
        self.steps, self.seed, self.epoch, self.turns = steps, seed, epoch, 8 if augment else 1
        self.pairs = []
        for photograph in photographs.values():
            for shrink in SCALES if augment else SCALES[:1]:
                height, width = (round(size * shrink) for size in photograph.shape[:2])
                if min(height, width) >= patch_size * factor + scale - 1:
                    smaller = resample.resize(images.luma(photograph), height, width)
                    hr, lr = resample.pair(np.rint(smaller.clip(0, 255)).astype(np.uint8), scale)
                    self.pairs.append((resample.enlarge(lr, scale) if factor == 1 else lr, hr))
        if not self.pairs:
            side = patch_size * factor
            raise InputError(f"no photograph is as large as a patch of {side} x {side} pixels")
        area = np.array([hr.size for _, hr in self.pairs], float)
        self.odds = area.cumsum() / area.sum()

    def __len__(self):
        return self.steps

    def __getitem__(self, number):
        rng = np.random.default_rng((self.seed, self.epoch, number))
        size, inner, factor = self.patch_size, self.patch_size - 2 * self.margin, self.factor
        x = np.empty((self.batch_size, size, size), np.float32)
        y = np.empty((self.batch_size, factor * inner, factor * inner), np.float32)
        for k, choice in enumerate(self.odds.searchsorted(rng.random(self.batch_size), side="right")):
            given, wanted = self.pairs[choice]
            top, left = (rng.integers(side - size + 1) for side in given.shape)
            turn = rng.integers(self.turns)
            x[k] = flip_or_rotate(given[top : top + size, left : left + size], turn)
            top, left = factor * (top + self.margin), factor * (left + self.margin)
            y[k] = flip_or_rotate(wanted[top : top + factor * inner, left : left + factor * inner], turn)
        return x[..., None], y[..., None]

    def on_epoch_end(self):
        self.epoch += 1


def flip_or_rotate(image, turn):
    """One of the eight symmetries of the square: rotations by `turn` x 90 degrees, mirrored from 4 on."""
    return np.rot90(image[:, ::-1] if turn >= 4 else image, turn % 4)
