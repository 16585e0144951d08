"""From photographs to batches of patches: random crops of five sizes in eight flips and rotations (chapter 6)."""

import numpy as np

from . import InputError, degrade, images
from .models import keras

SCALES = (1.0, 0.9, 0.8, 0.7, 0.6)
"""Each training photograph is used at these five sizes (the augmentation of the FSRCNN paper)."""


class Patches(keras.utils.PyDataset):
    """Batches of random crops, in [0, 1]: x (batch, crop, crop, 1), and y, what a network should make of it.

    factor: 1 for a network that takes the ILR: y is the HR, (batch, crop - 2 border, ..., 1).
            `scale` for one that takes the LR: y is (batch, scale (crop - 2 border), ..., 1).
    border: the pixels of its input that the network uses up on each side, models.margin().
    photographs: dict name -> uint8 image. Each crop is taken at a random place of a random photograph at one of five
    sizes, in one of the eight flips and rotations; with augment=False at its own size, as it is. The same (seed,
    epoch, batch number) gives the same batch, so a run that is stopped and resumed sees what it would have seen.
    """

    def __init__(
        self, photographs, scale, *, batch=16, crop=36, border=6, factor=1, steps=500, seed=0, epoch=0, augment=True
    ):
        super().__init__()
        self.batch, self.crop, self.border, self.factor, self.steps = batch, crop, border, factor, steps
        self.seed, self.epoch, self.turns = seed, epoch, 8 if augment else 1
        self.pairs = []
        for photograph in photographs.values():
            for shrink in SCALES if augment else SCALES[:1]:
                height, width = (round(size * shrink) for size in photograph.shape[:2])
                if min(height, width) >= crop * factor + scale - 1:
                    smaller = degrade.resize(images.luma(photograph), height, width)
                    hr, lr = degrade.pair(np.rint(smaller.clip(0, 255)).astype(np.uint8), scale)
                    self.pairs.append((degrade.enlarge(lr, scale) if factor == 1 else lr, hr))
        if not self.pairs:
            raise InputError(f"no photograph is as large as a crop of {crop * factor} x {crop * factor} pixels")
        area = np.array([hr.size for _, hr in self.pairs], float)
        self.odds = area.cumsum() / area.sum()

    def __len__(self):
        return self.steps

    def __getitem__(self, number):
        random = np.random.default_rng((self.seed, self.epoch, number))
        inner, factor = self.crop - 2 * self.border, self.factor
        x = np.empty((self.batch, self.crop, self.crop), np.float32)
        y = np.empty((self.batch, factor * inner, factor * inner), np.float32)
        for k, choice in enumerate(self.odds.searchsorted(random.random(self.batch), side="right")):
            given, wanted = self.pairs[choice]
            top, left = (random.integers(size - self.crop + 1) for size in given.shape)
            turn = random.integers(self.turns)
            x[k] = flip_or_rotate(given[top : top + self.crop, left : left + self.crop], turn)
            top, left = factor * (top + self.border), factor * (left + self.border)
            y[k] = flip_or_rotate(wanted[top : top + factor * inner, left : left + factor * inner], turn)
        return x[..., None], y[..., None]

    def on_epoch_end(self):
        self.epoch += 1


def flip_or_rotate(image, turn):
    """One of the eight symmetries of the square: rotations by `turn` x 90 degrees, mirrored from 4 on."""
    return np.rot90(image[:, ::-1] if turn >= 4 else image, turn % 4)
