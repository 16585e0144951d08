"""Checks of chapter 9, experiments."""

import numpy as np

from ._check import ask, check, compare, decimal, explain, number, whole


@check
def exercise_9_1(standard_error, rng):
    drawn = [decimal(rng, 25, 29) for _ in range(*whole(rng, (3, 8)))]
    for values in ([28.33, 28.1, 28.52, 28.4, 28.0], [0.1, 0.2, 0.3], [-3.0, 5.0], drawn):
        given, n = number(ask(standard_error, values)), len(values)
        s = np.std(values, ddof=1)
        slips = [
            (s, "that is s; the standard error divides it by the square root of n"),
            (s / n, "divide s by the square root of n, not by n"),
            (s**2 / n, "that is the square of it: take the root of the sum of squares as well"),
            (np.std(values) / np.sqrt(n), "divide the sum of squares by n - 1, not by n, Eq. (9.1): ddof=1"),
            (np.std(values), "that is the spread with n; use n - 1, and divide by the square root of n"),
            (s / np.sqrt(n - 1), "n - 1 belongs into s; the root is of n"),
            (4.303 * s / np.sqrt(n), "that is half the interval of Eq. (9.2); leave t away"),
            (np.ptp(values), "the largest minus the smallest is no standard error; use Eq. (9.1)"),
            (np.mean(values), "that is the mean; how much does it scatter?"),
        ]
        wrong = f"for {values} your result is {given:.4g}, which is not s divided by the square root of n; "
        if hint := compare(given, s / np.sqrt(n), slips, otherwise=f"{wrong}n is {n} here, len(values)"):
            return hint
    return None


@check
def exercise_9_2(judge, rng):
    for first, second, verdict, why in [*_PAIRS, *_drawn_pairs(rng)]:
        first, second = (dict(zip(seeds, psnrs, strict=True)) for seeds, psnrs in (first, second))
        given = ask(judge, first, second)
        if not isinstance(given, str) or given not in ("better", "worse", "cannot tell"):
            return f'got {given!r}; return "better", "worse" or "cannot tell"'
        if given != verdict:
            return f"{first} and {second}: you say {given!r}, but {why}"
    return None


_SEEDS, _LOW, _HIGH = (0, 1, 2), (28.0, 28.1, 28.2), (28.3, 28.41, 28.49)
_MATCH = "the differences are all close to 0.1: match by seed, and take s of the differences, Eq. (9.1)"
_PAIRS = [
    ((_SEEDS, _LOW), (_SEEDS, (28.1, 28.3, 28.5)), "cannot tell", "the interval is 0.20 ± 0.25, which contains 0"),
    ((_SEEDS, _LOW), (_SEEDS, _HIGH), "better", "every difference is close to 0.3"),
    ((_SEEDS, _HIGH), (_SEEDS, _LOW), "worse", "the second is lower with every seed"),
    ((_SEEDS, (27.0, 28.0, 29.0)), ((2, 0, 1), (29.1, 27.1, 28.11)), "better", _MATCH),
    ((_SEEDS, (28.0, 28.2, 28.1)), (_SEEDS, (28.3, 28.1, 28.2)), "cannot tell", "seed by seed it is 0.10 ± 0.50"),
    ((_SEEDS, _LOW), (_SEEDS, _LOW), "cannot tell", "0 ± 0 does not lie above 0"),
    (((5, 7, 9), [28.0] * 3), ((5, 7, 9), (28.02, 27.97, 28.03)), "cannot tell", "the differences change sign"),
    ((_SEEDS, [28.0] * 3), (_SEEDS, (28.1, 28.2, 28.2)), "better", "the interval is 0.17 ± 0.14"),
    ((_SEEDS, [28.0] * 3), (_SEEDS, (28.1, 28.1, 28.21)), "cannot tell", "use n - 1: the interval is 0.14 ± 0.16"),
]


def _drawn_pairs(rng):
    """As _PAIRS: differences that are all close to a gain, to a loss, or scattered about 0."""
    for gain, step, verdict, why in (
        (0.3, 0.01, "better", "every difference is close to 0.3"),
        (-0.3, 0.01, "worse", "every difference is close to -0.3"),
        (0.05, 0.3, "cannot tell", "the differences change sign"),
    ):
        seeds, base = rng.choice(20, 3, replace=False), rng.uniform(26, 30, 3)
        order, differences = rng.permutation(3), gain + step * rng.permutation([-1, 0, 1])
        first = seeds.tolist(), base.round(2).tolist()
        yield first, (seeds[order].tolist(), (base.round(2) + differences)[order].round(2).tolist()), verdict, why


@check
def exercise_9_3(patch_cost, rng):
    kernels = tuple(2 * half + 1 for half in whole(rng, (1, 4), (0, 2), (1, 2), (1, 2)))
    drawn = *whole(rng, (24, 40)), kernels, whole(rng, (2, 64), (2, 32), (2, 16))
    for arguments in ((36,), (24,), (36, (9, 5, 5)), (20, (5, 3, 3, 3), (8, 4, 2)), drawn):
        with explain({"unpack": "kernels and filters may have any length: go through them in a loop"}):
            given = number(ask(patch_cost, *arguments))
        otherwise = f"36 is right, but patch_cost{arguments} is not; does a fixed number stand for an argument?"
        if arguments == (36,):
            otherwise = f"a patch of 36 in 9-1-5 costs 6130688 multiply-adds; yours are {given:.0f}"
        right, *slips = _costs(*arguments)
        if hint := compare(given, right, slips, tolerance=0.01, otherwise=otherwise):
            return hint
    return None


def _costs(crop, kernels=(9, 1, 5), filters=(64, 32)):
    """The right number, and pairs (what a usual mistake gives, its hint)."""
    f, c, n = np.array(kernels), np.array([1, *filters]), np.array([*filters, 1])
    lost, weights = np.cumsum(f - 1), f**2 * c * n
    side = crop - lost
    cost = side**2 * weights
    return [
        cost.sum(),
        ((crop**2 * weights).sum(), "your layers do not shrink: without padding the side loses f - 1"),
        (((side + f - 1) ** 2 * weights).sum(), "a layer works on its output's pixels, not on its input's"),
        (((side - lost) ** 2 * weights).sum(), "each layer's output is f - 1 smaller, not 2 (f - 1)"),
        ((side**2 * f**2 * n).sum(), "each output number is made from f^2 c inputs: count channels"),
        ((side**2 * f * c * n).sum(), "a kernel has f x f weights, not f"),
        (cost[:-1].sum(), "the last layer, with its one filter, is missing"),
        (weights.sum(), "those are the weights; each is used at every output pixel"),
        (cost.sum() + (side**2 * n).sum(), "leave the biases out"),
        ((side[-1] ** 2 * weights).sum(), "each layer has an output size of its own, not the last one's"),
        (((side + lost / 2) ** 2 * weights).sum(), "a side loses f - 1 in all, f // 2 on each of its two ends"),
    ]


@check
def exercise_9_4(my_experiment):
    """A declared experiment: nothing to draw, since the function takes no input and one answer is right."""
    group = ask(my_experiment)
    if not isinstance(group, dict) or not {"name", "seeds", "common", "variants"} <= group.keys():
        return 'return a dict with the keys "name", "seeds", "common" and "variants", as in section 9.1'
    seeds, common, variants = group["seeds"], group["common"], group["variants"]
    if isinstance(seeds, int) or len(set(seeds)) < 3 or len(set(seeds)) != len(seeds):
        return f'"seeds" is {seeds!r}; give a list of three different seeds'
    if not isinstance(common, dict) or not isinstance(variants, dict):
        return '"common" and "variants" are dicts'
    if not all(isinstance(change, dict) for change in variants.values()):
        return "each variant's value is a dict of settings, such as {'filters': [64, 16]}"
    return _settings_hint([{**common, **change} for change in variants.values()])


def _settings_hint(settings):
    """What is wrong with the settings of the variants, or None."""
    fixed = {"model": "srcnn-915", "scale": 3, "steps": 2000, "expand": 0}
    for key, wanted in fixed.items():
        values = {str(one.get(key, "not given")) for one in settings}
        if values != {str(wanted)}:
            return f"{key} should be {wanted!r} for every variant; it is {', '.join(sorted(values))}"
    if others := {key for one in settings for key in one} - {*fixed, "filters"}:
        return f"the question does not ask for {', '.join(map(str, sorted(others)))}; leave the rest as it is"
    filters = [one.get("filters", [64, 32]) for one in settings]
    if any(np.shape(pair) != (2,) for pair in filters):
        return "filters is a pair: those of the first and of the second layer, such as [64, 16]"
    if {pair[0] for pair in filters} != {64}:
        return "the first layer keeps its 64 filters in every variant"
    if (second := sorted(pair[1] for pair in filters)) != [8, 16, 32]:
        return f"compare 8, 16 and 32 filters in the second layer; yours are {second}"
    return None
