"""Checks of chapter 8, evaluating."""

import numpy as np

from ._check import ask, check, compare, decimal, numbers, same_array, whole


@check
def exercise_8_1(wins, rng):
    cases = [
        ({"a": 30.0, "b": 32.0}, {"a": 31.0, "b": 31.5}),
        ({"a": 30.0, "b": 32.0, "c": 28.0}, {"b": 33.0, "a": 30.5, "c": 28.0}),
        _two_methods(rng),
    ]
    for first, second in cases:
        given = numbers(ask(wins, first, second), 2, "two numbers: the average gain and the number of wins")
        gains = np.array([second[name] - first[name] for name in first])
        gain, won = gains.mean(), (gains > 0).sum()
        if same_array(given, [won, gain]) is None:
            return "the two are in the wrong order: the average gain comes first"
        slips_of_gain = [
            (-gain, "the gain has the wrong sign: it is the second minus the first"),
            (gains.sum(), "that is the sum of the gains; divide by the number of images"),
        ]
        by_place = np.array([*second.values()]) > np.array([*first.values()])
        slips_of_won = [
            (by_place.sum(), "match the images by name: the two dicts may have another order"),
            ((gains >= 0).sum(), "an equal PSNR is not a win"),
            (won / len(gains), "count the wins; do not divide by the number of images"),
        ]
        what = f"{first} and {second}: your "
        wrong_gain = f"{what}average gain is {given[0]:.4g}, which is not the mean over the images"
        hint = compare(given[0], gain, slips_of_gain, otherwise=wrong_gain)
        if hint := hint or compare(given[1], won, slips_of_won, otherwise=f"{what}number of wins is {given[1]:g}"):
            return hint
    return None


def _two_methods(rng):
    """The PSNRs of two methods, in two orders; they agree on one image."""
    first = {name: decimal(rng, 24, 34) for name in "abcdef"}
    second = {name: round(first[name] + decimal(rng, -0.5, 1), 2) for name in rng.permutation([*"bcdef"]).tolist()}
    return first, {**second, "a": first["a"]}


@check
def exercise_8_2(two_averages, rng):
    drawn = [decimal(rng, 2, 20), *(decimal(rng, 100, 900) for _ in range(*whole(rng, (1, 4))))]
    for errors in ([10.0, 1000.0], [50.0], [1.0, 2.0, 900.0], drawn):
        try:
            given = ask(two_averages, errors)
        except TypeError:
            ask(two_averages, np.array(errors))  # whatever else is wrong is reported as it is
            return "your code fails on a plain list; begin with `errors = np.asarray(errors)`"
        given = numbers(given, 2, "two numbers: the mean of the PSNRs, and the PSNR of the mean MSE")
        right = np.array([np.mean(10 * np.log10(255**2 / np.array(errors))), 10 * np.log10(255**2 / np.mean(errors))])
        peak = 10 * np.log10(255)
        of_roots = 20 * np.log10(255 / np.mean(np.sqrt(errors)))
        slips = [
            (right[::-1], "the two are in the wrong order: the mean of the PSNRs comes first"),
            (right - 2 * peak, "your peak is 1; these errors are of pixels in 0..255"),
            (right * np.log(10), "decibels use the logarithm to base 10"),
            (right - peak, "the peak must be squared"),
            (right / 2, "the ratio of roots, 255 / RMSE, takes 20 log10, not 10"),
            ([given[0], right[0]], "your second number is the first again; it is the PSNR of the mean of the errors"),
            (right + 20 * np.log10(256 / 255), "the peak is 255, the largest grey level"),
            (2 * right, "an error that is already squared takes 10 log10, not 20"),
            (2 * right - 2 * peak, "an error that is already squared takes 10 log10, not 20"),
            ([given[0], of_roots], "your second number averages the roots of the errors, not the errors themselves"),
        ]
        if hint := compare(given, right, slips):
            which = int(same_array(given[0], right[0]) is None)
            name, wrong = ("first", "second")[which], f"for MSE of {errors} your"
            return hint if "values" not in hint else f"{wrong} {name} number, {given[which]:.2f} dB, is not right"
    return None


@check
def exercise_8_3(self_ensemble, rng):
    weights = rng.random((6, 9))

    def network(version):
        weight = weights if version.shape[0] <= 6 else weights.T
        return version * weight[: version.shape[0], : version.shape[1]]

    for shape in ((6, 6), (6, 9)):
        image, seen = rng.random(shape), []

        def shown(version, seen=seen):
            seen.append(np.array(version))
            return network(seen[-1])

        given = ask(self_ensemble, shown, image)
        versions = [(turn, mirrored) for turn in range(4) for mirrored in (False, True)]
        wanted = {_bytes(_version(image, *version)) for version in versions}
        if (found := {_bytes(array) for array in seen}) != wanted:
            return f"the network was shown {len(found & wanted)} of the 8 different versions"
        results = [_undone(network(_version(image, *version)), *version) for version in versions]
        slips = [
            (np.sum(results, axis=0), "that is the sum of the eight results; return their average"),
            (np.median(results, axis=0), "that is the median of the eight results; return their average"),
        ]
        otherwise = "the results do not lie on each other: undo last what was done first, and turn back the other way"
        if hint := compare(given, np.mean(results, axis=0), slips, otherwise=otherwise):
            return hint
    return None


def _version(image, turn, mirrored):
    return np.rot90(np.fliplr(image) if mirrored else image, turn)


def _undone(result, turn, mirrored):
    result = np.rot90(result, -turn)
    return np.fliplr(result) if mirrored else result


def _bytes(array):
    return array.shape, array.tobytes()


@check
def exercise_8_4(shares, rng):
    for shape, groups in (
        ((12, 15), 4),
        ((9, 7), 2),
        ((10, 10), 3),
        (whole(rng, (8, 14), (8, 14)), *whole(rng, (2, 5))),
    ):
        hr, before, after = (rng.random(shape) for _ in range(3))
        after = hr + 0.3 * (after - hr)
        given = ask(shares, hr, before, after, groups)
        right = _shares(hr, (before - hr) ** 2 - (after - hr) ** 2, groups)
        otherwise = "the numbers add up to 1, but a group holds the wrong pixels: sort by np.hypot(*np.gradient(hr))"
        hint = compare(given, right, _shares_slips(hr, before, after, groups, right), otherwise=otherwise)
        if hint == otherwise and not np.isclose(np.sum(given), 1):
            return f"for {groups} groups your numbers add up to {np.sum(given):.3f}, not to 1"
        if hint:
            return hint
    return None


def _shares(picture, fall, groups, whole=None):
    """The share of the fall in each group of pixels, from the weakest edges of the picture to the strongest."""
    order = np.argsort(np.hypot(*np.gradient(picture)), axis=None)
    sums = np.array([group.sum() for group in np.array_split(fall.ravel()[order], groups)])
    return sums / (fall.sum() if whole is None else whole)


def _shares_slips(hr, before, after, groups, right):
    """Pairs (what a usual mistake gives, its hint)."""
    fall = (before - hr) ** 2 - (after - hr) ** 2
    whole, change, clipped = fall.sum(), (before - after) ** 2, np.maximum(0, fall)
    pieces = np.array([part.sum() for part in np.array_split(fall.ravel(), groups)]) / whole
    negative = "the fall of a pixel is (before - hr)² - (after - hr)²; it may be negative"
    return [
        (right[::-1], "your groups run from the strongest edges to the weakest; the weakest come first"),
        (-right, "the sign is wrong: the fall is the error before less the error after"),
        (right * whole, "those are sums; divide them by the fall over all pixels, so that they add up to 1"),
        (right * whole / hr.size * groups, "those are means over the groups; add up, and divide by the whole fall"),
        (_shares(hr, abs(before - hr) - abs(after - hr), groups), "you add up absolute errors; square them"),
        (_shares(before, fall, groups), "the edges are those of the original `hr`, not of `before`"),
        (_shares(after, fall, groups), "the edges are those of the original `hr`, not of `after`"),
        (pieces, "your groups are pieces of the image; sort the pixels by the strength of their edge first"),
        *[(_shares(hr, other, groups, whole), negative) for other in (change, clipped)],
        *[(_shares(hr, other, groups), negative) for other in (change, clipped)],
    ]
