"""Run the recorded experiments: small trainings that differ in one thing, each with several seeds.

    python tools/sweep.py recipe          # every run of results/sweeps.json under "recipe" that is not recorded yet
    python tools/sweep.py                 # all of them

results/sweeps.json says what is run; results/NAME.csv gets one row a run: what was varied, seed, steps, seconds, the
best PSNR on the held-out T91 images, machine and commit. Stopped, it goes on with the first run that has no row.
"""

import csv
import itertools
import json
import sys
from pathlib import Path

import numpy as np

from srcnn import models, records, training
from srcnn.files import whole_file

RESULTS = Path(__file__).resolve().parent.parent / "results"
COLUMNS = ["group", "variant", "model", "scale", "seed", "steps", "seconds", "val_psnr", "machine", "commit"]


def brightness(model, seed):
    """The start without the zero mean: the first layer's filters answer to brightness as well."""
    first = model.layers[0]
    kernel = np.array(first.kernel)
    drawn = np.array(models.keras.initializers.HeNormal(1000 * seed + 1)(kernel.shape))
    kernel[..., 1:] = drawn[..., 1:]
    first.kernel.assign(kernel)


def plain_mapping(model, seed):
    """The start of FSRCNN without the near-identity: mapping layers He-normal, but for the path of the image."""
    for number, layer in enumerate(layer for layer in model.layers if getattr(layer, "kernel_size", None) == (3, 3)):
        kernel = np.array(layer.kernel)
        drawn = np.array(models.keras.initializers.HeNormal(1000 * seed + 3 + number)(kernel.shape))
        kernel[..., 1:] = drawn[..., 1:]
        layer.kernel.assign(kernel)


def run(model, scale, seed, steps, change=(), **settings):
    """Train one variant; return its row. `change` names functions of this module that alter the fresh network."""
    network = model
    if change:
        network = models.build(model, scale, seed=seed)
        for name in change:
            {"brightness": brightness, "plain mapping": plain_mapping}[name](network, seed)
    recipe = {key: value for key, value in training.recipe(model).items() if key != "steps"}
    _, history = training.train(network, scale, steps, seed=seed, **{**recipe, **settings})
    best = max(row["val_psnr"] for row in history)
    return {"steps": history[-1]["step"], "seconds": history[-1]["seconds"], "val_psnr": best}


def main(wanted):
    """Run what is not recorded yet of the experiments in `wanted`."""
    sweeps = json.loads((RESULTS / "sweeps.json").read_text())
    unknown = set(wanted) - set(sweeps)
    if unknown:
        sys.exit(f"no experiment {', '.join(unknown)}; there are {', '.join(sweeps)}")
    for name in wanted or sweeps:
        path = RESULTS / f"{name}.csv"
        rows = list(csv.DictReader(path.open())) if path.is_file() else []
        done = {(row["group"], row["variant"], row["seed"]) for row in rows}
        todo = [
            (group, variant, seed)
            for group in sweeps[name]
            for seed, variant in itertools.product(group["seeds"], group["variants"])
            if (group["name"], variant, str(seed)) not in done
        ]
        for number, (group, variant, seed) in enumerate(todo, start=1):
            print(f"{name} {number}/{len(todo)}: {group['name']}, {variant}, seed {seed}", flush=True)
            settings = {**group["common"], **group["variants"][variant]}
            place = {"model": settings["model"], "scale": settings["scale"]}
            measured = run(seed=seed, **settings)
            told = {"machine": records.machine(), "commit": records.commit()}
            rows.append({"group": group["name"], "variant": variant, "seed": seed, **place, **measured, **told})
            with whole_file(path) as temporary, open(temporary, "w", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
