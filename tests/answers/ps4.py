"""Answers to problem set 4, right and wrong, for any variant; as in ps1."""

import numpy as np

# 4.1


def path(optimizer, mu, *, decay=0.01, up=1, first=False, start=0.0, copies=True):
    def answer(gradient, w, rate, steps):
        w, memory, after = np.array(w, float), np.full(w.shape, start), []
        for _ in range(steps):
            if first:
                after.append(w.copy())
            g = up * gradient(w + mu * memory if optimizer == "Nesterov" else w)
            if optimizer in ("heavy ball", "Nesterov"):
                memory = mu * memory - rate * g
                step = memory
            elif optimizer == "RMSprop":
                memory = mu * memory + (1 - mu) * g * g
                step = -rate * g / (np.sqrt(memory) + 1e-7)
            elif optimizer == "decayed momentum":
                memory = mu * memory + (1 - mu) * g
                step = -rate * memory - decay * rate * w
            else:
                step = -rate * g
            w = w + step if copies else np.add(w, step, out=w)
            if not first:
                after.append(w)
        return after

    return answer


def with_a_class(optimizer, mu):
    """Objects with a state, and one array of all steps."""

    class Walker:
        def __init__(self, w):
            self.w, self.m, self.n = w.astype(float), 0.0 * w, 0

        def __call__(self, gradient, rate):
            point = self.w + mu * self.m * (optimizer == "Nesterov")
            slope = np.asarray(gradient(point), float)
            if optimizer == "RMSprop":
                self.m = (1 - mu) * slope**2 + mu * self.m
                self.w = self.w - rate * slope / (self.m**0.5 + 1e-7)
            elif optimizer == "decayed momentum":
                self.m = (1 - mu) * slope + mu * self.m
                self.w = self.w * (1 - 0.01 * rate) - rate * self.m
            else:
                self.m = mu * self.m - rate * slope
                self.w = self.w + self.m
            return self.w

    def answer(gradient, w, rate, steps):
        walker = Walker(w)
        return np.stack([walker(gradient, rate) for _ in range(steps)])

    return answer


def wrong_paths(optimizer, mu):
    right = path(optimizer, mu)
    other = "Nesterov" if optimizer != "Nesterov" else "heavy ball"

    def in_place(gradient, w, rate, steps):
        after = right(gradient, w, rate, steps)
        w -= rate
        return after

    return [
        (lambda *given: None, "return"),
        (lambda *given: right(*given)[-1], "arrays, one after each step"),
        (path("plain", mu), "plain gradient descent"),
        (path(optimizer, 0.9), "this is μ = 0.9"),
        (path(optimizer, 1 - mu), ("swapped", "first step", "a later one")),
        (path(optimizer, mu, up=-1), ("climb", "first step")),
        (path(optimizer, mu, first=True), "*after* the first step"),
        (path(optimizer, mu, copies=False), "in place"),
        (path(other, mu), f"this is {other}"),
        (path(optimizer, mu, start=1.0), "first step"),
        (in_place, "changes an array"),
        (lambda gradient, w, rate, steps: right(lambda v: gradient(v.ravel()), w, rate, steps), "weights of shape"),
    ]


# 4.2


def rises(score, best):
    return score > best


def loop(
    patience,
    last,
    *,
    better=rises,
    zero=False,
    pairs=True,
    keep_order=False,
    sort=False,
    extra=0,
    best_epoch=True,
    again=1,
):
    def answer(train, validate, order, batch_size):
        means, best, best_at, epoch, numbers = [], -np.inf, 0, 0, None
        while epoch - best_at < patience + extra:
            epoch += 1
            numbers = order() if numbers is None or not keep_order else numbers
            numbers = np.sort(numbers) if sort else numbers
            batches = [numbers[k : k + batch_size] for k in range(0, len(numbers), batch_size)]
            if last == "dropped" and len(batches[-1]) < batch_size:
                batches.pop()
            losses = [train(chosen) for chosen in batches for _ in range(again)]
            sizes = [len(chosen) for chosen in batches for _ in range(again)]
            means.append(np.average(losses, weights=sizes) if pairs else np.mean(losses))
            score = validate()
            if better(score, best):
                best, best_at = score, epoch
        return means, (best_at if best_epoch else epoch) - zero

    return answer


def with_array_split(patience, last):
    """Collects what happens, and looks for the best afterwards."""

    def answer(train, validate, order, batch_size):
        means, scores = [], []
        while True:
            numbers = list(order())
            if last == "dropped":
                numbers = numbers[: len(numbers) - len(numbers) % batch_size]
            total = 0.0
            for part in np.split(np.array(numbers), range(batch_size, len(numbers), batch_size)):
                total += train(part.tolist()) * len(part)
            means.append(np.float32(total / len(numbers)).astype(float) * 0 + total / len(numbers))
            scores.append(validate())
            best = scores.index(max(scores))
            if len(scores) - best > patience:
                return np.array(means), np.int64(best + 1)

    return answer


def wrong_loops(patience, last):
    other = "kept" if last == "dropped" else "dropped"

    def never_stops(train, validate, order, batch_size):
        while True:
            order()
            validate()

    return [
        (lambda train, validate, order, batch_size: None, "return"),
        (lambda *given: loop(patience, last)(*given)[0], "mean losses and the best epoch"),
        (loop(patience, other), "smaller last batch"),
        (loop(patience, last, sort=True), "old order"),
        (loop(patience, last, keep_order=True), ("new `order()`", "used twice")),
        (loop(patience, last, extra=1), "you stop after"),
        (loop(patience, last, extra=-1), "you stop after"),
        (loop(patience, last, better=lambda score, best: score >= best), ("no improvement", "does not stop")),
        (loop(patience, last, zero=True), "from 1"),
        (loop(patience, last, best_epoch=False), "last epoch"),
        (loop(patience, last, again=2), "twice"),
        (never_stops, "does not stop"),
        *([(loop(patience, last, pairs=False), "counts less")] if last == "kept" else []),
    ]


# 4.3


def averages(first, second, peak=255, change=lambda value: value):
    def answer(errors, pixels):
        errors, pixels = np.array(errors), np.array(pixels, float)
        each = 20 * np.log10(peak) - 10 * np.log10(errors)
        values = [
            each.mean(),
            20 * np.log10(peak) - 10 * np.log10(errors.mean()),
            20 * np.log10(peak) - 10 * np.log10((errors @ pixels) / pixels.sum()),
            (each @ pixels) / pixels.sum(),
        ]
        return change(values[first]), change(values[second])

    return answer


def by_repeating(first, second):
    """Logarithms of sums, image by image."""

    def answer(errors, pixels):
        n, total = len(errors), sum(pixels)
        products = sum(error * size for error, size in zip(errors, pixels, strict=True))
        logs = [10 * np.log10(65025.0 / error) for error in errors]
        weighted = sum(log * size for log, size in zip(logs, pixels, strict=True)) / total
        values = (
            sum(logs) / n,
            -10 * np.log10(sum(errors) / n / 65025),
            -10 * np.log10(products / total / 65025),
            weighted,
        )
        return np.array([values[first], values[second]])

    return answer


def wrong_averages(first, second):
    right = averages(first, second)
    third = next(k for k in range(4) if k not in (first, second))
    return [
        (lambda errors, pixels: None, "return"),
        (lambda errors, pixels: right(errors, pixels)[0], "two averages"),
        (averages(second, first), "swapped"),
        (averages(first, first), "second number: this is"),
        (averages(third, second), "first number: this is"),
        (averages(first, third), "second number: this is"),
        (averages(first, second, peak=1), "peak is 255"),
        (averages(first, second, change=lambda value: round(value, 2)), "do not round"),
        (averages(first, second, change=lambda value: -value), "none of the averages"),
        (lambda errors, pixels: (np.nan, 1), "nan"),
    ]


# 4.4


def judge(n, t, margin, *, ddof=1, root=True, paired=True, names=("better", "worse", "cannot tell"), only_mean=False):
    def answer(first, second):
        keys = list(first)
        others = [second[key] for key in keys] if paired else list(second.values())
        d = np.subtract(others, [first[key] for key in keys])
        half = t * d.std(ddof=ddof) / (np.sqrt(len(d)) if root else 1)
        half = 0 if only_mean else half
        low, high = d.mean() - half, d.mean() + half
        return names[0] if low > margin else names[1] if high < -margin else names[2]

    return answer


def with_statistics(n, t, margin):
    import statistics

    def answer(first, second):
        gains = [second[seed] - value for seed, value in sorted(first.items())]
        error = t * statistics.stdev(gains) / n**0.5
        ends = sorted([statistics.mean(gains) - error, statistics.mean(gains) + error])
        return np.str_("better" if ends[0] > margin else "worse" if ends[1] < -margin else "cannot tell")

    return answer


def wrong_judges(n, t, margin):
    right = judge(n, t, margin)
    return [
        (lambda first, second: None, "return"),
        (lambda first, second: 0.1, "three verdicts"),
        (lambda first, second: "cannot tell", "where it is"),
        (lambda first, second: right(second, first), "the second that is judged"),
        (judge(n, t, 0), "where it is"),
        (judge(n, t, 2 * margin), "where it is"),
        (judge(n, t, margin, only_mean=True), "where it is"),
        (judge(n, t, margin, root=False), "where it is"),
        (judge(n, t, margin, ddof=0), "n − 1"),
        (judge(n, 1.96, margin), "t ="),
        (judge(n, t, margin, paired=False), "match the runs"),
        (judge(n, t, margin, names=("better", "better", "cannot tell")), "where it is"),
    ]


# 4.5

BACK = {
    "mirrored left to right": lambda p: p[..., ::-1],
    "turned upside down by mirroring": lambda p: p[..., ::-1, :],
    "turned by half a turn": lambda p: np.rot90(p, 2, (-2, -1)),
    "transposed (rows are columns)": lambda p: np.transpose(p, (0, 2, 1)) if p.ndim == 3 else p.T,
}


def corr(a, b):
    a, b = a - a.mean(), b - b.mean()
    below = np.sqrt((a**2).sum() * (b**2).sum())
    return (a * b).sum() / below if below > 1e-9 else np.nan


def by_correlation(bug, limit=0.5, middle=np.nanmedian, back=None):
    back = back or BACK[bug]
    return lambda x, y: middle([corr(a, b) for a, b in zip(x, back(y), strict=True)]) > limit


def against_all_others(bug):
    """The likeness of all patches at once, among all ways to turn them."""

    def answer(x, y):
        x = (x - x.mean((1, 2), keepdims=True)) / (x.std() + 1e-9)
        found = {name: np.mean(x * back(y)) for name, back in (BACK | {"none": lambda p: p}).items()}
        good = max(found, key=found.get) == bug
        return bool(good and by_correlation(bug, 0.3)(x, y))

    return answer


def wrong_turned(bug):
    other = next(name for name in BACK if name != bug)
    return [
        (lambda x, y: None, "return"),
        (lambda x, y: True, "for everything"),
        (lambda x, y: False, "for everything"),
        (lambda x, y: "yes", "True or False"),
        (lambda x, y: not by_correlation(bug)(x, y), "you return"),
        (by_correlation(bug, back=BACK[other]), "you return"),
        (lambda x, y: not by_correlation(bug, back=lambda p: p)(x, y), "you return True"),
        (lambda x, y: bool(np.allclose(x, BACK[bug](y))), "you return False"),
        (lambda x, y: bool(np.mean((x - BACK[bug](y)) ** 2) < np.mean((x - y) ** 2)), "you return"),
        (by_correlation(bug, middle=np.median), ("you return", "everything")),
        (by_correlation(bug, middle=np.min), ("you return", "everything")),
        (by_correlation(bug, limit=0.99), "you return False"),
    ]


# 4.6


def end_of(network):
    """By the size and the signs of what comes out, and by symmetry."""
    x = np.random.default_rng(5).normal(size=(6, 24, 24, 1)) * 0.6
    mild, large = network(x), network(1000 * x)
    if large.max() <= 1 and large.min() < 0:
        return "tanh"
    if large.max() <= 1:
        return "sigmoid" if ((mild > 0) & (mild < 1)).mean() > 0.99 else "clip"
    if large.min() >= 0:
        return "softplus" if mild.min() > 0 else "relu"
    return "linear" if np.allclose(network(x) + network(-x), 2 * network(0 * x), atol=1e-6) else "leaky"


def end_by_slopes(network):
    """The same pictures, ever brighter: the curve itself."""
    rows = np.random.default_rng(2).uniform(-1, 1, (40, 16, 16, 1))
    steps = [np.asarray(network(k * rows), np.float32) for k in (-300, -1, 0.0, 1, 300)]
    top, bottom = max(s.max() for s in steps), min(s.min() for s in steps)
    touching = float(np.mean((steps[1] == 0) | (steps[1] == 1)))
    if top <= 1:
        return "tanh" if bottom < -0.1 else "clip" if touching > 0.1 else "sigmoid"
    if bottom >= 0:
        return "relu" if touching > 0.1 else "softplus"
    return "leaky" if abs(steps[0] + steps[4] - 2 * steps[2]).max() > 5 else "linear"


def in_the_list(name_of, ends):
    """A function that answers with the number of the end in the student's list."""
    return lambda network: ends.split().index(name_of(network)) + 1


def wrong_ends(ends):
    right = in_the_list(end_of, ends)

    def confuses(number):
        return lambda network: right(network) % 4 + 1 if right(network) == number else right(network)

    return [
        (lambda network: None, "return"),
        (lambda network: "relu", "one number"),
        (lambda network: 0, "1 to 4"),
        (lambda network: right(network) - 1, ("1 to 4", "where it is")),
        (lambda network: 1, "where it is"),
        *((confuses(number), f"where it is {ends.split()[number - 1]!r}") for number in range(1, 5)),
        (lambda network: network(np.zeros((5, 5))), "ValueError"),
        (lambda network: 1 + int(network(np.ones((1, 8, 8, 1))).mean() > 0), "where it is"),
    ]


RIGHT = {
    "4.1": lambda **given: [path(**given), with_a_class(**given)],
    "4.2": lambda **given: [loop(**given), with_array_split(**given)],
    "4.3": lambda **given: [averages(**given), by_repeating(**given)],
    "4.4": lambda **given: [judge(**given), with_statistics(**given)],
    "4.5": lambda **given: [by_correlation(**given), against_all_others(**given)],
    "4.6": lambda ends: [in_the_list(end_of, ends), in_the_list(end_by_slopes, ends)],
}
WRONG = {
    "4.1": wrong_paths,
    "4.2": wrong_loops,
    "4.3": wrong_averages,
    "4.4": wrong_judges,
    "4.5": wrong_turned,
    "4.6": wrong_ends,
}
PARTLY = {"4.2": lambda patience, last: [loop(patience, last, zero=True), loop(patience, last, extra=1)]}
