"""The written questions of problem set 2: a table in which two things are wrong, and two pictures of equal PSNR."""

import numpy as np

from teach.questions import Written

NAMES = ("barn", "bridge", "cat", "harbour", "market")
FAULTS = {
    "left out": "the average of the PSNRs leaves out the worst image",
    "pasted": "the PSNR of one row does not belong to its MSE",
    "channels": "the MSE of one row is three times what its PSNR says",
    "constant": "the gain over bicubic is the same for all images",
}
PAIRS = [("left out", "pasted"), ("left out", "channels"), ("left out", "constant"), ("constant", "channels")]


def _vary_audit(rng):
    first, second = PAIRS[rng.integers(len(PAIRS))]
    return {"first": first, "second": second, "table": int(rng.integers(10**6))}


def _show_audit(first, second, table):
    """A made-up table with two faults, as Markdown, and what is wrong with it."""
    rng, faults = np.random.default_rng(table), (first, second)
    bicubic = rng.permutation([24.1, 27.8, 30.2, 32.6, 33.9]) + rng.uniform(-0.4, 0.4, 5)
    gain = np.full(5, rng.uniform(1.2, 1.6)) if "constant" in faults else rng.uniform(0.5, 2.4, 5)
    bicubic = np.round(bicubic, 2)
    psnr = np.round(bicubic + np.round(gain, 2), 2)
    errors = 255**2 / 10 ** (psnr / 10)
    row = int(np.argsort(psnr)[rng.integers(1, 5)])  # never the worst
    if "channels" in faults:
        errors[row] *= 3
    if "pasted" in faults:
        psnr[row] += round(float(rng.uniform(0.5, 1.4)), 2)
    counted = np.delete(psnr, psnr.argmin()) if "left out" in faults else psnr
    rows = [
        f"| {name} | {a:.2f} | {b:.2f} | {e:.2f} |" for name, a, b, e in zip(NAMES, bicubic, psnr, errors, strict=True)
    ]
    rows.append(f"| average | {bicubic.mean():.2f} | {counted.mean():.2f} | |")
    where = f" (row {NAMES[row]})" if {"channels", "pasted"} & set(faults) else ""
    key = f"{FAULTS[first]}; {FAULTS[second]}{where}; the honest average is {_honest(psnr, errors, faults):.2f} dB"
    return {"table": "\n".join(rows), "key": key}


def _honest(psnr, errors, faults):
    return psnr.mean() if "channels" in faults else np.mean(10 * np.log10(255**2 / errors))


WRITTEN = {
    "2.6": Written(20, 20, _vary_audit, _show_audit),
    "2.7": Written(
        20,
        15,
        lambda rng: {"b": int(rng.integers(8, 25))},
        lambda b: {
            "key": f"both {20 * np.log10(255 / b):.2f} dB; the brighter copy keeps an SSIM near 1 (only its luminance "
            "factor falls, and most in dark places), the noisy one loses contrast and structure in flat places"
        },
    ),
}
