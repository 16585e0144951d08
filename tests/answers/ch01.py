"""Answers to the exercises of chapter 1: right ones, however written, and wrong ones with the slip that they make."""

import itertools

import numpy as np

# Exercise 1.1: block averages


def by_reshape(image, scale):
    height, width = image.shape
    return image.reshape(height // scale, scale, width // scale, scale).mean((1, 3))


def by_slices(image, scale):
    corners = [image[i::scale, j::scale] for i in range(scale) for j in range(scale)]
    return sum(corners) / len(corners)


def by_loops(image, scale):
    rows, columns = image.shape[0] // scale, image.shape[1] // scale
    return [
        [float(image[i * scale : (i + 1) * scale, j * scale : (j + 1) * scale].mean()) for j in range(columns)]
        for i in range(rows)
    ]


def adds_in_place(image, scale):
    image /= scale**2
    return by_slices(image, scale) * scale**2


def axes(first, second):
    def answer(image, scale):
        height, width = image.shape
        return image.reshape(height // scale, scale, width // scale, scale).mean(axis=(first, second))

    return answer


# Exercise 1.2: a twin


def filled(image, scale):
    return np.kron(by_reshape(image, scale), np.ones((scale, scale)))


def half_the_detail(image, scale):
    flat = filled(image, scale)
    return (flat + image) / 2


def next_pixel(image, scale):
    """The pixels of each block, moved round in a circle."""
    twin = image.copy()
    for i, j in itertools.product(range(0, image.shape[0], scale), range(0, image.shape[1], scale)):
        block = image[i : i + scale, j : j + scale]
        twin[i : i + scale, j : j + scale] = np.roll(block.ravel(), 1).reshape(block.shape)
    return twin


def mutating(image, scale):
    image[:] = half_the_detail(image, scale)
    return image


def only_one_block(image, scale):
    twin = image.copy()
    twin[:scale, :scale] = half_the_detail(image, scale)[:scale, :scale]
    return twin


# Exercise 1.3: counting


def pixel_by_pixel(total, pixels, levels=256):
    ways = {0: 1}
    for _ in range(pixels):
        longer = {}
        for t, number in ways.items():
            for v in range(levels):
                longer[t + v] = longer.get(t + v, 0) + number
        ways = longer
    return ways.get(total, 0)


def by_convolution(total, pixels, levels=256):
    ways = np.ones(1)
    for _ in range(pixels):
        ways = np.convolve(ways, np.ones(levels))
    return ways[total] if total < len(ways) else 0.0


def raises_beyond(total, pixels, levels=256):
    ways = np.ones(1)
    for _ in range(pixels):
        ways = np.convolve(ways, np.ones(levels))
    return ways[total]


def sorted_blocks(total, pixels, levels=256):
    blocks = itertools.combinations_with_replacement(range(levels), pixels)
    return sum(sum(block) == total for block in blocks)


# Exercise 1.4: the disguises


def by_search(g, scale):
    candidates = {round(abs(k + sign * g) / scale, 12) for k in range(-9, 9) for sign in (-1, 1)}
    return sorted(f for f in candidates if f <= 0.5)


def folded_down(g, scale):
    """Tile by tile: up in the even ones, down in the odd ones."""
    return np.array([(k + 1) / 2 - g if k % 2 else k / 2 + g for k in range(scale)]) / scale


# Exercise 1.5: the unseen part


def by_pseudo_inverse(x, A_h, A_w):
    return x - np.linalg.pinv(A_h) @ A_h @ x @ A_w.T @ np.linalg.pinv(A_w).T


def as_one_matrix(x, A_h, A_w):
    D = np.kron(A_h, A_w)
    seen = D.T @ np.linalg.solve(D @ D.T, D @ x.ravel())
    return x - seen.reshape(x.shape)


def with_another_enlargement(x, A_h, A_w):
    """Any U with D U = 1 will do: here one that fills in a corner of the picture only."""
    U_h, U_w = (np.eye(A.shape[1], A.shape[0]) @ np.linalg.inv(A[:, : len(A)]) for A in (A_h, A_w))
    return x - U_h @ (A_h @ x @ A_w.T) @ U_w.T


def axis_by_axis(x, A_h, A_w):
    left, right = (np.eye(A.shape[1]) - np.linalg.pinv(A) @ A for A in (A_h, A_w))
    return left @ x @ right.T


def mutates(x, A_h, A_w):
    x -= np.linalg.pinv(A_h) @ A_h @ x @ A_w.T @ np.linalg.pinv(A_w).T
    return x


RIGHT = {
    "1.1": [by_reshape, by_slices, by_loops],
    "1.2": [half_the_detail, next_pixel, lambda *given: half_the_detail(*given).tolist()],
    "1.3": [pixel_by_pixel, by_convolution],
    "1.4": [by_search, folded_down],
    "1.5": [
        by_pseudo_inverse,
        as_one_matrix,
        with_another_enlargement,
        lambda *given: np.asarray(by_pseudo_inverse(*given)).tolist(),
    ],
}

WRONG = {
    "1.1": [
        (lambda image, scale: None, "return"),
        (lambda image, scale: by_reshape(image, scale).T, "exchanged"),
        (lambda image, scale: by_reshape(image, scale) * scale**2, "sum"),
        (lambda image, scale: by_reshape(image, scale) * scale, "more pixels"),
        (lambda image, scale: image[::scale, ::scale], "every `scale`-th"),
        (lambda image, scale: image.reshape(scale, len(image) // scale, scale, -1).mean((0, 2)), "different blocks"),
        (lambda image, scale: image.reshape(-1, scale**2).mean(1).reshape(by_reshape(image, scale).shape), "one row"),
        (lambda image, scale: by_reshape(image, scale).round(), "round"),
        (lambda image, scale: image.reshape(*image.shape, scale).mean(2), "reshape"),
        (lambda image, scale: image, "shape"),
        (lambda image, scale: by_reshape(image, 2), "shape"),
        (lambda image, scale: image.mean(), "shape"),
        (lambda image, scale: by_reshape(image, scale) / 0 * 0, "NaN"),
        (axes(0, 2), "shape"),
        (adds_in_place, "changes an array"),
        (lambda image, scale: by_reshape(image, scale) + 0.1, "values"),
    ],
    "1.2": [
        (lambda image, scale: None, "return"),
        (lambda image, scale: image, "itself"),
        (lambda image, scale: image.copy(), "itself"),
        (lambda image, scale: 2 * filled(image, scale) - image, "range"),
        (lambda image, scale: (2 * filled(image, scale) - image).clip(0, 1), "did you clip"),
        (filled, "is flat"),
        (lambda image, scale: half_the_detail(image, scale).T, "shape"),
        (lambda image, scale: by_reshape(image, scale), "shape"),
        (lambda image, scale: image[::-1, ::-1], "average differs"),
        (lambda image, scale: 0.9 * image + 0.01, "average differs"),
        (lambda image, scale: 255 * image, "range"),
        (lambda image, scale: image * np.nan, "NaN"),
        (lambda image, scale: image + 0.001 * (filled(image, scale) - image), "0.01"),
        (only_one_block, "0.01"),
        (mutating, "changes an array"),
    ],
    "1.3": [
        (lambda *sizes: None, "return"),
        (lambda *sizes: "many", "number"),
        (lambda *sizes: [1, 2], "number"),
        (lambda total, pixels, levels=256: levels**pixels, "all blocks"),
        (lambda total, pixels, levels=256: pixel_by_pixel(total, pixels, levels + 1), "too many"),
        (lambda total, pixels, levels=256: pixel_by_pixel(total, pixels, levels - 1), "too few"),
        (lambda total, pixels, levels=256: pixel_by_pixel(total - pixels, pixels, levels), "darkest"),
        (lambda total, pixels, levels=256: pixel_by_pixel(total, pixels + 1, levels), "one pixel too many"),
        (lambda total, pixels, levels=256: pixel_by_pixel(total, pixels - 1, levels), "one pixel too few"),
        (lambda total, pixels, levels=256: sum(pixel_by_pixel(t, pixels, levels) for t in range(total + 1)), "up to"),
        (sorted_blocks, "two different blocks"),
        (lambda total, pixels, levels=256: 0, "no block"),
        (lambda total, pixels, levels=256: pixel_by_pixel(total, pixels, levels) or 1, "the number is 0"),
        (raises_beyond, "the number is 0"),
        (lambda total, pixels, levels=256: pixel_by_pixel(total, pixels, levels) + 3, "by hand"),
    ],
    "1.4": [
        (lambda g, scale: None, "return"),
        (lambda g, scale: "g", "list of numbers"),
        (lambda g, scale: [], "empty"),
        (lambda g, scale: [np.nan] * scale, "NaN"),
        (lambda g, scale: by_search(g, scale)[::-1], "rising"),
        (lambda g, scale: by_search(g, scale)[:1] * 2 + by_search(g, scale)[1:], "twice"),
        (lambda g, scale: scale * np.array(by_search(g, scale)), "per *new* pixel"),
        (lambda g, scale: sorted((k + s * g) / scale for k in range(scale) for s in (-1, 1)), "below 0"),
        (lambda g, scale: [(k + g) / scale for k in range(2 * scale)], "no wave above"),
        (lambda g, scale: [(k + g) / scale for k in range(scale) if (k + g) / scale <= 0.5], "missing"),
        (lambda g, scale: g / scale, "missing"),
        (lambda g, scale: [k / scale + g for k in range(scale) if k / scale + g <= 0.5], "is seen as"),
        (lambda g, scale: [g], "is seen as"),
    ],
    "1.5": [
        (lambda x, A_h, A_w: None, "return"),
        (lambda x, A_h, A_w: x - by_pseudo_inverse(x, A_h, A_w), "subtract it"),
        (lambda x, A_h, A_w: 2 * x - by_pseudo_inverse(x, A_h, A_w), "sign"),
        (lambda x, A_h, A_w: x - A_h.T @ A_h @ x @ A_w.T @ A_w, "transposed"),
        (lambda x, A_h, A_w: np.zeros_like(x), "empty"),
        (lambda x, A_h, A_w: x, "not unseen"),
        (lambda x, A_h, A_w: x - x.mean(), "not unseen"),
        (axis_by_axis, "too much"),
        (mutates, "changes an array"),
        (lambda x, A_h, A_w: A_h @ x @ A_w.T, "shape"),
        (lambda x, A_h, A_w: x - np.linalg.pinv(A_w) @ (A_w @ x @ A_h.T), "shapes do not fit"),
        (lambda x, A_h, A_w: x - np.linalg.pinv(A_h) @ A_h @ x @ A_w @ np.linalg.pinv(A_w).T, "shapes do not fit"),
        (lambda x, A_h, A_w: x - np.linalg.inv(A_h) @ A_h @ x @ A_w.T @ np.linalg.inv(A_w).T, "pseudo-inverse"),
        (lambda x, A_h, A_w: by_pseudo_inverse(x, A_h, A_w) * np.nan, "NaN"),
        (lambda x, A_h, A_w: 0.5 * by_pseudo_inverse(x, A_h, A_w), "as it is"),
    ],
}
