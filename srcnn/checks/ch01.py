"""The checks of chapter 1: blocks, a twin, a count, the disguises of a wave, the null space."""

import numpy as np

from ._check import check, same_array

__all__ = ["exercise_1_1", "exercise_1_2", "exercise_1_3", "exercise_1_4", "exercise_1_5"]


@check
def exercise_1_1(block_average):
    """The average of each block, for any scale."""
    random = np.random.default_rng(1)
    for height, width, scale in [(6, 4, 2), (4, 4, 2), (6, 9, 3), (8, 20, 4)]:
        image = random.random((height, width))
        before = image.copy()
        try:
            given = block_average(image, scale)
        except ValueError as error:
            if "reshape" in str(error):
                return f"{height} × {width} pixels, scale {scale}: reshape does not fit; multiply your four numbers"
            raise
        if not np.array_equal(image, before):
            return "your function changes the array that it was given; work on a new one"
        where = f"{height} × {width} pixels, scale {scale}: "
        blocks = image.reshape(height // scale, scale, width // scale, scale)
        right = blocks.mean(axis=(1, 3))
        problem = same_array(given, right)
        if problem is None:
            continue
        if np.shape(given) == right.shape[::-1] and same_array(given, right.T) is None:
            return where + "your rows and columns are exchanged"
        if np.shape(given) == (scale, scale) != right.shape:
            return where + "your shape is that of one block; average *within* the blocks, not over them"
        if np.shape(given) != right.shape:
            return where + problem
        given = np.asarray(given, float)
        tiles = image.reshape(scale, height // scale, scale, width // scale).mean(axis=(0, 2))
        strips = image.reshape(-1, scale * scale).mean(axis=1).reshape(right.shape)
        slips = [
            (right * scale**2, "that is the sum of each block; divide by its number of pixels"),
            (right * scale, "you divide by the scale; a block has more pixels than that"),
            (image[::scale, ::scale], "you keep every `scale`-th pixel; average the whole block"),
            (np.median(blocks, axis=(1, 3)), "that is the median of each block; take the mean"),
            (tiles, "you average pixels of different blocks; which of the four axes lie in one block?"),
            (strips, "you average numbers that stand in one row; a block takes `scale` numbers from each of its rows"),
            (np.rint(right), "do not round"),
        ]
        for slip, hint in slips:
            if np.allclose(given, slip, atol=1e-5):
                return where + hint
        return where + problem
    return None


@check
def exercise_1_2(twin_of):
    """Another picture with the same block averages."""
    random = np.random.default_rng(2)
    for height, width, scale in [(4, 6, 2), (6, 9, 3), (8, 8, 4)]:
        shape = height // scale, scale, width // scale, scale
        base = random.random((shape[0], 1, shape[2], 1))
        image = (base + random.choice([-0.3, 0.1], shape)).clip(0, 1)
        image[:, 0, :, 0], image[:, 0, :, 1] = 0.0, 1.0  # no block is flat
        image[0, :, 0, 1:] = 1.0  # and one has hardly any room above
        image = image.reshape(height, width)
        before = image.copy()
        given = twin_of(image, scale)
        where = f"{height} × {width} pixels, scale {scale}: "
        if not np.array_equal(image, before):
            return "your function changes the array that it was given; work on a new one"
        problem = same_array(given, image, tolerance=np.inf)
        if problem:
            return where + problem
        given = np.asarray(given, float)
        moved = abs(given - image).reshape(shape).max(axis=(1, 3))
        if moved.max() < 1e-9:
            return where + "that is the picture itself, not another one"
        error = (given - image).reshape(shape).mean(axis=(1, 3))
        if given.min() < -1e-9 or given.max() > 1 + 1e-9:
            return where + f"your pixels go from {given.min():.2f} to {given.max():.2f}; 0..1 is the range"
        if abs(error).max() > 1e-6:
            new_limit = ((given < 1e-9) & (image > 1e-9)) | ((given > 1 - 1e-9) & (image < 1 - 1e-9))
            hint = " (did you clip? That changes an average; stay inside 0..1 without it)" if new_limit.any() else ""
            return where + f"a block's average differs by {abs(error).max():.3f}{hint}"
        if moved.min() < 0.01:
            return where + "in one block no pixel changes by 0.01 or more"
        if np.ptp(given.reshape(shape), axis=(1, 3)).min() < 1e-6:
            return where + "a block of your twin is flat: it has no detail; keep a part of it"
    return None


@check
def exercise_1_3(blocks_with_sum):
    """The number of blocks with a sum."""
    small = [(7, 4, 5), (6, 4, 4), (2, 2, 2), (9, 3, 4), (10, 3, 4)]
    for total, pixels, levels in [*small, (0, 4, 256), (255, 2, 256), (700, 4, 256), (1000, 9, 256)]:
        where = f"sum {total}, {pixels} pixels, {levels} levels: "
        right = _ways(total, pixels, levels)
        try:
            given = blocks_with_sum(total, pixels, levels)
        except (IndexError, KeyError):
            if right:
                raise
            return where + "no block has this sum, so the number is 0; your list has no such place"
        if given is None:
            return "got None; does your function end with `return`?"
        try:
            number = float(given)
        except (TypeError, ValueError):
            return where + f"return one number; got {type(given).__name__}"
        if abs(number - right) <= 1e-9 * right:
            continue
        slips = [
            (_ways(total, pixels, levels + 1), "the brightest pixel is levels − 1; you count one level too many"),
            (_ways(total, pixels, levels - 1), "the levels are 0 to levels − 1; you count one level too few"),
            (_ways(total - pixels, pixels, levels), "the darkest pixel is 0, not 1"),
            (_ways(total, pixels + 1, levels), "you add one pixel too many"),
            (_ways(total, pixels - 1, levels), "you add one pixel too few"),
            (_unordered(total, pixels, levels), "1, 5 and 5, 1 are two different blocks; count both"),
            (_up_to(total, pixels, levels), "you count the sums *up to* the total as well"),
            (levels**pixels, "that is the number of all blocks, whatever their sum"),
            (0 if right else None, "you find no block, but there are some"),
        ]
        for slip, hint in slips:
            if slip is not None and number == slip:
                return where + hint
        if not right:
            return where + "no block has this sum, so the number is 0"
        if pixels == 9:
            return (
                where + f"{given} is not right, the smaller numbers were; is {right} too large for your type of number?"
            )
        return where + f"{given} is not right; try a case that you can list by hand, such as 2 pixels with 2 levels"
    return None


@check
def exercise_1_4(disguises):
    """All frequencies that look alike after picking."""
    for g, scale in [(0.1, 3), (0.2, 2), (0.35, 4), (0.45, 3), (0.05, 5)]:
        given = disguises(g, scale)
        where = f"g = {g}, scale {scale}: "
        right = sorted(abs(k + sign * g) / scale for k in range(scale + 1) for sign in (-1, 1))
        right = np.array([f for k, f in enumerate(right) if f <= 0.5 and (k == 0 or f - right[k - 1] > 1e-9)])
        if given is None:
            return "got None; does your function end with `return`?"
        try:
            found = np.asarray(list(given) if not np.isscalar(given) else [given], float).ravel()
        except (TypeError, ValueError):
            return where + "return a list of numbers"
        if not np.isfinite(found).all():
            return where + "there are NaN or infinite values in your list"
        if found.shape == right.shape and np.allclose(found, right, atol=1e-6):
            continue
        if found.size == 0:
            return where + "your list is empty"
        ordered = np.sort(found)
        if ordered.shape == right.shape and np.allclose(ordered, right, atol=1e-6):
            return where + "all found, but not in rising order"
        single = np.unique(ordered.round(9))
        if len(single) < len(ordered):
            return where + "a frequency stands twice in your list (perhaps equal up to rounding)"
        if ordered.shape == right.shape and np.allclose(ordered, scale * right, atol=1e-6):
            return where + "these are periods per *new* pixel; wanted are periods per old pixel"
        if ordered.min() < 0:
            return where + "a frequency below 0 is the same wave as its positive twin; keep 0..1/2"
        if ordered.max() > 0.5 + 1e-9:
            return where + "the long row holds no wave above f = 1/2; leave those out"
        seen = scale * ordered
        wrong = ordered[abs(abs(seen - np.round(seen)) - g) > 1e-6]
        if len(wrong):
            as_seen = abs(scale * wrong[0] - round(scale * wrong[0]))
            return where + f"f = {wrong[0]:.4f} is seen as {as_seen:.4f}, by Eq. (1.7)"
        missing = len(right) - len(ordered)
        return where + f"{missing} still missing; a fast wave can lie below or above a whole number"
    return None


@check
def exercise_1_5(unseen_part):
    """The projection onto the null space of two matrices."""
    random = np.random.default_rng(5)
    for (high, wide), (small_h, small_w) in [((8, 8), (4, 4)), ((6, 9), (2, 3)), ((10, 6), (5, 2)), ((7, 5), (3, 4))]:
        A_h, A_w = random.random((small_h, high)) - 0.3, random.random((small_w, wide)) - 0.3
        x = random.random((high, wide))
        kept = x.copy(), A_h.copy(), A_w.copy()
        where = f"x of {high} × {wide}, matrices of {small_h} × {high} and {small_w} × {wide}: "
        try:
            given = unseen_part(x, A_h, A_w)
        except np.linalg.LinAlgError:
            return where + "these matrices are not square, so they have no inverse; use the pseudo-inverse"
        except ValueError as error:
            if "matmul" in str(error) or "broadcast" in str(error) or "shape" in str(error):
                return where + "the shapes do not fit; is A_h on the left and A_w.T on the right?"
            raise
        if not all(np.array_equal(a, b) for a, b in zip((x, A_h, A_w), kept, strict=True)):
            return "your function changes an array that it was given; work on a new one"
        problem = same_array(given, x, tolerance=np.inf)
        if problem:
            return where + problem
        given = np.asarray(given, float)
        U_h, U_w = np.linalg.pinv(A_h), np.linalg.pinv(A_w)
        seen = U_h @ (A_h @ x @ A_w.T) @ U_w.T
        if np.allclose(given, seen, atol=1e-6):
            return where + "that is the part that *is* seen; subtract it from x"
        if np.allclose(given, x + seen, atol=1e-6):
            return where + "the sign is wrong: the seen part is subtracted"
        left = A_h @ given @ A_w.T
        if abs(left).max() > 1e-6:
            if np.allclose(given, x - A_h.T @ (A_h @ x @ A_w.T) @ A_w, atol=1e-6):
                return where + "the transposed matrix is not an enlargement with D U = 1; use the pseudo-inverse"
            return where + f"not unseen: the small image of your result has pixels up to {abs(left).max():.3g}"
        if abs(given).max() < 1e-6:
            return where + "an empty picture is unseen, but it is not the unseen part of x"
        hidden = x - seen
        again = [np.asarray(unseen_part(y, A_h, A_w), float) for y in (hidden.copy(), 2 * x, x - given)]
        if not np.allclose(again[0], hidden, atol=1e-6):
            return where + "you take too much away: a picture that is already unseen must come back as it is"
        if not np.allclose(again[1], 2 * given, atol=1e-6):
            return where + "for a picture twice as bright the unseen part must be twice as strong"
        if abs(again[2]).max() > 1e-6:
            return where + "what you take away has an unseen part itself; take away U(D x) and nothing else"
    return None


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


def _up_to(total, pixels, levels):
    """The number of blocks with this sum or a smaller one; None if that takes long."""
    return sum(_ways(t, pixels, levels) for t in range(total + 1)) if total < 20 else None


def _unordered(total, pixels, levels, largest=None):
    """The number of blocks with this sum if the order of the pixels does not matter; None if there are many."""
    if pixels > 4 or levels > 16:
        return None
    largest = levels - 1 if largest is None else largest
    if pixels == 0:
        return int(total == 0)
    return sum(_unordered(total - v, pixels - 1, levels, v) for v in range(min(largest, max(total, 0)) + 1))
