"""Checks of chapter 7, evaluating."""

import numpy as np

from . import check, same_array

__all__ = ["exercise_7_1", "exercise_7_2", "exercise_7_3", "exercise_7_4"]


@check
def exercise_7_1(wins):
    cases = [
        ({"a": 30.0, "b": 32.0}, {"a": 31.0, "b": 31.5}),
        ({"a": 30.0, "b": 32.0, "c": 28.0}, {"b": 33.0, "a": 30.5, "c": 28.0}),
    ]
    for first, second in cases:
        gains = [second[name] - first[name] for name in first]
        result = wins(dict(first), dict(second))
        if result is None:
            return "got None; does your function end with `return`?"
        if not isinstance(result, (tuple, list, np.ndarray)) or len(result) != 2:
            return "return two numbers: the average gain and the number of wins"
        gain, number = result
        if np.isclose(number, np.mean(gains)) and gain == sum(g > 0 for g in gains):
            return "the two are in the wrong order: the average gain comes first"
        if np.isclose(gain, -np.mean(gains)) and not np.isclose(gain, np.mean(gains)):
            return "the gain has the wrong sign: it is the second minus the first"
        if np.isclose(gain, np.sum(gains)) and not np.isclose(gain, np.mean(gains)):
            return "that is the sum of the gains; divide by the number of images"
        if not np.isclose(gain, np.mean(gains)):
            return f"{first} and {second}: your average gain is {gain}, which is not the mean over the images"
        if number != sum(g > 0 for g in gains):
            by_order = sum(b > a for a, b in zip(first.values(), second.values(), strict=True))
            if number == by_order:
                return "match the images by name: the two dicts may have another order"
            if number == sum(g >= 0 for g in gains):
                return "an equal PSNR is not a win"
            if np.isclose(number * len(gains), sum(g > 0 for g in gains)):
                return "count the wins; do not divide by the number of images"
            return f"{first} and {second}: your number of wins is {number}"
    return None


@check
def exercise_7_2(two_averages):
    for errors in ([10.0, 1000.0], [50.0], [1.0, 2.0, 900.0]):
        try:
            result = two_averages(list(errors))
        except TypeError:
            two_averages(np.array(errors))  # whatever else is wrong is reported as it is
            return "your code fails on a plain list; begin with `errors = np.asarray(errors)`"
        if result is None:
            return "got None; does your function end with `return`?"
        if not isinstance(result, (tuple, list, np.ndarray)) or len(result) != 2:
            return "return two numbers: the mean of the PSNRs, and the PSNR of the mean MSE"
        mean = np.mean(10 * np.log10(255**2 / np.array(errors)))
        pooled = 10 * np.log10(255**2 / np.mean(errors))
        if np.allclose(result, (mean, pooled)):
            continue
        if np.allclose(result, (pooled, mean)):
            return "the two are in the wrong order: the mean of the PSNRs comes first"
        if np.allclose(result, (mean - 20 * np.log10(255), pooled - 20 * np.log10(255))):
            return "your peak is 1; these errors are of pixels in 0..255"
        if np.allclose(result, (mean / 10 * np.log(10) * 10, pooled / 10 * np.log(10) * 10)):
            return "decibels use the logarithm to base 10"
        if np.allclose(result, (mean - 10 * np.log10(255), pooled - 10 * np.log10(255))):
            return "the peak must be squared"
        if np.allclose(result, (mean + 20 * np.log10(256 / 255), pooled + 20 * np.log10(256 / 255)), atol=1e-6):
            return "the peak is 255, the largest grey level"
        of_roots = [20 * np.log10(255 / np.array(errors)).mean(), 20 * np.log10(255 / np.mean(errors))]
        if np.allclose(result, (2 * mean, 2 * pooled)) or np.allclose(result, of_roots):
            return "an error that is already squared takes 10 log10, not 20"
        if np.isclose(result[1], 20 * np.log10(255 / np.mean(np.sqrt(errors)))):
            return "your second number averages the roots of the errors; average the errors themselves"
        which = 1 if np.isclose(result[0], mean) else 0
        return f"for MSE of {errors} your {('first', 'second')[which]} number, {result[which]:.2f} dB, is not right"
    return None


@check
def exercise_7_3(self_ensemble):
    random = np.random.default_rng(0)
    weights = random.random((6, 9))
    for shape in ((6, 6), (6, 9)):
        image = random.random(shape)
        before = image.copy()
        seen = []

        def network(version, seen=seen):
            version = np.asarray(version)
            seen.append(version.copy())
            rows, columns = version.shape
            return version * weights[:rows, :columns] if version.shape[0] <= 6 else version * weights.T[:rows, :columns]

        given = self_ensemble(network, image)
        if not np.array_equal(image, before):
            return "your function changed the image that it was given"
        if given is None:
            return "got None; does your function end with `return`?"
        versions = [np.rot90(v, turn) for v in (image, np.fliplr(image)) for turn in range(4)]
        wanted = {(v.shape, np.ascontiguousarray(v).tobytes()) for v in versions}
        shown = {(v.shape, np.ascontiguousarray(v).tobytes()) for v in seen}
        if shown != wanted:
            return f"the network was shown {len(shown & wanted)} of the 8 different versions"
        turned = [np.rot90(network(np.rot90(image, turn)), -turn) for turn in range(4)]
        turned += [np.fliplr(np.rot90(network(np.rot90(np.fliplr(image), turn)), -turn)) for turn in range(4)]
        expected = np.mean(turned, axis=0)
        given = np.asarray(given, float)
        if given.shape == expected.shape and np.allclose(given, 8 * expected):
            return "that is the sum of the eight results; return their average"
        if given.shape == expected.shape and np.allclose(given, np.median(turned, axis=0)):
            return "that is the median of the eight results; return their average"
        if given.shape == expected.shape and not np.allclose(given, expected):
            return "the results do not lie on each other: undo last what was done first, and turn back the other way"
        if hint := same_array(given, expected):
            return hint
    return None


@check
def exercise_7_4(shares):
    random = np.random.default_rng(0)
    for shape, parts in (((12, 15), 4), ((9, 7), 2), ((10, 10), 3)):
        hr, before, after = (random.random(shape) for _ in range(3))
        after = hr + 0.3 * (after - hr)
        kept = [array.copy() for array in (hr, before, after)]
        given = shares(hr, before, after, parts)
        if any(not np.array_equal(array, copy) for array, copy in zip((hr, before, after), kept, strict=True)):
            return "your function changed an array it was given"
        if given is None:
            return "got None; does your function end with `return`?"
        given = np.asarray(given, float)
        if given.shape != (parts,):
            return f"your shape is {given.shape}, expected ({parts},): one number for each group"
        expected = _shares(hr, before, after, parts)
        fall = np.sum((before - hr) ** 2 - (after - hr) ** 2)
        if np.allclose(given, expected):
            continue
        if np.allclose(given, expected[::-1]):
            return "your groups run from the strongest edges to the weakest; the weakest come first"
        if np.allclose(given, -expected):
            return "the sign is wrong: the fall is the error before less the error after"
        if np.allclose(given, expected * fall):
            return "those are sums; divide them by the fall over all pixels, so that they add up to 1"
        if np.allclose(given, expected * fall / hr.size * parts):
            return "those are means over the groups; add up, and divide by the fall over all pixels"
        if np.allclose(given, _shares(hr, before, after, parts, power=1)):
            return "you add up absolute errors; square them"
        if np.allclose(given, _shares(before, before, after, parts, truth=hr)):
            return "the edges are those of the original `hr`, not of `before`"
        if np.allclose(given, _shares(after, before, after, parts, truth=hr)):
            return "the edges are those of the original `hr`, not of `after`"
        if np.allclose(given, [part.sum() / fall for part in _split(before, after, hr, parts)]):
            return "your groups are pieces of the image; sort the pixels by the strength of their edge first"
        order = np.argsort(np.hypot(*np.gradient(hr)), axis=None)
        for other in ((before - after) ** 2, np.maximum(0, (before - hr) ** 2 - (after - hr) ** 2)):
            groups = np.array_split(other.ravel()[order], parts)
            sums = np.array([group.sum() for group in groups])
            if np.allclose(given, sums / fall) or np.allclose(given, sums / other.sum()):
                return "the fall of a pixel is (before - hr)² - (after - hr)²; it may be negative"
        if not np.isclose(given.sum(), 1):
            return f"for {parts} groups your numbers add up to {given.sum():.3f}, not to 1"
        return "the numbers add up to 1, but a group holds the wrong pixels: sort by np.hypot(*np.gradient(hr))"
    return None


def _split(before, after, hr, parts, power=2):
    return np.array_split((abs(before - hr) ** power - abs(after - hr) ** power).ravel(), parts)


def _shares(picture, before, after, parts, truth=None, power=2):
    truth = picture if truth is None else truth
    order = np.argsort(np.hypot(*np.gradient(picture)), axis=None)
    fall = (abs(before - truth) ** power - abs(after - truth) ** power).ravel()[order]
    return np.array([group.sum() for group in np.array_split(fall, parts)]) / fall.sum()
