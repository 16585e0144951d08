"""Paired comparisons: two methods on the same photographs, or two recipes with the same seeds (chapters 8 and 9)."""

import numpy as np

from . import InputError


def difference(first, second):
    """How much higher `second` is than `first`, and how sure that is: (mean, half), Eq. (9.1) and (9.2).

    first, second: PSNR in dB of two methods, a number for each photograph or each seed, the same ones in the same
    order; 2 or more. An interval over seeds says what other seeds would give on these photographs; an interval over
    photographs what other photographs of the kind would give with these weights.
    Returns: the mean of the differences, and half the width of its 95 % interval by Student's t.
    """
    from scipy import stats

    differences = _differences(first, second, 2)
    n = len(differences)
    return float(differences.mean()), float(stats.t.ppf(0.975, n - 1) * differences.std(ddof=1) / np.sqrt(n))


def sign_test(first, second):
    """How often chance alone would be as one-sided as the wins of `second` over `first`: (wins, losses, p).

    first, second: as in difference(). Ties count for neither. p: two-sided, of as many throws of a fair coin; 1.0
    where all are ties. It needs no shape of the differences, but of n photographs never gives less than 2 / 2^n.
    """
    from scipy import stats

    differences = _differences(first, second, 1)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    p = float(stats.binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
    return wins, losses, p


def _differences(first, second, least):
    if len(first) != len(second) or len(first) < least:
        wanted = "two or more numbers" if least == 2 else "one number or more"
        raise InputError(
            f"{len(first)} and {len(second)} numbers: give {wanted}, the same photographs or seeds in both"
        )
    return np.subtract(second, first)
