"""Answers to the exercises of chapter 12: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np

from srcnn import resample


def safest(pictures, chances, weigh=True, root=1, pixels=1):
    answer = np.tensordot(chances, pictures, 1)
    errors = np.mean((pictures - answer) ** 2, axis=(1, 2))
    return answer, (float(np.dot(chances, errors)) if weigh else errors.mean()) ** root * pixels


def safest_by_loops(pictures, chances):
    answer = sum(p * picture for p, picture in zip(chances, pictures, strict=True))
    return [answer, sum(p * np.var(picture - answer) + p * np.mean(picture - answer) ** 2 for p, picture in
                        zip(chances, pictures, strict=True))]  # fmt: skip


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def attend(x, v1, v2, pool=np.mean, relu=True, last=sigmoid):
    hidden = pool(x, axis=(0, 1)) @ v1
    return x * last((np.maximum(hidden, 0) if relu else hidden) @ v2)


def attend_by_loops(x, v1, v2):
    y = x.copy()
    hidden = [max(0.0, sum(x[..., c].mean() * v1[c, k] for c in range(len(v1)))) for k in range(v1.shape[1])]
    for c in range(x.shape[2]):
        y[..., c] *= 0.5 * (1 + np.tanh(0.5 * sum(hidden[k] * v2[k, c] for k in range(len(hidden)))))
    return y


def distance(first, second, side="right", share=True, widths=True, absolute=np.abs, total=np.sum):
    steps = np.sort(np.concatenate([first, second]))
    shares = [
        np.searchsorted(np.sort(heap), steps[:-1], side=side) / (len(heap) if share else 1) for heap in (first, second)
    ]
    return total(absolute(shares[0] - shares[1]) * (np.diff(steps) if widths else 1))


def distance_by_repeating(first, second):
    """Each number as often as the other heap is long: then both heaps have one size."""
    a, b = np.sort(np.repeat(first, len(second))), np.sort(np.repeat(second, len(first)))
    return np.mean(np.abs(a - b))


def consistent(sr, lr, scale, limit=0.5 / 255, most=50, worst=lambda m: np.abs(m).max(), sign=1, more=0):
    rounds = 0
    missing = lr - resample.downscale(sr, scale)
    while worst(missing) >= limit and rounds < most:
        sr = sr + sign * resample.enlarge(missing, scale)
        missing = lr - resample.downscale(sr, scale)
        rounds += 1
    return sr, rounds + more


def consistent_by_breaking(sr, lr, scale, limit=0.5 / 255, most=50):
    picture = np.array(sr)
    for count in range(most + 1):
        error = lr - resample.downscale(picture, scale)
        if max(error.max(), -error.min()) < limit or count == most:
            break
        picture += resample.enlarge(error, scale)
    return picture, np.int64(count)


def one_round(sr, lr, scale, limit, most):
    return sr + resample.enlarge(lr - resample.downscale(sr, scale), scale), 1


RIGHT = {
    "12.1": [safest, safest_by_loops],
    "12.2": [attend, attend_by_loops],
    "12.3": [distance, distance_by_repeating],
    "12.4": [consistent, consistent_by_breaking],
}

WRONG = {
    "12.1": [
        (lambda x, p: (x[np.argmax(p)], 0), "likeliest"),
        (lambda x, p: (x[1:].mean(0), 0), "values are not"),
        (lambda x, p: (x.sum(0), 0), "a sum is not a mean"),
        (lambda x, p: (x.mean(0), 0) if len(x) > 2 else safest(x, p), "do not count alike"),
        (lambda x, p: safest(x, p, weigh=False), "errors do not count alike"),
        (lambda x, p: (safest(x, p)[0], np.mean((x - safest(x, p)[0]) ** 2, (1, 2)).sum()), "with its probability"),
        (lambda x, p: safest(x, p, pixels=x[0].size), "a mean over the pixels"),
        (lambda x, p: safest(x, p, root=0.5), "without a root"),
        (lambda x, p: (safest(x, p)[0], 0.0), "always right"),
        (lambda x, p: safest(x, p)[0], "two things"),
        (lambda x, p: None, "return"),
    ],
    "12.2": [
        (lambda x, a, b: attend(np.ones_like(x), a, b) * 0 + attend(x, a, b) / x, "multiply x by them"),
        (lambda x, a, b: attend(x, a, b, last=lambda t: t), "sigmoid is missing"),
        (lambda x, a, b: attend(x, a, b, relu=False), "max with 0 between"),
        (lambda x, a, b: attend(x, a, b, last=lambda t: sigmoid(np.maximum(t, 0))), "first layer only"),
        (lambda x, a, b: attend(x, a, b, last=lambda t: sigmoid(-t)), "wrong sign"),
        (lambda x, a, b: attend(x, a, b, pool=lambda x, axis: np.maximum(x.mean(axis), 0)), "after V1 alone"),
        (lambda x, a, b: x + attend(x, a, b), "nothing is added"),
        (lambda x, a, b: x * sigmoid(np.maximum(x @ a, 0) @ b), "not pixels"),
        (lambda x, a, b: attend(x, a, b, pool=np.sum), "not sums"),
        (lambda x, a, b: attend(x, a, b, pool=np.max), "not maxima"),
        (lambda x, a, b: attend(x, a, b)[0], "shape"),
        (lambda x, a, b: None, "return"),
    ],
    "12.3": [
        (lambda a, b: distance(a, b, share=False), "shares, not counts"),
        (lambda a, b: distance(a, b, side="left"), "t included"),
        (lambda a, b: distance(a, b, widths=False), "width of its step"),
        (lambda a, b: abs(distance(a, b, absolute=np.asarray)), "does not cancel"),
        (lambda a, b: distance(a, b, absolute=np.asarray), "never negative"),
        (lambda a, b: distance(a, b, widths=False, total=np.max), "largest difference"),
        (lambda a, b: np.mean(np.abs(np.sort(a)[: len(b)] - np.sort(b)[: len(a)])), "do not cut"),
        (lambda a, b: abs(np.mean(a) - np.mean(b)), "cancel"),
        (lambda a, b: np.ptp(np.concatenate([a, b])), "width of all"),
        (lambda a, b: distance(a, b) ** 2, "another"),
        (lambda a, b: np.sort(a), "one number"),
        (lambda a, b: None, "return"),
    ],
    "12.4": [
        (lambda *a, **k: consistent(*a, **k, sign=-1), "take it away"),
        (lambda *a, **k: consistent(*a, **k, worst=lambda m: np.abs(m).mean()), "*largest*"),
        (lambda *a, **k: consistent(*a, **k, worst=np.max), "np.abs"),
        (lambda *a, **k: consistent(*a, **k, worst=lambda m: abs(m.max())), "np.abs"),
        (lambda *a, limit, most: consistent(*a, limit=0, most=most), "took 0 rounds"),
        (one_round, "took 0 rounds"),
        (lambda *a, limit, most: one_round(*a, limit, most) if consistent(*a, limit, most)[1] else (a[0], 0), "repeat"),
        (lambda *a, **k: (consistent(*a, **k)[0].clip(0, 1), consistent(*a, **k)[1]), "do not clip"),
        (lambda sr, *a, **k: (sr, 0), "as it was"),
        (lambda *a, **k: consistent(*a, **k, more=1), "rounds, not"),
        (lambda *a, **k: consistent(*a, **k)[0], "the picture and the rounds"),
        (lambda *a, **k: None, "return"),
    ],
}
