"""The written questions of problem set 1: a spectrum to predict, and a bicubic to recognise."""

import numpy as np

from assignments.ps1.questions import bc, matrix_of
from srcnn.checks.ch02 import moved
from teach.questions import Written


def _vary_spectrum(rng):
    while True:
        scale, f = int(rng.integers(2, 5)), int(rng.integers(14, 48)) / 100
        seen = abs(f * scale - round(f * scale))
        if f * scale > 0.55 and 0.08 < seen < 0.42:
            return {"scale": scale, "f": f}


def _show_spectrum(scale, f):
    seen = abs(f * scale - round(f * scale))
    taps = np.arange(-scale, scale) + 0.5 if scale % 2 == 0 else np.arange(-scale, scale + 1.0)
    weights = np.maximum(0, 1 - abs(taps / scale))
    left = abs(np.sum(weights * np.cos(2 * np.pi * f * taps)) / weights.sum())
    peaks = f"{seen / scale:.3f} and {(1 - seen) / scale:.3f} periods per pixel"
    share = f"{100 * np.sinc(f * scale) ** 2:.1f} % by K(f) = sinc², {100 * left:.1f} % at whole pixels"
    return {"key": f"seen at {seen:.2f} periods per small pixel; enlarged: {peaks}; stretched triangle leaves {share}"}


def _vary_bicubic(rng):
    a, shifted, stretched = float(rng.choice([-0.5, -0.75])), int(rng.integers(2)), int(rng.integers(2))
    return {"a": a, "shifted": shifted, "stretched": stretched}


def _show_bicubic(a, shifted, stretched):
    offset = 0.25 if shifted else 0.0
    enlarge = moved(offset, offset, lambda t: bc(t, 0, -a))
    line, ramp = np.zeros((16, 16)), np.tile(np.arange(16.0), (16, 1))
    line[:, 8] = 1
    stripes = np.tile([0.0, 0.0, 1.0], 12)
    small = matrix_of(36, 12, "edge", a, stretch=bool(stretched)) @ stripes
    rows = {"line": enlarge(line, 2)[16, 12:22], "ramp": enlarge(ramp, 2)[16, 14:20], "stripes": small[4:8]}
    printed = {name: ", ".join(f"{value + 0.0:.4f}" for value in row) for name, row in rows.items()}
    where = "reads at j / r, so it moves the picture by half a new pixel" if shifted else "half-pixel centres"
    rows_of_2_8 = {(-0.5, 1): "as MATLAB and Pillow", (-0.5, 0): "as Keras", (-0.75, 0): "as OpenCV"}
    like_whom = rows_of_2_8.get((a, stretched), "as no row of the table in 2.8")
    antialiased = "antialiased" if stretched else "not antialiased"
    return printed | {"key": f"a = {a}, {where}, {antialiased}: {like_whom} (but for the shift, if there is one)"}


WRITTEN = {"1.5": Written(20, 15, _vary_spectrum, _show_spectrum), "1.6": Written(20, 10, _vary_bicubic, _show_bicubic)}
