"""The written questions of problem set 3: a gradient to derive, and a filter that is dead."""

import numpy as np

from teach.questions import Written

GRADIENTS = {
    "slope": (
        r"F = \max(0, Z) + \alpha \min(0, Z)",
        r"\partial L / \partial \alpha",
        "dL/dalpha = sum of G · min(0, Z), with G = 2 (F − X) / N",
    ),
    "scale": (
        r"F = Y + s\,Z",
        r"\partial L / \partial s",
        "dL/ds = sum of G · Z, with G = 2 (F − X) / N; Y falls away because it does not depend on s",
    ),
    "gate": (
        r"F = \frac{Z}{1 + e^{-\beta Z}}",
        r"\partial L / \partial \beta",
        "dL/dbeta = sum of G · Z² · q (1 − q), with q = 1 / (1 + exp(−beta Z)) and G = 2 (F − X) / N",
    ),
}


def _vary_gradient(rng):
    return {"which": str(rng.choice(list(GRADIENTS)))}


def _show_gradient(which):
    layer, gradient, key = GRADIENTS[which]
    return {"layer": layer, "gradient": gradient, "key": key}


def _vary_dead(rng):
    return {"dead": int(rng.integers(3)), "open": int(rng.integers(1, 3)), "table": int(rng.integers(10**6))}


def _show_dead(dead, open, table):
    """The inputs of three ReLUs for six patches: one is dead, one always open, one is a healthy unit."""
    rng, always = np.random.default_rng(table), (dead + open) % 3
    Z = np.round(rng.uniform(0.05, 0.9, (6, 3)), 2)
    Z[:, dead] *= -1
    healthy = ({0, 1, 2} - {dead, always}).pop()
    Z[rng.permutation(6)[:4], healthy] *= -1
    rows = [f"| {k + 1} | " + " | ".join(f"{z:.2f}" for z in row) + " |" for k, row in enumerate(Z)]
    rise = -Z[:, dead].max()
    key = (
        f"filter {dead + 1} is dead (gradients of W and B are 0; its bias must rise by more than {rise:.2f}), filter "
        f"{always + 1} is always open and so linear here, filter {healthy + 1} is healthy: open for two patches of six"
    )
    return {"rows": "\n".join(rows), "key": key}


WRITTEN = {"3.6": Written(20, 15, _vary_gradient, _show_gradient), "3.7": Written(20, 15, _vary_dead, _show_dead)}
