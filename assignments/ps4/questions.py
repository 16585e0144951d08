"""Problem set 4, train, evaluate, diagnose: an optimiser, a loop, averages, a judge, two patients; twins of exercises
7.4, 6.3, 8.2, 9.2, 10.2 and 10.3."""

import numpy as np

from srcnn.checks._check import ask, compare, explain, number, numbers, parts
from teach.questions import Question, check

# Question 4.1: an optimiser

OPTIMIZERS = {
    "heavy ball": r"v \leftarrow \mu v - \eta\, g(w), \qquad w \leftarrow w + v",
    "Nesterov": r"v \leftarrow \mu v - \eta\, g(w + \mu v), \qquad w \leftarrow w + v",
    "RMSprop": r"s \leftarrow \mu s + (1 - \mu)\, g(w)^2, \qquad w \leftarrow w - \eta\, g(w) / (\sqrt{s} + 10^{-7})",
    "decayed momentum": r"v \leftarrow \mu v + (1 - \mu)\, g(w), \qquad w \leftarrow w - \eta\, v - 0.01\, \eta\, w",
}


def _vary_optimizer(rng):
    return {"optimizer": str(rng.choice(list(OPTIMIZERS))), "mu": float(rng.choice([0.6, 0.7, 0.8]))}


def descend(gradient, w, rate, steps, optimizer, mu, epsilon=1e-7, decay=0.01):
    """The weights after each step."""
    w, memory, path = np.array(w, float), np.zeros(np.shape(w)), []
    for _ in range(steps):
        g = gradient(w + mu * memory if optimizer == "Nesterov" else w)
        if optimizer in ("heavy ball", "Nesterov"):
            memory = mu * memory - rate * g
            w = w + memory
        elif optimizer == "RMSprop":
            memory = mu * memory + (1 - mu) * g**2
            w = w - rate * g / (np.sqrt(memory) + epsilon)
        elif optimizer == "decayed momentum":
            memory = mu * memory + (1 - mu) * g
            w = w - rate * memory - decay * rate * w
        else:
            w = w - rate * g
        path.append(w)
    return np.array(path)


def _show_optimizer(optimizer, mu):
    path = descend(lambda w: 2 * w, np.array([1.0]), 0.1, 2, optimizer, mu)
    return {"formula": OPTIMIZERS[optimizer], "expected": ", ".join(f"[{value:.5f}]" for value in path[:, 0])}


@check
def optimizer_check(descend_, rng, optimizer, mu):
    """The path of the weights on random valleys, for arrays of several shapes."""
    for shape, steps in (((3,), 6), ((2, 3), 4), ((2, 1, 2), 1)):
        centre, steep, start = rng.normal(size=shape), rng.uniform(0.5, 2, shape), rng.normal(size=shape) + 2
        rate = rng.uniform(0.05, 0.15)

        def gradient(w, centre=centre, steep=steep, shape=shape):
            if np.shape(w) != shape:
                raise ValueError(f"gradient() wants weights of shape {shape}, not {np.shape(w)}")
            return steep * (np.asarray(w, float) - centre) + 0.1 * (np.asarray(w, float) - centre) ** 3

        given = parts(ask(descend_, gradient, start, rate, steps), steps, f"the {steps} arrays, one after each step")
        right = descend(gradient, start, rate, steps, optimizer, mu)
        slips = [
            (descend(gradient, start, rate, steps, "plain", mu), "this is plain gradient descent"),
            (descend(gradient, start, rate, steps, optimizer, 0.9), f"this is μ = 0.9; yours is {mu}"),
            (descend(gradient, start, rate, steps, optimizer, 1 - mu), "μ and 1 − μ are swapped"),
            (descend(gradient, start, -rate, steps, optimizer, mu), "you climb: the step goes against the gradient"),
            ([right[-1]] * steps, "all your arrays are equal; do you change one array in place and keep it each time?"),
            (descend(gradient, start, rate, steps, optimizer, mu, decay=0), "the weights do not decay"),
            *((descend(gradient, start, rate, steps, other, mu), f"this is {other}") for other in OPTIMIZERS),
        ]
        if steps > 1:
            slips.insert(0, ([start, *right[:-1]], "the first array is the one *after* the first step"))
        slips = [(slip, hint) for slip, hint in slips if compare(slip, right) is not None]
        where = f"{steps} step{'s' * (steps > 1)}, weights of shape {shape}: "
        otherwise = "the first step is right, a later one is not; what do you keep from step to step?"
        if steps == 1 or compare(given[0], right[0]) is not None:
            otherwise = "the first step is not right; what is remembered is zero before it"
        if hint := compare(given, right, slips, where, 1e-6, otherwise):
            return hint
    return None


# Question 4.2: a loop that stops

LAST = {"kept": "is used as it is", "dropped": "is left out: fewer pairs than a batch do not make a step"}


def _vary_loop(rng):
    return {"patience": int(rng.integers(2, 6)), "last": str(rng.choice(list(LAST)))}


class Stop(RuntimeError):
    """Ends a loop that would not end."""


class Training:
    """What a student's loop calls; it remembers the calls, and its scores rise to a peak and then fall."""

    def __init__(self, rng, n, scores):
        self.orders, self.batches, self.scores = [], [], list(scores)
        self.n, self.rng, self.validated = n, rng, 0
        self.losses = rng.uniform(0.5, 2, 4000)

    def order(self):
        if len(self.orders) > len(self.scores) + 5:
            raise Stop("the loop does not end")
        self.orders.append(self.rng.permutation(self.n))
        return self.orders[-1].copy()

    def train(self, chosen):
        self.batches.append((len(self.orders), np.array(chosen, int).ravel()))
        if len(self.batches) >= len(self.losses):
            raise Stop("the loop does not end")
        return float(self.losses[len(self.batches) - 1])

    def validate(self):
        self.validated += 1
        if self.validated > len(self.scores):
            raise Stop("the loop does not end")
        return self.scores[self.validated - 1]


def _scores(rng, patience):
    """A rise with pauses, each shorter than the patience; then a fall for ever. The best epoch, from 1, as well."""
    scores, best = [], 25.0
    for pause in [*rng.permutation([patience - 1, 0, rng.integers(patience)]), 0]:
        best += rng.uniform(0.1, 0.5)
        scores += [best, *(best - rng.uniform(0, 0.3, int(pause)))]
        if pause:
            scores[-1] = best  # as good as the best is no improvement
    best_epoch = scores.index(max(scores)) + 1
    fall = max(scores) - np.sort(rng.uniform(0.01, 2, patience + 30))
    fall[0] = max(scores)
    return [*scores[:best_epoch], *fall], best_epoch


@check
def loop_check(fit, rng, patience, last):
    """The batches, the mean losses and the end of a loop."""
    for _ in range(3):
        batch, more = int(rng.integers(3, 9)), int(rng.integers(1, 3))
        n = batch * int(rng.integers(2, 5)) + more
        scores, best = _scores(rng, patience)
        run = Training(rng, n, scores)
        with explain({"loop does not end": f"your loop does not stop after {patience} epochs without a better score"}):
            given = parts(ask(fit, run.train, run.validate, run.order, batch), 2, "the mean losses and the best epoch")
        if hint := _batches(run, n, batch, last):
            return hint
        if hint := _end(run, given, batch, best, patience):
            return hint
    return None


@check
def loop_partly(fit, rng, patience, last):
    """One epoch's batches are right."""
    batch = int(rng.integers(3, 9))
    run = Training(rng, batch * 3 + 1, _scores(rng, patience)[0])
    try:
        ask(fit, run.train, run.validate, run.order, batch)
    except Exception as error:
        if "does not end" not in str(error):
            raise
    return _batches(run, run.n, batch, last)


def _batches(run, n, batch, last):
    if not run.orders:
        return "you never call `order`; each epoch has a new random order"
    first = [chosen for epoch, chosen in run.batches if epoch == 1]
    whole, seen = n // batch, np.concatenate(first) if first else np.zeros(0, int)
    if not first:
        return "you do not train after the first `order()`"
    if len(np.unique(seen)) < len(seen):
        return "in one epoch a pair is used twice" if len(run.orders) > 1 else "each epoch needs a new `order()`"
    if list(seen) == list(range(len(seen))) != list(run.orders[0][: len(seen)]):
        return "the pairs come in their old order; take the numbers that `order()` returns"
    sizes = [len(chosen) for chosen in first]
    wanted = [batch] * whole + ([n - whole * batch] if last == "kept" else [])
    if sizes != wanted:
        if sizes == [batch] * whole:
            return f"{n} pairs in batches of {batch}: the smaller last batch is missing"
        if sizes == [batch] * whole + [n - whole * batch]:
            return f"{n} pairs in batches of {batch}: the smaller last batch must be left out"
        return f"{n} pairs in batches of {batch}: your batches have the sizes {', '.join(map(str, sizes))}"
    for epoch, order in enumerate(run.orders, 1):
        used = [chosen for number, chosen in run.batches if number == epoch]
        if used and not np.array_equal(np.concatenate(used), order[: sum(wanted)]):
            return f"epoch {epoch} does not go through its `order()` from the front to the back, each pair once"
    return None


def _end(run, given, batch, best, patience):
    epochs = best + patience
    done = len({epoch for epoch, _ in run.batches})
    if run.validated != done:
        return f"you trained {done} epochs and called `validate` {run.validated} times; call it once after each"
    if done != epochs:
        often = (
            f"you stop after {done} epochs; the best is number {best}, so with a patience of {patience} it is {epochs}"
        )
        return often + " (as good as the best is no improvement)"
    means, plain, sums = [], [], []
    for epoch in range(1, epochs + 1):
        each = [(loss, len(chosen)) for loss, (k, chosen) in zip(run.losses, run.batches, strict=False) if k == epoch]
        losses, sizes = (np.array(column) for column in zip(*each, strict=True))
        means.append((losses * sizes).sum() / sizes.sum())
        plain.append(losses.mean())
        sums.append(losses.sum())
    slips = [
        (plain, "a smaller batch counts less: take the mean over the pairs, not over the batches"),
        (sums, "this is the sum of the batches' losses; take the mean over the pairs"),
    ]
    slips = [(slip, hint) for slip, hint in slips if compare(slip, means) is not None]
    if hint := compare(given[0], means, slips, "the losses: ", 1e-7, "they are not the means over the pairs"):
        return hint
    slips = [(best - 1, "count the epochs from 1"), (epochs, "this is the last epoch, not the best one")]
    return compare(number(given[1]), best, slips, "the best epoch: ", 0, f"it is {best}, and you find {given[1]}")


# Question 4.3: two averages

AVERAGES = {
    "the mean of the images' PSNRs": lambda errors, pixels: np.mean(10 * np.log10(255**2 / errors)),
    "the PSNR of the mean of the images' MSEs": lambda errors, pixels: 10 * np.log10(255**2 / errors.mean()),
    "the PSNR of the MSE over all pixels of all images": lambda errors, pixels: (
        10 * np.log10(255**2 / np.average(errors, weights=pixels))
    ),
    "the mean of the images' PSNRs, where each image counts as often as it has pixels": lambda errors, pixels: (
        np.average(10 * np.log10(255**2 / errors), weights=pixels)
    ),
}
NAMES = list(AVERAGES)


def _vary_averages(rng):
    first, second = rng.permutation(4)[:2]
    return {"first": int(first), "second": int(second)}


def _averages(errors, pixels, first, second):
    return tuple(float(AVERAGES[NAMES[k]](np.asarray(errors, float), np.asarray(pixels))) for k in (first, second))


def _show_averages(first, second):
    values = _averages([10.0, 1000.0], [300, 100], first, second)
    return {"one": NAMES[first], "two": NAMES[second], "expected": ", ".join(f"{value:.3f}" for value in values)}


@check
def averages_check(two_averages, rng, first, second):
    """The two averages of random errors of images of different sizes."""
    for count in (3, 5, 8):
        errors, pixels = rng.uniform(10, 900, count), rng.integers(10_000, 200_000, count)
        given = numbers(ask(two_averages, errors.tolist(), pixels.tolist()), 2, "two averages")
        right = _averages(errors, pixels, first, second)
        if np.allclose(given, right[::-1], atol=1e-6):
            return "the two averages are swapped"
        for place, value, wanted in zip(("first", "second"), given, right, strict=True):
            slips = [(AVERAGES[name](errors, pixels), f"this is {name}") for name in NAMES]
            slips += [(wanted - 20 * np.log10(255), "the peak is 255"), (np.round(wanted, 2), "do not round")]
            otherwise = f"{value:.4g} dB is none of the averages that are usual"
            if hint := compare(value, wanted, slips, f"the {place} number: ", 1e-6, otherwise):
                return hint
    return None


# Question 4.4: a judge

STUDENT = {4: 3.182, 5: 2.776, 6: 2.571, 8: 2.365, 10: 2.262}
"""Student's t for a 95 % interval of the mean of so many differences."""


def _vary_judge(rng):
    n = int(rng.choice(list(STUDENT)))
    return {"n": n, "t": STUDENT[n], "margin": float(rng.choice([0.02, 0.05, 0.1]))}


def _verdict(mean, half, margin):
    return "better" if mean - half > margin else "worse" if mean + half < -margin else "cannot tell"


def _runs(rng, n, mean, half, t):
    """Two dicts, seed -> PSNR, whose differences have this mean and this half width."""
    noise = rng.normal(size=n)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    seeds = [int(seed) for seed in rng.permutation(1000)[:n]]
    first = dict(zip(seeds, (28 + rng.normal(0, 0.4, n)).tolist(), strict=True))
    second = {
        seed: first[seed] + mean + half * np.sqrt(n) / t * z for seed, z in zip(seeds, noise.tolist(), strict=True)
    }
    return first, {seed: second[seed] for seed in rng.permutation(seeds).tolist()}


def _show_judge(n, t, margin):
    differences = [margin + 0.02 * (k % 3 + 1) for k in range(n)]
    half = t * np.std(differences, ddof=1) / np.sqrt(n)
    return {"differences": differences, "expected": _verdict(np.mean(differences), half, margin)}


@check
def judge_check(judge, rng, n, t, margin):
    """The verdict on random runs, among them such as lie near the margin."""
    shares = [
        (1.6, 0.5, "the whole interval must lie beyond the margin of {margin}, and here it does"),
        (1.2, 0.5, "the mean is above the margin, but a part of the interval is not"),
        (0.5, 0.3, "the interval lies above 0, but not above the margin of {margin}"),
        (-1.6, 0.5, "here the second is worse by more than the margin"),
        (-0.5, 0.3, "the interval lies below 0, but not below −{margin}"),
        (2.0, 0.93, "the interval just clears the margin; is it s / √n, with n − 1 in s and t = {t}?"),
        (-2.0, 1.08, "the interval just touches the margin; is it s / √n, with n − 1 in s and t = {t}?"),
        (2.0, 1.04, "the interval just touches the margin; is it s / √n, with n − 1 in s and t = {t}?"),
        (0.1, 3.0, "the interval is wide, and 0 lies in it"),
    ]
    given = []
    for mean, half, why in [shares[k] for k in rng.permutation(len(shares))]:
        first, second = _runs(rng, n, mean * margin, half * margin, t)
        given.append(str(ask(judge, first, second)))
        wanted = _verdict(mean, half, 1)
        if given[-1] not in ("better", "worse", "cannot tell"):
            return f"you return {given[-1][:30]!r}; return one of the three verdicts"
        if given[-1] != wanted:
            swapped = {"better": "worse", "worse": "better"}.get(given[-1])
            if swapped == wanted:
                return f"you say {given[-1]!r} where it is {wanted!r}; it is the second that is judged"
            why = why.format(margin=margin, t=t)
            return f"you say {given[-1]!r} where it is {wanted!r}: {why} (match the runs by their seeds)"
    return None


# Question 4.5: pictures that were turned

TURNS = {
    "mirrored left to right": lambda p: p[..., :, ::-1],
    "turned upside down by mirroring": lambda p: p[..., ::-1, :],
    "turned by half a turn": lambda p: p[..., ::-1, ::-1],
    "transposed (rows are columns)": lambda p: np.swapaxes(p, -1, -2),
}
CODE = {
    "mirrored left to right": "y[:, :, ::-1]",
    "turned upside down by mirroring": "y[:, ::-1]",
    "turned by half a turn": "y[:, ::-1, ::-1]",
    "transposed (rows are columns)": "y.swapaxes(1, 2)",
}


def _patches(rng, count, side=24):
    """Soft random patches, two of them flat."""
    noise = rng.normal(size=(count, side + 4, side + 4))
    soft = sum(noise[:, i : i + side, j : j + side] for i in range(5) for j in range(5)) / 25
    soft = 0.5 + soft / (4 * soft.std())
    soft[rng.permutation(count)[:2]] = 0.4
    return np.clip(soft, 0, 1)


@check
def turned_check(turned, rng, bug):
    """Whether the targets were turned, with other changes that are not this bug."""
    inputs = {
        "right": np.array,
        "blurred": lambda y: (y + np.roll(y, 1, 1) + np.roll(y, 1, 2) + np.roll(y, -1, 1)) / 4,
        "noisy, in 0..255,": lambda y: 255 * np.clip(y + rng.normal(0, 0.04, y.shape), 0, 1),
        "moved by a pixel": lambda y: np.roll(y, 1, 2),
    }
    others = {f"targets {other}": change for other, change in TURNS.items() if other != bug}
    others["pairs shuffled apart"] = lambda y: np.roll(y, 1, 0)
    made = [
        (f"inputs {name} and targets as they should be", change, np.array, False) for name, change in inputs.items()
    ]
    made += [(name, inputs["noisy, in 0..255,"], change, False) for name, change in others.items()] * 3
    made += [(f"inputs {name} and targets {bug}", inputs[name], TURNS[bug], True) for name in list(inputs)[:3]]
    made.append((f"targets {bug}, but for five", np.array, lambda y: np.concatenate([y[:5], TURNS[bug](y[5:])]), True))
    patches = [_patches(rng, 24) for _ in made]
    cases = [(name, x(y), t(y), wanted) for (name, x, t, wanted), y in zip(made, patches, strict=True)]
    given = []
    for name, x, target, wanted in [cases[k] for k in rng.permutation(len(cases))]:
        answer = ask(turned, x, np.ascontiguousarray(target))
        if not (np.ndim(answer) == 0 and answer in (True, False)):
            return "return True or False"
        given.append((name, bool(answer), wanted))
    if len({answer for _, answer, _ in given}) == 1:
        return f"you return {given[0][1]} for everything"
    wrong = next(((name, answer) for name, answer, wanted in given if answer != wanted), None)
    return wrong and f"{wrong[0]}: you return {wrong[1]}"


# Question 4.6: what comes at the end?

ENDS = {
    "linear": lambda z, slope: z,
    "relu": lambda z, slope: np.maximum(z, 0),
    "sigmoid": lambda z, slope: 1 / (1 + np.exp(-np.clip(z, -500, 500))),
    "tanh": lambda z, slope: np.tanh(z),
    "clip": lambda z, slope: np.clip(z, 0, 1),
    "softplus": lambda z, slope: np.logaddexp(0, z),
    "leaky": lambda z, slope: np.where(z > 0, z, slope * z),
}
MEANING = {
    "linear": "linear: nothing follows",
    "relu": "relu: a ReLU, $\\max(0, z)$",
    "sigmoid": "sigmoid: $1 / (1 + e^{-z})$",
    "tanh": "tanh: $\\tanh z$, between −1 and 1",
    "clip": "clip: the result is cut off at 0 and at 1",
    "softplus": "softplus: $\\log(1 + e^z)$, a ReLU without its corner",
    "leaky": "leaky: a leaky ReLU, Eq. (5.15), with an unknown slope between 0.05 and 0.5",
}


def _vary_ends(rng):
    chosen = [list(ENDS)[k] for k in rng.permutation(len(ENDS))[:4]]
    return {"ends": " ".join(chosen)}


def _show_ends(ends):
    listed = "\n".join(f"{k}. {MEANING[end]}" for k, end in enumerate(ends.split(), 1))
    return {"list": listed, "end": ends.split()[2]}


@check
def ends_check(what_ends, rng, ends):
    """The end of random networks, several of each kind."""
    words = ends.split()
    for end in [str(word) for word in rng.permutation(words * 3)]:
        kernel = rng.normal(size=(3, 3))
        kernel /= abs(kernel).sum()
        gain, offset, slope = rng.uniform(3, 4.5), rng.uniform(-0.4, 0.4), rng.uniform(0.05, 0.5)

        def network(x, kernel=kernel, gain=gain, offset=offset, slope=slope, end=end):
            x = np.asarray(x, float)
            if x.ndim != 4 or x.shape[-1] != 1 or min(x.shape[1:3]) < 3:
                raise ValueError(f"network() wants inputs (N, H, W, 1); these have shape {x.shape}")
            h, w = x.shape[1] - 2, x.shape[2] - 2
            z = sum(kernel[a, b] * x[:, a : a + h, b : b + w] for a in range(3) for b in range(3))
            return ENDS[end](gain * z + offset, slope)

        given = number(ask(what_ends, network))
        if given not in (1, 2, 3, 4):
            return f"you return {given:g}; return the number of the end in your list, 1 to 4"
        if words[int(given) - 1] != end:
            told = words[int(given) - 1]
            return f"you say {told!r}, number {given:g}, where it is {end!r}; which inputs tell these two apart?"
    return None


QUESTIONS = {
    "4.1": Question("descend", 10, 25, optimizer_check, _vary_optimizer, _show_optimizer),
    "4.2": Question("fit", 8, 25, loop_check, _vary_loop, lambda patience, last: {"rest": LAST[last]}, loop_partly),
    "4.3": Question("two_averages", 4, 10, averages_check, _vary_averages, _show_averages),
    "4.4": Question("judge", 6, 15, judge_check, _vary_judge, _show_judge),
    "4.5": Question(
        "turned",
        6,
        20,
        turned_check,
        lambda rng: {"bug": str(rng.choice(list(TURNS)))},
        lambda bug: {"undo": CODE[bug]},
    ),
    "4.6": Question("what_ends", 6, 15, ends_check, _vary_ends, _show_ends),
}
