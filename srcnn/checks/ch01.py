"""The checks of chapter 1: blocks, a twin, a count, the disguises of a wave, the null space."""

from itertools import islice

import numpy as np

from ._check import ask, check, compare, decimal, explain, like, number, recognise, whole


@check
def exercise_1_1(block_average, rng):
    """The average of each block, for any scale."""
    rows, columns, drawn = whole(rng, (1, 5), (1, 5), (2, 5))
    for height, width, scale in [(6, 4, 2), (4, 4, 2), (6, 9, 3), (8, 20, 4), (rows * drawn, columns * drawn, drawn)]:
        where = f"{height} × {width} pixels, scale {scale}: "
        image = rng.random((height, width))
        with explain({"reshape": where + "reshape does not fit; multiply your four numbers"}):
            given = ask(block_average, image, scale)
        blocks = image.reshape(height // scale, scale, width // scale, scale)
        right = blocks.mean(axis=(1, 3))
        tiles = image.reshape(scale, height // scale, scale, width // scale).mean(axis=(0, 2))
        strips = image.reshape(-1, scale * scale).mean(axis=1).reshape(right.shape)
        slips = [
            (right.T, "your rows and columns are exchanged"),
            (blocks.mean(axis=(0, 2)), "your shape is that of one block; average *within* the blocks, not over them"),
            (right * scale**2, "that is the sum of each block; divide by its number of pixels"),
            (right * scale, "you divide by the scale; a block has more pixels than that"),
            (image[::scale, ::scale], "you keep every `scale`-th pixel; average the whole block"),
            (np.median(blocks, axis=(1, 3)), "that is the median of each block; take the mean"),
            (tiles, "you average pixels of different blocks; which of the four axes lie in one block?"),
            (strips, "you average numbers that stand in one row; a block takes `scale` numbers from each of its rows"),
            (np.rint(right), "do not round"),
        ]
        if hint := compare(given, right, slips, where):
            return hint
    return None


@check
def exercise_1_2(twin_of, rng):
    """Another picture with the same block averages."""
    rows, columns, drawn = whole(rng, (1, 4), (1, 4), (2, 5))
    for height, width, scale in [(4, 6, 2), (6, 9, 3), (8, 8, 4), (rows * drawn, columns * drawn, drawn)]:
        where = f"{height} × {width} pixels, scale {scale}: "
        blocks = height // scale, scale, width // scale, scale
        image = _picture(rng, blocks)
        given = like(ask(twin_of, image, scale), image, where)
        if problem := _not_a_twin(given.reshape(blocks), image.reshape(blocks)):
            return where + problem
    return None


def _picture(rng, shape):
    """A picture without a flat block, of (rows of blocks, scale, columns of blocks, scale)."""
    image = (rng.random((shape[0], 1, shape[2], 1)) + rng.choice([-0.3, 0.1], shape)).clip(0, 1)
    image[:, 0, :, 0], image[:, 0, :, 1] = 0.0, 1.0
    image[0, :, 0, 1:] = 1.0  # one block has hardly any room above
    return image.reshape(shape[0] * shape[1], shape[2] * shape[3])


def _not_a_twin(given, image):
    """What is wrong with a twin, in blocks, or None."""
    moved = abs(given - image).max(axis=(1, 3))
    error = abs((given - image).mean(axis=(1, 3))).max()
    if moved.max() < 1e-9:
        return "that is the picture itself, not another one"
    if given.min() < -1e-9 or given.max() > 1 + 1e-9:
        return f"your pixels go from {given.min():.2f} to {given.max():.2f}; 0..1 is the range"
    if error > 1e-6:
        new_limit = ((given < 1e-9) & (image > 1e-9)) | ((given > 1 - 1e-9) & (image < 1 - 1e-9))
        clipped = " (did you clip? That changes an average; stay inside 0..1 without it)" if new_limit.any() else ""
        return f"a block's average differs by {error:.3f}{clipped}"
    if moved.min() < 0.01:
        return "in one block no pixel changes by 0.01 or more"
    if np.ptp(given, axis=(1, 3)).min() < 1e-6:
        return "a block of your twin is flat: it has no detail; keep a part of it"
    return None


@check
def exercise_1_3(blocks_with_sum, rng):
    """The number of blocks with a sum."""
    small = [(7, 4, 5), (6, 4, 4), (2, 2, 2), (9, 3, 4), (10, 3, 4)]
    drawn = [whole(rng, (2, 12), (2, 5), (4, 9)) for _ in range(3)]
    for sizes in [*small, *drawn, (0, 4, 256), (255, 2, 256), (700, 4, 256), (1000, 9, 256)]:
        where = "sum {}, {} pixels, {} levels: ".format(*sizes)
        right = _ways(*sizes)
        nothing = "no block has this sum, so the number is 0"
        try:
            given = number(ask(blocks_with_sum, *sizes), where + "your function")
        except (IndexError, KeyError):
            if right:
                raise
            return where + nothing + "; your list has no such place"
        otherwise = f"{given:.12g} is not right; try a case that you can list by hand, such as 2 pixels with 2 levels"
        if not right:
            otherwise = nothing
        elif sizes[1] == 9:
            otherwise = (
                f"{given:.12g} is not right, the smaller numbers were; is {right} too large for your type of number?"
            )
        if hint := compare(given, right, _count_slips(*sizes), where, 1e-9 * right, otherwise):
            return hint
    return None


def _count_slips(total, pixels, levels):
    yield _ways(total, pixels, levels + 1), "the brightest pixel is levels − 1; you count one level too many"
    yield _ways(total, pixels, levels - 1), "the levels are 0 to levels − 1; you count one level too few"
    yield _ways(total - pixels, pixels, levels), "the darkest pixel is 0, not 1"
    yield _ways(total, pixels + 1, levels), "you add one pixel too many"
    yield _ways(total, pixels - 1, levels), "you add one pixel too few"
    if pixels <= 4 and levels <= 16:  # more would take long
        yield _unordered(total, pixels, levels), "1, 5 and 5, 1 are two different blocks; count both"
    if total < 20:
        ways = sum(_ways(smaller, pixels, levels) for smaller in range(total + 1))
        yield ways, "you count the sums *up to* the total as well"
    yield levels**pixels, "that is the number of all blocks, whatever their sum"
    yield 0, "you find no block, but there are some"


def _ways(total, pixels, levels):
    """The number of ordered blocks with this sum, an exact integer."""
    if total < 0 or pixels < 0 or levels < 1:
        return 0
    ways = [1]
    for _ in range(pixels):
        run, longer = 0, []
        for t in range(len(ways) + levels - 1):
            run += ways[t] if t < len(ways) else 0
            run -= ways[t - levels] if t >= levels else 0
            longer.append(run)
        ways = longer
    return ways[total] if total < len(ways) else 0


def _unordered(total, pixels, levels):
    """The number of blocks with this sum if the order of the pixels does not matter."""
    if pixels == 0:
        return int(total == 0)
    return sum(_unordered(total - v, pixels - 1, v + 1) for v in range(min(levels - 1, max(total, 0)) + 1))


@check
def exercise_1_4(disguises, rng):
    """All frequencies that look alike after picking."""
    drawn = [(decimal(rng, 0.03, 0.47), *whole(rng, (2, 6))) for _ in range(2)]
    for g, scale in [(0.1, 3), (0.2, 2), (0.35, 4), (0.45, 3), (0.05, 5), *drawn]:
        where = f"g = {g}, scale {scale}: "
        right = np.unique([abs(k + sign * g) / scale for k in range(scale + 1) for sign in (-1, 1)])
        right = right[right <= 0.5]
        given = ask(disguises, g, scale)
        try:
            found = np.ravel(np.asarray(given if np.isscalar(given) else list(islice(given, 10**4)), float))
        except (TypeError, ValueError):
            return where + "return a list of numbers"
        if problem := _not_all_disguises(like(found, found, where), right, g, scale):
            return where + problem
    return None


def _not_all_disguises(found, right, g, scale):
    """What is wrong with a list of frequencies, or None."""
    if compare(found, right, tolerance=5e-6) is None:
        return None
    if found.size == 0:
        return "your list is empty"
    ordered = np.sort(found)
    if compare(ordered, right, tolerance=5e-6) is None:
        return "all found, but not in rising order"
    if len(np.unique(ordered.round(9))) < len(ordered):
        return "a frequency stands twice in your list (perhaps equal up to rounding)"
    if compare(ordered, scale * right, tolerance=5e-6) is None:
        return "these are periods per *new* pixel; the exercise asks for periods per old pixel"
    if ordered[0] < 0:
        return "a frequency below 0 is the same wave as its positive twin; keep 0..1/2"
    if ordered[-1] > 0.5 + 1e-9:
        return "the long row holds no wave above f = 1/2; leave those out"
    seen = abs(scale * ordered - np.round(scale * ordered))
    wrong = abs(seen - g) > 1e-6
    if wrong.any():
        return f"f = {ordered[wrong][0]:.4f} is seen as {seen[wrong][0]:.4f}, by Eq. (1.7)"
    return f"{len(right) - len(ordered)} still missing; a fast wave can lie below or above a whole number"


@check
def exercise_1_5(unseen_part, rng):
    """The projection onto the null space of two matrices."""
    sizes = [((8, 8), (4, 4)), ((6, 9), (2, 3)), ((10, 6), (5, 2)), ((7, 5), (3, 4))]
    sizes.append((whole(rng, (6, 10), (6, 10)), whole(rng, (2, 4), (2, 4))))
    for (high, wide), (small_h, small_w) in sizes:
        A_h, A_w = rng.random((small_h, high)) - 0.3, rng.random((small_w, wide)) - 0.3
        x = rng.random((high, wide))
        where = f"x of {high} × {wide}, matrices of {small_h} × {high} and {small_w} × {wide}: "
        no_fit = where + "the shapes do not fit; is A_h on the left and A_w.T on the right?"
        no_inverse = where + "these matrices are not square, so they have no inverse; use the pseudo-inverse"
        with explain({"must be square": no_inverse, "matmul": no_fit, "broadcast": no_fit, "shape": no_fit}):
            given = ask(unseen_part, x, A_h, A_w)
        given = like(given, x, where)
        if problem := _not_unseen(given, x, A_h, A_w) or _no_projection(unseen_part, given, x, A_h, A_w):
            return where + problem
    return None


def _not_unseen(given, x, A_h, A_w):
    """The hint for a picture that is seen, or is nothing."""
    small = A_h @ x @ A_w.T
    seen = np.linalg.pinv(A_h) @ small @ np.linalg.pinv(A_w).T
    slips = [
        (seen, "that is the part that *is* seen; subtract it from x"),
        (x + seen, "the sign is wrong: the seen part is subtracted"),
        (x - A_h.T @ small @ A_w, "the transposed matrix is not an enlargement with D U = 1; use the pseudo-inverse"),
        (0 * x, "an empty picture is unseen, but it is not the unseen part of x"),
    ]
    left = abs(A_h @ given @ A_w.T).max()
    shown = f"not unseen: the small image of your result has pixels up to {left:.3g}" if left > 1e-6 else None
    return recognise(given, slips, 1e-6) or shown


def _no_projection(unseen_part, given, x, A_h, A_w):
    """The hint for a function that takes away more or less than U(D x)."""
    seen = np.linalg.pinv(A_h) @ A_h @ x @ A_w.T @ np.linalg.pinv(A_w).T
    cases = [
        (x - seen, x - seen, "you take too much away: a picture that is already unseen must come back as it is"),
        (2 * x, 2 * given, "for a picture twice as bright the unseen part must be twice as strong"),
        (x - given, 0 * x, "what you take away has an unseen part itself; take away U(D x) and nothing else"),
    ]
    for picture, right, hint in cases:
        if problem := compare(ask(unseen_part, picture, A_h, A_w), right, otherwise=hint):
            return problem
    return None
