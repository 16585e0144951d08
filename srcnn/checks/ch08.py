"""Checks of chapter 8, experiments."""

import numpy as np

from . import check

__all__ = ["exercise_8_1", "exercise_8_2", "exercise_8_3", "exercise_8_4"]


def _number(result):
    """The hint about a result that is not one finite number, or None."""
    if result is None:
        return "got None; does your function end with `return`?"
    if np.shape(result) != () or isinstance(result, (str, dict)):
        return f"return one number; got {type(result).__name__}"
    if not np.isfinite(result):
        return f"your result is {result}, not a finite number"
    return None


@check
def exercise_8_1(standard_error):
    for values in ([28.33, 28.1, 28.52, 28.4, 28.0], [0.1, 0.2, 0.3], [-3.0, 5.0]):
        result, n = standard_error(list(values)), len(values)
        if hint := _number(result):
            return hint
        s = np.std(values, ddof=1)
        if np.isclose(result, s / np.sqrt(n)):
            continue
        for wrong, hint in (
            (s, "that is s; the standard error divides it by the square root of n"),
            (s / n, "divide s by the square root of n, not by n"),
            (s**2 / n, "that is the square of it: take the root of the sum of squares as well"),
            (np.std(values) / np.sqrt(n), "divide the sum of squares by n - 1, not by n, Eq. (8.1): ddof=1"),
            (np.std(values), "that is the spread with n; use n - 1, and divide by the square root of n"),
            (s / np.sqrt(n - 1), "n - 1 belongs into s; the root is of n"),
            (4.303 * s / np.sqrt(n), "that is half the interval of Eq. (8.2); leave t away"),
            (np.ptp(values), "the largest minus the smallest is no standard error; use Eq. (8.1)"),
            (np.mean(values), "that is the mean; how much does it scatter?"),
        ):
            if np.isclose(result, wrong):
                return hint
        wrong = f"for {values} your result is {result:.4g}, which is not s divided by the square root of n"
        return wrong + f"; n is {n} here, len(values)"
    return None


MATCH = "the differences are all close to 0.1: match by seed, and take s of the differences, Eq. (8.1)"


@check
def exercise_8_2(judge):
    verdicts = ("better", "worse", "cannot tell")
    cases = [
        (
            {0: 28.0, 1: 28.1, 2: 28.2},
            {0: 28.1, 1: 28.3, 2: 28.5},
            "cannot tell",
            "the interval is 0.20 ± 0.25, which contains 0",
        ),
        ({0: 28.0, 1: 28.1, 2: 28.2}, {0: 28.3, 1: 28.41, 2: 28.49}, "better", "every difference is close to 0.3"),
        ({0: 28.3, 1: 28.41, 2: 28.49}, {0: 28.0, 1: 28.1, 2: 28.2}, "worse", "the second is lower with every seed"),
        ({0: 27.0, 1: 28.0, 2: 29.0}, {2: 29.1, 0: 27.1, 1: 28.11}, "better", MATCH),
        ({0: 28.0, 1: 28.2, 2: 28.1}, {0: 28.3, 1: 28.1, 2: 28.2}, "cannot tell", "seed by seed it is 0.10 ± 0.50"),
        ({0: 28.0, 1: 28.1, 2: 28.2}, {0: 28.0, 1: 28.1, 2: 28.2}, "cannot tell", "0 ± 0 does not lie above 0"),
        ({5: 28.0, 7: 28.0, 9: 28.0}, {5: 28.02, 7: 27.97, 9: 28.03}, "cannot tell", "the differences change sign"),
        ({0: 28.0, 1: 28.0, 2: 28.0}, {0: 28.1, 1: 28.2, 2: 28.2}, "better", "the interval is 0.17 ± 0.14"),
        (
            {0: 28.0, 1: 28.0, 2: 28.0},
            {0: 28.1, 1: 28.1, 2: 28.21},
            "cannot tell",
            "use n - 1: the interval is 0.14 ± 0.16",
        ),
    ]
    for first, second, expected, why in cases:
        given = dict(first), dict(second)
        result = judge(*given)
        if given != (first, second):
            return "you changed the dicts that you were given"
        if result is None:
            return "got None; does your function return in every case?"
        if not isinstance(result, str) or result not in verdicts:
            return f'got {result!r}; return "better", "worse" or "cannot tell"'
        if result != expected:
            return f"{first} and {second}: you say {result!r}, but {why}"
    return None


@check
def exercise_8_3(patch_cost):
    for arguments in ((36,), (24,), (36, (9, 5, 5)), (20, (5, 3, 3, 3), (8, 4, 2))):
        crop, kernels, filters = (*arguments, (9, 1, 5), (64, 32))[:3] if len(arguments) < 3 else arguments
        if len(arguments) == 2:
            filters = (64, 32)
        try:
            result = patch_cost(*arguments)
        except ValueError as error:
            if "unpack" not in str(error):
                raise
            return "kernels and filters may have any length: go through them in a loop"
        if hint := _number(result):
            return hint
        if np.isclose(result, _cost(crop, kernels, filters), rtol=1e-9):
            continue
        for wrong, hint in (
            (
                _cost(crop, kernels, filters, shrink=0),
                "your layers do not shrink: without padding the side loses f - 1",
            ),
            (_cost(crop, kernels, filters, late=True), "a layer works on its output's pixels, not on its input's"),
            (_cost(crop, kernels, filters, shrink=2), "each layer's output is f - 1 smaller, not 2 (f - 1)"),
            (
                _cost(crop, kernels, filters, channels=False),
                "each output number is made from f^2 c inputs: count channels",
            ),
            (_cost(crop, kernels, filters, power=1), "a kernel has f x f weights, not f"),
            (_cost(crop, kernels, filters, last=False), "the last layer, with its one filter, is missing"),
            (_cost(crop, kernels, filters, pixels=False), "those are the weights; each is used at every output pixel"),
            (_cost(crop, kernels, filters, biases=True), "leave the biases out"),
            (
                _cost(crop, kernels, filters, at_the_end=True),
                "each layer has an output size of its own, not the last one's",
            ),
            (_cost(crop, kernels, filters, shrink=0.5), "a side loses f - 1 in all, f // 2 on each of its two ends"),
        ):
            if np.isclose(result, wrong, rtol=1e-9):
                return hint
        if arguments == (36,):
            return f"a patch of 36 in 9-1-5 costs 6130688 multiply-adds; yours are {result:.0f}"
        return f"36 is right, but patch_cost{arguments} is not; is a number fixed that should depend on the arguments?"
    return None


def _cost(
    crop, kernels, filters, *, shrink=1, late=False, channels=True, power=2, last=True, pixels=True, biases=False,
    at_the_end=False,
):  # fmt: skip
    if at_the_end:
        crop, shrink = crop - sum(kernels) + len(kernels), 0
    total, side, c = 0, crop, 1
    for f, n in list(zip(kernels, (*filters, 1), strict=True))[: None if last else -1]:
        before, side = side, side - shrink * (f - 1)
        area = (before if late else side) ** 2 if pixels else 1
        total += area * (f**power * (c if channels else 1) * n + (n if biases else 0))
        c = n
    return total


@check
def exercise_8_4(my_experiment):
    group = my_experiment()
    if group is None:
        return "got None; does your function end with `return`?"
    if not isinstance(group, dict) or not {"name", "seeds", "common", "variants"} <= group.keys():
        return 'return a dict with the keys "name", "seeds", "common" and "variants", as in section 8.1'
    seeds, common, variants = group["seeds"], group["common"], group["variants"]
    if isinstance(seeds, int) or len(set(seeds)) < 3 or len(set(seeds)) != len(seeds):
        return f'"seeds" is {seeds!r}; give a list of three different seeds'
    if not isinstance(common, dict) or not isinstance(variants, dict):
        return '"common" and "variants" are dicts'
    if not all(isinstance(change, dict) for change in variants.values()):
        return "each variant's value is a dict of settings, such as {'filters': [64, 16]}"
    settings = [{**common, **change} for change in variants.values()]
    for key, wanted in (("model", "srcnn-915"), ("scale", 3), ("steps", 2000), ("expand", 0)):
        values = {str(one.get(key, "not given")) for one in settings}
        if values != {str(wanted)}:
            return f"{key} should be {wanted!r} for every variant; it is {', '.join(sorted(values))}"
    others = {key for one in settings for key in one} - {"model", "scale", "steps", "expand", "filters"}
    if others:
        return f"the question does not ask for {', '.join(map(str, sorted(others)))}; leave the rest as it is"
    filters = [one.get("filters", [64, 32]) for one in settings]
    if any(np.shape(pair) != (2,) for pair in filters):
        return "filters is a pair: those of the first and of the second layer, such as [64, 16]"
    if {pair[0] for pair in filters} != {64}:
        return "the first layer keeps its 64 filters in every variant"
    if sorted(pair[1] for pair in filters) != [8, 16, 32]:
        return f"compare 8, 16 and 32 filters in the second layer; yours are {sorted(pair[1] for pair in filters)}"
    return None
