"""The checks of chapter 8: the mistakes that people make are refused with a fitting hint, right answers accepted."""

import numpy as np
import pytest

from srcnn import checks, sweeps


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
WRONG = [
    ("exercise_8_1", lambda v: np.std(v, ddof=1), "square root of n"),
    ("exercise_8_1", lambda v: np.std(v) / np.sqrt(len(v)), "n - 1"),
    ("exercise_8_1", lambda v: np.std(v, ddof=1) / len(v), "not by n"),
    ("exercise_8_1", lambda v: np.var(v, ddof=1) / len(v), "square"),
    ("exercise_8_1", lambda v: np.std(v, ddof=1) / np.sqrt(len(v)) * 4.303, "leave t away"),
    ("exercise_8_1", np.ptp, "largest minus the smallest"),
    ("exercise_8_1", np.mean, "mean"),
    ("exercise_8_1", lambda v: None, "return"),
    ("exercise_8_1", lambda v: [0.1], "one number"),
    ("exercise_8_2", lambda a, b: judge(a, b, t=2), "contains 0"),
    ("exercise_8_2", lambda a, b: judge(b, a), "every difference"),
    ("exercise_8_2", lambda a, b: judge(a, b, order="place"), "by seed"),
    ("exercise_8_2", lambda a, b: judge(a, b, ddof=0), "n - 1"),
    ("exercise_8_2", lambda a, b: judge(a, b, root=False), "0.17"),
    ("exercise_8_2", lambda a, b: "better" if sum(b.values()) > sum(a.values()) else "worse", "contains 0"),
    ("exercise_8_2", lambda a, b: judge(a, b, order="size"), "seed by seed"),
    ("exercise_8_2", lambda a, b: "better" if a == b else judge(a, b), "0 ± 0"),
    ("exercise_8_2", lambda a, b: True, "cannot tell"),
    ("exercise_8_2", judge_in_place, "changed"),
    ("exercise_8_2", lambda a, b: "better" if judge(a, b) == "better" else None, "every case"),
    ("exercise_8_3", lambda *a: cost(*a, pad=True), "shrink"),
    ("exercise_8_3", lambda *a: cost(*a, depth=2), "last layer"),
    ("exercise_8_3", lambda crop, kernels=(9, 1, 5), filters=(64, 32): cost_of_three(crop, *kernels, *filters), "loop"),
    ("exercise_8_3", lambda *a: cost(*a, at_the_end=True), "output size of its own"),
    ("exercise_8_3", lambda *a: cost(*a, lost=0.5), "two ends"),
    ("exercise_8_3", lambda *a: cost(*a, lost=2), "2 (f - 1)"),
    ("exercise_8_3", lambda *a: cost(*a) // (a[0] - 12) ** 2, "6130688"),
    ("exercise_8_3", lambda crop, kernels=(9, 1, 5), filters=(64, 32): 8032, "weights"),
    ("exercise_8_3", lambda crop, kernels=(9, 1, 5), filters=(64, 32): cost(crop), "fixed"),
    ("exercise_8_3", lambda *a: None, "return"),
    ("exercise_8_4", lambda: group(seeds=[0, 1]), "three different seeds"),
    ("exercise_8_4", lambda: group(seeds=3), "three different seeds"),
    ("exercise_8_4", lambda: group(common=COMMON), "expand"),
    ("exercise_8_4", lambda: group(common={**COMMON, "expand": 0, "learning_rate": 0.001}), "does not ask"),
    ("exercise_8_4", lambda: group(variants={str(n): {"filters": [2 * n, n]} for n in (8, 16, 32)}), "64"),
    ("exercise_8_4", lambda: group(variants={str(n): {"filters": n} for n in (8, 16, 32)}), "pair"),
    ("exercise_8_4", lambda: group(variants={"8": {"filters": [64, 8]}, "16": {"filters": [64, 16]}}), "8, 16 and 32"),
    ("exercise_8_4", lambda: group(variants={"8": [64, 8]}), "dict"),
    ("exercise_8_4", lambda: {"name": "n2"}, "keys"),
    ("exercise_8_4", lambda: None, "return"),
]

RIGHT = [
    ("exercise_8_1", lambda v: np.std(v, ddof=1) / len(v) ** 0.5),
    ("exercise_8_1", lambda v: (sum((x - sum(v) / len(v)) ** 2 for x in v) / (len(v) - 1) / len(v)) ** 0.5),
    ("exercise_8_2", judge),
    (
        "exercise_8_2",
        lambda a, b: next(
            word
            for mean, half in [sweeps.difference([a[s] for s in sorted(a)], [b[s] for s in sorted(b)])]
            for word, holds in [("better", mean > half), ("worse", mean < -half), ("cannot tell", True)]
            if holds
        ),
    ),
    ("exercise_8_3", cost),
    ("exercise_8_3", cost_from_weights),
    ("exercise_8_4", group),
    ("exercise_8_4", group_with_the_default),
]


@pytest.mark.parametrize("name, answer, word", WRONG)
def test_a_mistake_is_refused_with_a_fitting_hint(name, answer, word):
    hint = getattr(checks, name).hint(answer)
    assert hint is not None and word in hint, hint


@pytest.mark.parametrize("name, answer", RIGHT)
def test_a_right_answer_is_accepted(name, answer):
    assert getattr(checks, name).hint(answer) is None
