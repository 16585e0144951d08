"""Answers to the exercises of chapter 9: right ones, however written, and wrong ones with the slip that they make."""

import numpy as np

from srcnn import paired


def judge(first, second, t=4.303, ddof=1, order=None, root=True):
    seeds = list(first)
    d = np.array([second[seed] - first[seed] for seed in seeds])
    if order == "place":
        d = np.array(list(second.values())) - np.array(list(first.values()))
    if order == "size":
        d = np.sort(list(second.values())) - np.sort(list(first.values()))
    half = t * d.std(ddof=ddof) / (np.sqrt(len(d)) if root else 1)
    if abs(d.mean()) <= half:
        return "cannot tell"
    return "better" if d.mean() > 0 else "worse"


def judge_by_the_package(first, second):
    mean, half = paired.difference([first[seed] for seed in sorted(first)], [second[seed] for seed in sorted(first)])
    return "better" if mean > half else "worse" if mean < -half else "cannot tell"


def judge_in_place(first, second):
    verdict = judge(first, second)
    for seed in first:
        second[seed] -= first[seed]
    return verdict


def cost_of_three(crop, *numbers):
    f1, f2, f3, n1, n2 = numbers
    return cost(crop, (f1, f2, f3), (n1, n2))


def cost(crop, kernels=(9, 1, 5), filters=(64, 32), lost=1, pad=False, depth=None, at_the_end=False):
    if at_the_end:
        crop, lost = crop - sum(kernels) + len(kernels), 0
    sides = [crop]
    for f in kernels:
        sides.append(sides[-1] - lost * (f - 1))
    sides = [crop] * len(sides) if pad else sides
    channels = [1, *filters, 1]
    layers = range(len(kernels))[:depth]
    return sum(sides[k + 1] ** 2 * kernels[k] ** 2 * channels[k] * channels[k + 1] for k in layers)


def cost_from_weights(crop, kernels=(9, 1, 5), filters=(64, 32)):
    total, side = 0, crop
    shapes = zip(kernels, (1, *filters), (*filters, 1), strict=True)
    for f, c, n in shapes:
        side -= f - 1
        total += np.zeros((f, f, c, n)).size * side * side
    return total


def group(**changes):
    return {
        "name": "n2",
        "seeds": [0, 1, 2],
        "common": {"model": "srcnn-915", "scale": 3, "steps": 2000, "expand": 0},
        "variants": {str(n): {"filters": [64, n]} for n in (8, 16, 32)},
        **changes,
    }


def group_with_the_default():
    variants = {"few": {"filters": (64, 8)}, "some": {"filters": (64, 16)}, "as in the paper": {}}
    return group(variants=variants, seeds=(4, 5, 6), name="how many in F2")


COMMON = {"model": "srcnn-915", "scale": 3, "steps": 2000}


RIGHT = {
    "9.1": [
        lambda v: np.std(v, ddof=1) / len(v) ** 0.5,
        lambda v: (sum((x - sum(v) / len(v)) ** 2 for x in v) / (len(v) - 1) / len(v)) ** 0.5,
    ],
    "9.2": [judge, judge_by_the_package],
    "9.3": [cost, cost_from_weights],
    "9.4": [group, group_with_the_default],
}

WRONG = {
    "9.1": [
        (lambda v: np.std(v, ddof=1), "square root of n"),
        (lambda v: np.std(v) / np.sqrt(len(v)), "n - 1"),
        (lambda v: np.std(v, ddof=1) / len(v), "not by n"),
        (lambda v: np.var(v, ddof=1) / len(v), "square"),
        (lambda v: np.std(v, ddof=1) / np.sqrt(len(v)) * 4.303, "leave t away"),
        (np.ptp, "largest minus the smallest"),
        (np.mean, "mean"),
        (lambda v: None, "return"),
        (lambda v: [0.1], "not s divided"),
        (lambda v: [0.1, 0.2], "one number"),
        (lambda v: np.std(v), "the spread with n"),
        (lambda v: np.std(v, ddof=1) / np.sqrt(len(v) - 1), "the root is of n"),
        (lambda v: np.sqrt(-1), "divided by zero"),
    ],
    "9.2": [
        (lambda a, b: judge(a, b, t=2), "contains 0"),
        (lambda a, b: judge(b, a), "every difference"),
        (lambda a, b: judge(a, b, order="place"), "by seed"),
        (lambda a, b: judge(a, b, ddof=0), "n - 1"),
        (lambda a, b: judge(a, b, root=False), "0.17"),
        (lambda a, b: "better" if sum(b.values()) > sum(a.values()) else "worse", "contains 0"),
        (lambda a, b: judge(a, b, order="size"), "seed by seed"),
        (lambda a, b: "better" if a == b else judge(a, b), "0 ± 0"),
        (lambda a, b: True, "cannot tell"),
        (judge_in_place, "changes an array"),
        (lambda a, b: "better" if judge(a, b) == "better" else None, "return"),
    ],
    "9.3": [
        (lambda *a: cost(*a, pad=True), "shrink"),
        (lambda *a: cost(*a, depth=2), "last layer"),
        (lambda crop, kernels=(9, 1, 5), filters=(64, 32): cost_of_three(crop, *kernels, *filters), "loop"),
        (lambda *a: cost(*a, at_the_end=True), "output size of its own"),
        (lambda *a: cost(*a, lost=0.5), "two ends"),
        (lambda *a: cost(*a, lost=2), "2 (f - 1)"),
        (lambda *a: cost(*a) // (a[0] - 12) ** 2, "6130688"),
        (lambda crop, kernels=(9, 1, 5), filters=(64, 32): 8032, "weights"),
        (lambda crop, kernels=(9, 1, 5), filters=(64, 32): cost(crop), "fixed"),
        (lambda *a: None, "return"),
    ],
    "9.4": [
        (lambda: group(seeds=[0, 1]), "three different seeds"),
        (lambda: group(seeds=3), "three different seeds"),
        (lambda: group(common=COMMON), "expand"),
        (lambda: group(common={**COMMON, "expand": 0, "learning_rate": 0.001}), "does not ask"),
        (lambda: group(variants={str(n): {"filters": [2 * n, n]} for n in (8, 16, 32)}), "64"),
        (lambda: group(variants={str(n): {"filters": n} for n in (8, 16, 32)}), "pair"),
        (lambda: group(variants={"8": {"filters": [64, 8]}, "16": {"filters": [64, 16]}}), "8, 16 and 32"),
        (lambda: group(variants={"8": [64, 8]}), "dict"),
        (lambda: {"name": "n2"}, "keys"),
        (lambda: None, "return"),
    ],
}
