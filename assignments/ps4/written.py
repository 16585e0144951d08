"""The written questions of problem set 4: a comparison with an error bar, and a run with one thing wrong."""

import csv
import functools

from teach.questions import Written, folder

CHANGES = {
    "rate": ("four times the learning rate", "learning_rate=0.002"),
    "batch": ("a batch of 4 patches instead of 16", "batch_size=4"),
    "turns": ("training without turned and mirrored patches", "augment=False"),
    "wide": ("training the network itself, and not each kernel as a product of two", "expand=0"),
    "start": ("the paper's Gaussian start instead of one that passes the image on", 'init="gaussian"'),
    "loss": ("the mean absolute error as the loss", 'loss="mae"'),
}
PATIENTS = {
    "healthy": "nothing is wrong",
    "rate": "the learning rate is a hundred times too large",
    "dead": "the biases of the first layer start at −2: all but one of its ReLUs are closed, and stay closed",
    "few": "it is trained on four patches only: it learns them by heart",
    "pairs": "inputs and targets were shuffled apart: it can only learn a mean",
    "shift": "the training inputs are moved by one pixel, the held-out ones are not",
    "range": "the held-out inputs are in 0..255, while the training inputs and all targets are in 0..1",
}
"""What is wrong in the logs of broken.csv, which broken.py makes."""

OTHERS = ("coffee", "rocket", "camera", "gravel")


def _vary_report(rng):
    first, second = (OTHERS[k] for k in rng.permutation(len(OTHERS))[:2])
    return {
        "which": str(rng.choice(list(CHANGES))),
        "held_1": first,
        "held_2": second,
        "scale": int(rng.integers(2, 5)),
    }


def _show_report(which, held_1, held_2, scale):
    change, code = CHANGES[which]
    where = f"x{scale}, held out {held_1} and {held_2}"
    key = f"{change} ({where}): pairs by seed; any verdict that its own interval carries"
    return {"change": change, "code": code, "key": key}


@functools.cache
def _logs():
    logs = {}
    with open(folder(4) / "broken.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            logs.setdefault(row["patient"], []).append(row)
    return logs


def _vary_run(rng):
    return {"patient": str(rng.choice([name for name in PATIENTS if name != "healthy"]))}


def _show_run(patient):
    rows, healthy = _logs()[patient], _logs()["healthy"][-1]
    columns = ("step", "training", "held_out", "closed", "mean")
    end = f"{healthy['training']} dB on training patches, {healthy['held_out']} dB on held-out ones"
    return {
        "rows": "\n".join("| " + " | ".join(row[column] for column in columns) + " |" for row in rows),
        "bicubic": rows[0]["bicubic"],
        "mean_target": rows[0]["target"],
        "healthy": f"{end}, and {healthy['closed']} closed filters; it was still behind bicubic, for want of time",
        "key": PATIENTS[patient],
    }


WRITTEN = {"4.7": Written(20, 45, _vary_report, _show_report), "4.8": Written(20, 25, _vary_run, _show_run)}
