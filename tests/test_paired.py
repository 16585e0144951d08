"""Paired comparisons: SciPy's own answers, and what a few photographs can show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srcnn import InputError, paired


def test_the_interval_of_a_difference_is_students():
    """Equal to SciPy's own paired test: 0 lies on the border of the interval when p is 0.05."""
    from scipy import stats

    first, second = [28.0, 28.1, 28.2, 28.1], [28.1, 28.3, 28.5, 28.15]
    mean, half = paired.difference(first, second)
    interval = stats.ttest_rel(second, first).confidence_interval(0.95)
    assert (mean - half, mean + half) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("wrong", [([], [28.0]), ([28.0], [28.0]), ([1.0, 2.0], [1.0, 2.0, 3.0])])
def test_what_cannot_be_paired_is_refused(wrong):
    with pytest.raises(InputError, match="two or more numbers"):
        paired.difference(*wrong)
    if len(wrong[0]) != len(wrong[1]):
        with pytest.raises(InputError, match="one number or more"):
            paired.sign_test(*wrong)


@pytest.mark.parametrize(("n", "p"), [(5, 2 / 32), (6, 2 / 64), (14, 2 / 2**14)])
def test_even_a_clean_sweep_of_five_photographs_is_not_below_a_twentieth(n, p):
    assert paired.sign_test(np.zeros(n), np.ones(n)) == (n, 0, pytest.approx(p))


@given(st.lists(st.integers(-2, 2), min_size=1, max_size=30))
def test_the_sign_test_does_not_care_which_method_comes_first(differences):
    zeros = [0] * len(differences)
    wins, losses, p = paired.sign_test(zeros, differences)
    assert paired.sign_test(differences, zeros) == (losses, wins, p)
    assert 0 < p <= 1 and wins + losses == sum(difference != 0 for difference in differences)
