"""Answers to the exercises of chapter 10: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np


def ahead(output, x, target, log=np.log10, factor=10):
    margin = (x.shape[1] - target.shape[1]) // 2
    x = x[:, margin : x.shape[1] - margin, margin : x.shape[2] - margin]
    return factor * log(np.mean((x - target) ** 2) / np.mean((output - target) ** 2))


def ahead_by_padding(output, x, target):
    margin = (x.shape[2] - target.shape[2]) // 2
    pad = [(0, 0), (margin, margin), (margin, margin)]
    inside = np.pad(np.ones(target.shape, bool), pad)
    before = np.square(x[inside] - target.ravel()).sum()
    return 10 * (np.log10(before) - np.log10(np.square(output - target).sum()))


def cut_at_the_corner(output, x, target):
    x = x[:, : target.shape[1], : target.shape[2]]
    return 10 * np.log10(np.mean((x - target) ** 2) / np.mean((output - target) ** 2))


def cut_with_minus(output, x, target):
    margin = (x.shape[1] - target.shape[1]) // 2
    x = x[:, margin:-margin, margin:-margin]
    if x.size == 0:
        return float("nan")
    return 10 * np.log10(np.mean((x - target) ** 2) / np.mean((output - target) ** 2))


def ahead_in_place(output, x, target):
    output -= target
    return 0.0


def image_by_image(output, x, target):
    margin = (x.shape[1] - target.shape[1]) // 2
    x = x[:, margin : x.shape[1] - margin, margin : x.shape[2] - margin]
    return np.mean(10 * np.log10(((x - target) ** 2).mean((1, 2)) / ((output - target) ** 2).mean((1, 2))))


def shuffled(x, y):
    likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(x, y, strict=True)]
    return bool(np.nanmedian(likeness) < 0.5)


def shuffled_with_nan(x, y):
    likeness = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(x, y, strict=True)]
    return bool(np.median(likeness) < 0.5)


def shuffled_by_search(x, y):
    """Does each input, without its brightness and contrast, like its own target best?"""
    x, y = (a - a.mean((1, 2), keepdims=True) for a in (x, y))
    x, y = (a / np.maximum(a.std((1, 2), keepdims=True), 1e-9) for a in (x, y))
    own = np.mean(x * y, axis=(1, 2))
    return np.median(own) < 0.4


def what_ends(network, strength=1000):
    noise = np.random.default_rng(0).normal(size=(4, 32, 32, 1))
    answer = np.asarray(network(strength * noise))
    if abs(answer).max() <= 1:
        return "sigmoid" if answer.min() >= 0 else "tanh"
    return "relu" if answer.min() >= 0 else "linear"


def by_two_flat_inputs(network):
    """Very bright and very dark: the two ends of the curve."""
    ends = [np.asarray(network(np.full((1, 40, 40, 1), value))).mean() for value in (1e5, -1e5)]
    if max(map(abs, ends)) < 1.5:
        return "sigmoid" if min(ends) > -0.5 else "tanh"
    return "relu" if min(map(abs, ends)) < 1e-6 else "linear"


def with_bright_inputs_only(network):
    answer = np.asarray(network(abs(1000 * np.random.default_rng(0).normal(size=(4, 32, 32, 1)))))
    return "sigmoid" if answer.max() <= 1 else "relu" if answer.min() >= 0 else "linear"


def by_sign_only(network):
    answer = np.asarray(network(1000 * np.random.default_rng(0).normal(size=(4, 32, 32, 1))))
    return "relu" if answer.min() >= 0 else "linear"


def shares(x, y, lows=(0.06, 0.09, 0.12, 0.15)):
    hann = np.hanning(y.shape[1])[:, None] * np.hanning(y.shape[2])
    x, y = (np.fft.fft2((a - a.mean((1, 2), keepdims=True)) * hann) for a in (x, y))
    f = np.hypot(np.fft.fftfreq(y.shape[1])[:, None], np.fft.fftfreq(y.shape[2]))
    for low in lows:
        ring = (low <= f) & (f < low + 0.03)
        yield low + 0.015, (x * y.conj())[:, ring].real.sum() / (abs(y[:, ring]) ** 2).sum()


def blur_of(x, y):
    found = [np.sqrt(-np.log(min(g, 0.999)) / (2 * np.pi**2 * f**2)) for f, g in shares(x, y) if g > 0.1]
    return float(np.median(found))


def blur_by_trying(x, y):
    from scipy.ndimage import gaussian_filter

    sigmas = np.arange(0.4, 2.6, 0.05)
    inner = (slice(None), slice(8, -8), slice(8, -8))
    errors = [np.mean((gaussian_filter(y, (0, s, s)) - x)[inner] ** 2) for s in sigmas]
    return sigmas[int(np.argmin(errors))]


def blur_at_one_high_ring(x, y):
    ((f, g),) = shares(x, y, lows=[0.33])
    return np.sqrt(-np.log(max(g, 0.05)) / (2 * np.pi**2 * f**2))


def blur_in_place(x, y):
    x -= y
    return 1.0


RIGHT = {
    "10.1": [ahead, ahead_by_padding],
    "10.2": [shuffled, shuffled_by_search],
    "10.3": [what_ends, by_two_flat_inputs],
    "10.4": [blur_of, blur_by_trying],
}

WRONG = {
    "10.1": [
        (lambda o, x, t: -ahead(o, x, t), "sign"),
        (lambda o, x, t: ahead(o, x, t, factor=20), "not 20"),
        (lambda o, x, t: ahead(o, x, t, log=np.log), "base 10"),
        (lambda o, x, t: ahead(o, x, t, factor=1), "10 times"),
        (lambda o, x, t: -10 * np.log10(np.mean((o - t) ** 2)), "PSNR of the output"),
        (lambda o, x, t: 10 ** (ahead(o, x, t) / 10), "ratio"),
        (cut_at_the_corner, "top left"),
        (cut_with_minus, "margin m is 0"),
        (image_by_image, "whole batch"),
        (ahead_in_place, "changes an array"),
        (lambda o, x, t: 10 * np.log10((o - t) ** 2), "one number"),
        (lambda o, x, t: ahead(o, x, t) if x.shape != t.shape else x[:, 0:-0] - t, "m:-m"),
        (lambda o, x, t: None, "return"),
    ],
    "10.2": [
        (lambda x, y: True, "inputs that equal"),
        (lambda x, y: False, "shuffled inputs"),
        (lambda x, y: not np.allclose(x, y), "blurred inputs"),
        (lambda x, y: bool(np.mean((x - y) ** 2) > 0.02), "0..255"),
        (lambda x, y: not shuffled(x, y), "says True"),
        (shuffled_with_nan, "only nan"),
        (lambda x, y: bool(np.corrcoef(x.mean((1, 2)), y.mean((1, 2)))[0, 1] < 0.5), "equally bright"),
        (lambda x, y: bool(np.corrcoef(x[0].ravel(), y[0].ravel())[0, 1] < 0.5), "look at all pairs"),
        (lambda x, y: 0.3, "True or False"),
        (lambda x, y: None, "return"),
    ],
    "10.3": [
        (lambda f: "linear", '"relu"'),
        (lambda f: what_ends(f, strength=0.01), "strong enough"),
        (with_bright_inputs_only, "both signs"),
        (by_sign_only, "outside of -1 to 1"),
        (lambda f: what_ends(f).upper(), "four words"),
        (lambda f: f(np.zeros((32, 32))) and "relu", "raised ValueError"),
        (lambda f: None, "return"),
    ],
    "10.4": [
        (lambda x, y: -blur_of(x, y), "sign"),
        (lambda x, y: blur_of(x, y) ** 2, "variance"),
        (lambda x, y: blur_of(x, y) * np.sqrt(2), "square root of 2"),
        (lambda x, y: blur_of(x, y) * 2 * np.pi, "2 pi"),
        (lambda x, y: blur_of(x, y) * 2.355, "full width"),
        (lambda x, y: blur_of(x, y) / 2, "scale=0.5"),
        (blur_at_one_high_ring, "something left"),
        (lambda x, y: 1.2, "every blur"),
        (lambda x, y: float("nan"), "logarithm"),
        (blur_in_place, "changes an array"),
        (lambda x, y: [blur_of(x, y)] * 2, "one number"),
        (lambda x, y: None, "return"),
    ],
}
