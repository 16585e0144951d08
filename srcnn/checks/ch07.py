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
        if np.allclose(result, (2 * mean, 2 * pooled)):
            return "an error that is already squared takes 10 log10, not 20"
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
def exercise_7_4(back_project):
    from srcnn import datasets, degrade

    hr = datasets.load("sample")["camera"][100:172, 180:264] / 255
    for scale in (2, 3):
        lr = degrade.downscale(hr, scale)
        sr = degrade.enlarge(lr, scale)
        before = sr.copy(), lr.copy()
        given = back_project(sr, lr, scale)
        if not (np.array_equal(sr, before[0]) and np.array_equal(lr, before[1])):
            return "your function changed an array it was given; `sr = sr + ...` makes a new one, `sr += ...` does not"
        if given is None:
            return "got None; does your function end with `return`?"
        given = np.asarray(given, np.float32)
        if given.shape != sr.shape:
            return f"your shape is {given.shape}, expected {sr.shape}"
        if not np.isfinite(given).all():
            return "there are NaN or infinite values in your result"

        def distance(picture, scale=scale, lr=lr):
            return np.abs(degrade.downscale(picture, scale) - lr)[4:-4, 4:-4].max()

        missing = degrade.enlarge(lr - degrade.downscale(sr, scale), scale)
        if np.allclose(given, sr + 20 * missing, atol=1e-4):
            return "you add the same image twenty times; compute what is missing anew in every round"
        if distance(given) > 1.5 * distance(sr):
            return "the shrunk result moves away from lr: is the sign of what you add right?"
        if distance(given) > 0.002:
            far = distance(given)
            return f"x{scale}: the shrunk result still differs by {far:.4f}; does every round start from the last one?"
        if np.abs(given - hr).max() < 1e-6:
            return "that is the original, which your function cannot know"
    return None
