"""Record what a GPU makes of the course's training and inference: results/gpu.json, in six minutes.

    python tools/record_gpu.py [--minutes 6] [--backends jax torch] [--sections check inference] [--out FILE]
    python tools/record_gpu.py --search --minutes 2.5 --out results/gpu_search.json     batch against learning rate
    python tools/record_gpu.py --quick --out FILE     a few steps of everything, for a machine without a GPU

Every backend runs in a process of its own, one after the other. The record is written after every case, so a run that
is cut off keeps what it has. A case that does not fit into the time is listed under "skipped", with the reason.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time
from functools import partial
from itertools import product
from pathlib import Path

from srcnn import catalog, datasets, evaluation, records

SCALE, SEED, NAME = 3, 0, "srcnn-915"
SHARES = {"jax": 3, "torch": 2}  # of the time: XLA compiles every network for every batch, PyTorch does not

SETTINGS = {
    "batches": (16, 64, 256, 1024),
    "round_seconds": 0.4,  # of one timing round; the better of two counts
    "array_bytes": 2**29,  # of the arrays for plain fit(); where they hold too few steps, it runs several epochs
    "photographs": None,  # all
    "shrink": 1,  # divides the steps of every training
}
QUICK = {"batches": (4, 8), "round_seconds": 0.02, "array_bytes": 2**21, "photographs": 12, "shrink": 200}

STREAMS = {
    "memory": "plain fit() on NumPy arrays; fewer steps than a round, so in several epochs, for large batches",
    "patches": "srcnn.patches.Patches: cut on the processor by NumPy indexing, in one thread, and sent over",
    "device": "srcnn.ondevice: the photographs lie on the device; the processor draws six numbers for each patch",
    "expanded": "as memory, with the network that the course trains, models.expand(width 128)",
    "scan": "as device, but 50 steps in one program (jax.lax.scan), without Keras' fit",
}

TO_PAPER = ((16, 5e-4, 6000, 500), (256, 1e-3, 4000, 500), (256, 2e-3, 3000, 500), (16, 5e-4, 12000, 1000))
"""Trainings that stop when they pass the paper: batch, learning rate, steps of its cosine, steps between scores."""

PLAN = {
    "check": 0.2, f"training:{NAME}": 0.35, "time_to_paper": 0.35, "inference": 0.25, "precision": 0.45,
    "training:fsrcnn:srcnn-955:espcn:fsrcnn-s": 1.0,
}  # fmt: skip
"""What is measured, in this order, and the share of the time then left that each may use."""

SEARCH = {
    "batches": (64, 256, 1024), "learning_rates": (5e-4, 1e-3, 2e-3, 4e-3),
    "images": 360_000, "seconds": 3.0, "block": 50,
}  # fmt: skip
"""Trainings on equal images, half of what the course's sees, and of equal seconds; the steps in one program."""


def main():
    """Run every backend in turn, in a process that runs this script again."""
    options = arguments()
    if options.child:
        return Part(options).measure({"large_batch": 1.0} if options.search else PLAN, options.sections)
    start, backends = time.monotonic(), ["jax"] if options.search else options.backends
    record = {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "gpu": nvidia_smi()}
    record |= {"machine": records.machine(), "seed": SEED, "scale": SCALE, "quick": options.quick}
    record |= {"minutes": options.minutes, "steps_scale": options.steps_scale, "backends": {}}
    records.write_json(options.out, record)
    for number, backend in enumerate(backends):
        left = 60 * options.minutes - (time.monotonic() - start)
        seconds = left * SHARES[backend] / sum(SHARES[name] for name in backends[number:])
        words = [sys.executable, __file__, *sys.argv[1:], "--child", backend, str(seconds)]
        environment = {**os.environ, "KERAS_BACKEND": backend, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        ended = attempt(subprocess.run, words, env=environment, timeout=seconds + 15)
        record = json.loads(options.out.read_text())  # to which the process has added
        part = record["backends"].setdefault(backend, {})
        if code := getattr(ended, "returncode", "no time left"):
            part["error"] = f"the process ended with {code}"
        record["seconds"] = round(time.monotonic() - start, 1)
        records.write_json(options.out, record)


def arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "results" / "gpu.json")
    parser.add_argument("--backends", nargs="+", choices=SHARES, default=list(SHARES))
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--steps-scale", type=float, default=1, help="multiplies the steps of every training")
    parser.add_argument("--quick", action="store_true", help="a few steps of everything")
    parser.add_argument("--search", action="store_true", help="batch against learning rate instead, on JAX")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)  # a backend, and the seconds that it has
    return parser.parse_args()


def nvidia_smi():
    """Name, driver, memory and clocks of the GPUs as nvidia-smi tells them; None without one."""
    fields = "name,driver_version,memory.total,clocks.max.sm,power.limit"
    line = f"nvidia-smi --query-gpu={fields} --format=csv,noheader"
    rows = subprocess.run(line, shell=True, capture_output=True, text=True).stdout.splitlines()
    return [dict(zip(fields.split(","), row.split(", "), strict=False)) for row in rows] or None


def attempt(measure, *args, **facts):
    """What measure() returns; whatever goes wrong in one case, out of memory too, is that case's result."""
    try:
        return measure(*args, **facts)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error).strip()[:500]}"}


class Part:
    """What the process of one backend measures, and the time that it has."""

    def __init__(self, options):
        import gpu_measures  # loads Keras, so not in the parent

        self.gpu, self.out, (self.backend, seconds) = gpu_measures, options.out, options.child
        self.start, self.end = time.monotonic(), time.monotonic() + float(seconds)
        self.settings, self.side, self.calls = ({**SETTINGS, **QUICK}, 96, 3) if options.quick else (SETTINGS, 1008, 20)
        self.search = {**SEARCH, "batches": (4, 8), "block": 2} if options.quick else SEARCH
        self.steps_scale = options.steps_scale / self.settings["shrink"]
        t91 = list(datasets.load("T91").items())[: self.settings["photographs"]]
        (self.training, self.held_out), self.set5, self.streams = datasets.split(dict(t91)), datasets.load("Set5"), {}
        self.record = {"seconds": {}, "skipped": [], **gpu_measures.about(), "settings": self.settings}

    def measure(self, plan, sections):
        """Every section of a plan, in its share of the time that is left then."""
        self.record["seconds"]["start"] = round(time.monotonic() - self.start, 1)
        wanted = [key for key in plan if key.split(":")[0] in sections]
        for key in wanted:
            (section, *names), start = key.split(":"), time.monotonic()
            share = plan[key] if key != wanted[-1] else 1.0
            self.section_end = start + share * (self.end - start)
            if failed := attempt(self.cases, section, *names):
                self.record[f"{section}_failed"] = failed
            self.record["seconds"][key] = round(time.monotonic() - start, 1)
            self.save()

    def cases(self, section, *names):
        """Measure the cases of a section, each if there is more time than the dearest of its like took."""
        cases, needs, alike = SECTIONS[section]
        for measure, rows, facts in cases(self, *names):
            case = " ".join([section, *(f"{key} {value}" for key, value in facts.items())])
            took = [row["case_seconds"] for row in rows if all(row[key] == facts[key] for key in alike)]
            needed, start = max(took[-4:], default=needs), time.monotonic()
            if (left := self.left()) < needed:
                reason = f"{max(left, 0):.0f} s left in the section, it needs about {needed:.0f}"
                self.record["skipped"].append({"case": case, "reason": reason})
                continue
            rows.append({**facts})
            rows[-1] |= attempt(measure, self, **facts)
            rows[-1]["case_seconds"] = round(time.monotonic() - start, 2)
            gc.collect()
            self.save()
            print(time.strftime("%H:%M:%S"), self.backend, case, rows[-1], file=sys.stderr, flush=True)

    def left(self):
        """Seconds that are left to the section."""
        return self.section_end - time.monotonic()

    def steps(self, number):
        """So many steps, fewer if the script is to be quick."""
        return max(1, round(number * self.steps_scale))

    def save(self):
        """Write the record, of which this part is one backend's."""
        record = json.loads(self.out.read_text())
        record["backends"][self.backend] = self.record
        records.write_json(self.out, record)


def bicubic(images):
    """The score of an untrained network."""
    return round(evaluation.evaluate("bicubic", images, SCALE)["mean"]["psnr"], 4)


def check(part):
    """The ways to cut patches agree."""
    part.record["check"] = {name: part.gpu.agreement(part, name) for name in (NAME, "fsrcnn")}
    return ()


def trainings(part, *names):
    """Every network by every stream; of several networks, what matters most comes first."""
    rows, batches = part.record.setdefault("training", []), part.settings["batches"]
    part.record["streams"], groups = STREAMS, [[*STREAMS][: 5 if part.backend == "jax" else 4]]
    if len(names) > 1:
        batches = sorted(batches, key=lambda batch: batch != batches[len(batches) // 2])
        groups = [["memory", "patches", "device"], ["expanded"]]
    for group, batch, name in product(groups, batches, names):
        for kind in group:
            facts = {"model": name, "batch": batch, "stream": kind, "crop": catalog.recipe(name, SCALE).patch_size}
            yield part.gpu.training, rows, facts


def inferences(part):
    """Every shipped architecture, on one picture and on a batch of eight."""
    from srcnn import pretrained  # not above: it loads Keras, under the backend of this process

    rows = part.record.setdefault("inference", [])
    for name, pictures in product(filter(pretrained.available().get, catalog.PAPERS), (1, 8)):
        yield part.gpu.inference, rows, {"model": name, "pictures": pictures, "output": f"{part.side} x {part.side}"}


def to_paper(part):
    """The trainings of TO_PAPER."""
    paper, data, rows = evaluation.paper(NAME, "Set5", SCALE), {"Set5": part.set5, "held_out": part.held_out}, []
    part.record["time_to_paper"] = {
        "model": NAME, "target": paper["psnr"], "source": paper["source"], "stream": "device", "expand": 128,
        "note": "every untrained network starts as bicubic; the target is looked at on Set5, nothing is chosen on it",
        "bicubic": {key: bicubic(images) for key, images in data.items()}, "runs": rows,
    }  # fmt: skip
    train = partial(part.gpu.train, data=data, target=paper["psnr"])
    for batch, rate, steps, every in TO_PAPER:
        few = part.steps(every)
        yield train, rows, {"batch": batch, "learning_rate": rate, "steps": steps // every * few, "every": few}


def precisions(part):
    """float32, TensorFloat-32 and two mixed precisions."""
    steps, batch = (
        part.steps(2000 if part.backend == "jax" else 1000),
        max(b for b in part.settings["batches"] if b < 1024),
    )
    for kind in ("float32", "tf32", "mixed_bfloat16", "mixed_float16"):
        facts = {"model": NAME, "precision": kind, "training_steps": steps, "training_batch": batch}
        yield part.gpu.precision, part.record.setdefault("precision", []), facts


def searches(part):
    """Every batch at every rate after equal images and after equal seconds; the two best of each with more seeds."""
    rows, search = [], part.search
    part.record["large_batch"] = {
        **search, "model": NAME, "expand": 128, "schedule": "warm-up of 500 steps or a tenth, then cosine to 0",
        "scored_on": "the held-out photographs of T91 alone", "bicubic": bicubic(part.held_out), "runs": rows,
    }  # fmt: skip
    for equal, rate, batch in product(("images", "seconds"), search["learning_rates"], search["batches"]):
        yield part.gpu.search, rows, {"batch": batch, "learning_rate": rate, "equal": equal, "seed": 0}
    for seed, equal in product((1, 2), ("seconds", "images")):
        done = [row for row in rows if (row["equal"], row["seed"]) == (equal, 0) and "held_out_psnr" in row]
        for row in sorted(done, key=lambda row: -row["held_out_psnr"])[:2]:
            yield part.gpu.search, rows, {key: row[key] for key in ("batch", "learning_rate", "equal")} | {"seed": seed}


SECTIONS = {
    "check": (check, 0, ()),
    "inference": (inferences, 4, ()),
    "training": (trainings, 4, ("stream",)),
    "time_to_paper": (to_paper, 10, ("batch", "steps")),
    "precision": (precisions, 15, ()),
    "large_batch": (searches, 8, ("batch", "equal")),
}
"""Its cases, the seconds that the first may need, and in what cases of about equal seconds are alike."""


if __name__ == "__main__":
    main()
