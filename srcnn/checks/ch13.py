"""Checks of chapter 13, use it."""

import numpy as np

from ._check import Hint, ask, check, compare, decimal, like, numbers, whole


@check
def exercise_13_1(upright, rng):
    for image in (rng.random((3, 4)), rng.random((2, 5, 3)), rng.random(whole(rng, (2, 3), (4, 6)))):
        for orientation in range(1, 9):
            given, right = ask(upright, image, orientation), _upright(image, orientation)
            slips = []
            if orientation in (6, 8):
                slips = [(_upright(image, 14 - orientation), "turned the wrong way: np.rot90 turns left")]
            if orientation == 3:
                slips = [(_upright(image, 4), "mirrored; turned by 180 degrees is two quarter turns, np.rot90(x, 2)")]
            if orientation in (2, 4):
                slips = [(_upright(image, 6 - orientation), "mirrored along the wrong axis")]
            if orientation in (5, 7):
                slips = [(_upright(image, turn), "turned by 90 degrees; this one is transposed") for turn in (6, 8)]
            slips += [
                (np.flip(_upright(image, orientation), (0, 1)), "that is upside down"),
                (image, "the picture comes back as it was stored"),
                (np.transpose(right), "the colours must stay the last axis"),
                (np.transpose(image), "the colours must stay the last axis: exchange the first two axes alone"),
            ]
            if hint := compare(given, right, slips, f"orientation {orientation}: "):
                return hint
    return None


def _upright(image, orientation):
    turned = {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}[orientation]
    result = np.rot90(image, turned)
    if orientation in (2, 4):
        return result[:, ::-1]
    return result[::-1] if orientation in (5, 7) else result


@check
def exercise_13_2(window, rng):
    for start, size, length, margin, scale in [
        (8, 4, 20, 3, 2), (0, 4, 20, 3, 2), (16, 4, 20, 3, 3), (18, 6, 20, 1, 4), (2, 5, 30, 7, 3), (0, 9, 5, 2, 2),
        (6, 3, 40, 0, 2), whole(rng, (0, 10), (2, 8), (12, 30), (1, 7), (2, 4)),
    ]:  # fmt: skip
        first = max(start - margin, 0)
        end = min(start + size, length)
        right = (first, min(end + margin, length), (start - first) * scale)
        where = f"window({start}, {size}, {length}, {margin}, {scale}): "
        given = numbers(ask(window, start, size, length, margin, scale), 3, "three numbers", where)
        cut = right[2]
        slips = [
            ((start - margin, *right[1:]), "a row has no pixels before 0"),
            ((start - margin, right[1], margin * scale), "a row has no pixels before 0"),
            ((first, end + margin, cut), "a row has no pixels beyond its length"),
            ((first, start + size + margin, cut), "a row has no pixels beyond its length"),
            ((first, right[1], start - first), "what is cut off is counted in pixels of the result, which is larger"),
            ((first, right[1], margin * scale), "at the border there are fewer pixels in front, so less is cut off"),
            ((first, right[1] - 1, cut), "the second number is the first pixel that is *not* read any more"),
            ((first, end, cut), "the margin is needed behind the tile as well"),
            ((start, right[1], 0), "the margin is needed in front of the tile as well"),
        ]
        if hint := compare(given, right, slips, where, otherwise=f"got {tuple(map(int, given))}"):
            return hint
    return None


@check
def exercise_13_3(sharpen, rng):

    def blur(image):
        padded = np.pad(image, 1, mode="edge")
        rows = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
        return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 3

    for amount in (0.3, 0.0, 2.0, decimal(rng, 0.4, 1.6)):
        image = rng.random((6, 7))
        taken = image - blur(image)
        right = np.clip(image + amount * taken, 0, 1)
        slips = [
            (image + amount * taken, "what leaves 0..1 must be cut: np.clip"),
            (np.clip(image - amount * taken, 0, 1), "that blurs: add what the blur takes away"),
            (np.clip(image + amount * blur(image), 0, 1), "add what the blur takes away, not the blurred picture"),
            (np.clip(blur(image) + amount * taken, 0, 1), "add it to the picture, not to the blurred one"),
            (np.clip(amount * taken, 0, 1), "that is what is added; the picture itself is missing"),
            (np.clip(image + taken, 0, 1), "amount says how much of it is added"),
            (image + amount * np.clip(taken, 0, 1), "cut the sum to 0..1, not what is added: that may be negative"),
            (np.clip(image + amount * np.clip(taken, 0, 1), 0, 1), "what is added may be negative: cut the sum alone"),
        ]
        if hint := compare(ask(sharpen, image, amount, blur), right, slips, f"amount {amount}: "):
            return hint
    return None


@check
def exercise_13_4(in_tiles, rng):
    cases = [((9, 11), 2, 1, 4), ((7, 5), 3, 2, 3), ((6, 8), 2, 2, 50), ((5, 6), 4, 1, 1)]
    cases.append((whole(rng, (7, 11), (7, 11)), *whole(rng, (2, 3), (1, 2), (2, 5))))
    for (h, w), scale, margin, step in cases:
        lr, asked = rng.random((h, w)), []
        where = f"{h} x {w} pixels, scale {scale}, margin {margin}, step {step}: "

        def run(part, margin=margin, scale=scale, asked=asked):
            asked.append(np.shape(part))
            return _enlarged(part, margin, scale)

        given = like(ask(in_tiles, lr, scale, run, margin, step), np.zeros((scale * h, scale * w)), where)
        right, most = _enlarged(lr, margin, scale), step + 2 * margin
        if not asked:
            raise Hint(where + "run was never called; enlarge with it")
        if max(map(max, asked)) > most:
            raise Hint(f"{where}run was given {max(map(max, asked))} pixels along a side; {most} are allowed")
        slips = [(_tiled(lr, scale, margin, step), "there are seams: read `margin` pixels more on each side of a tile")]
        if hint := compare(given, right, slips, where):
            return hint
    return None


def _enlarged(part, margin, scale):
    """Each small pixel becomes the sum of its surroundings, weighted by place, as a block with a slope in it."""
    padded = np.pad(part, margin, mode="symmetric")
    windows = np.lib.stride_tricks.sliding_window_view(padded, [2 * margin + 1] * 2)
    weights = np.arange(1.0, windows[0, 0].size + 1).reshape(windows.shape[2:])
    return np.kron((windows * weights).sum((2, 3)) / weights.sum(), 1 + np.arange(scale**2).reshape(scale, scale) / 7)


def _tiled(lr, scale, margin, step):
    """Without the margin: what somebody gets who forgets it."""
    rows = range(0, lr.shape[0], step)
    columns = range(0, lr.shape[1], step)
    return np.block([[_enlarged(lr[i : i + step, j : j + step], margin, scale) for j in columns] for i in rows])
