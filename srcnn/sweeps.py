"""Recorded experiments: trainings that differ in one thing, each with several seeds (chapter 9).

results/sweeps.json says what is run: an experiment is a list of groups; a group has seeds, common
settings, and variants; or factors, whose choices are combined, each with each, to variants.
A setting is a field of catalog.Recipe, or one of the few that only an experiment changes (variants.train).
results/NAME.jsonl holds the outcome, a line for a run. The recipes of the catalogue rest on the experiment "recipe".
"""

import contextlib
import hashlib
import itertools
import json
import os
import shutil
import sys
from pathlib import Path

from . import InputError, catalog, records

COLUMNS = (
    "group", "variant", "model", "scale", "seed", "steps", "seconds", "best_step", "val_psnr", "last_psnr", "scores",
    "machine", "commit",
)  # fmt: skip


def experiments():
    """What results/sweeps.json says: {experiment: [groups]}, with all combinations of a group's factors as variants."""
    declared = records.load("sweeps")
    for group in (group for groups in declared.values() for group in groups if "factors" in group):
        choices = itertools.product(*(factor.items() for factor in group["factors"].values()))
        group["variants"] = {
            ", ".join(name for name, _ in chosen): {key: value for _, part in chosen for key, value in part.items()}
            for chosen in choices
        }
    return declared


def rows(name):
    """The recorded runs of an experiment, dicts with the keys of COLUMNS.

    val_psnr: the best PSNR on the held-out T91 images at any scored step, the mean over them, in dB; last_psnr: at the
    last step. scores: {"held out": {photograph: PSNR}, and the same for each test set that was scored} at the best.
    """
    return records.load_lines(name)


def sweep(name, folder="results", *, workers=None, scheduler=None, progress=True):
    """Train every run of an experiment that has no line in folder/NAME.jsonl yet; stopped, it goes on there.

    The trainings are tasks of a Dask cluster, each on one core, so that a line does not depend on where it was made,
    nor on how many ran at once. A training whose worker dies goes on from its checkpoint on another worker. Variants
    of several groups with the same settings are trained once.

    workers: trainings at once on this machine; by default one for each core.
    scheduler: the address of a Dask cluster instead, whose workers have the package and the datasets, and one thread
               each (dask worker ADDRESS --nthreads 1). They find checkpoints again where they share the folder.
    """
    groups = experiments().get(name)
    if groups is None:
        raise InputError(f"no experiment {name!r}; there are {', '.join(experiments())}")
    path = Path(folder) / f"{name}.jsonl"
    recorded = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    done = {(row["group"], row["variant"], row["seed"]): row for row in recorded}
    declared = [
        ((group["name"], variant, seed), {"seed": seed, **group["common"], **group["variants"][variant]})
        for group in groups
        for seed in group["seeds"]
        for variant in group["variants"]
    ]
    todo, same = {}, {}
    for run, settings in sorted(declared, key=lambda run: run[1]["seed"]):  # each once before any a second time
        key = f"{name}-{hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]}"
        same.setdefault(key, []).append(run)
        todo.setdefault(key, settings)

    def note(key, row):
        done.update({run: row | dict(zip(COLUMNS[:2], run, strict=False)) for run in same[key]})
        order = [{column: done[run][column] for column in COLUMNS} for run, _ in declared if run in done]
        records.write_lines(path, order)

    for key, runs in same.items():
        if known := [run for run in runs if run in done]:
            if len(known) < len(runs):
                note(key, done[known[0]])
            del todo[key]
    if not todo:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = path.with_suffix(".runs").absolute()
    with _cluster(workers, scheduler, len(todo)) as client, _bar(client, todo, same, progress) as finished:
        for key, row in _results(client, todo, kept):
            note(key, row)
            finished(key)
    shutil.rmtree(kept, ignore_errors=True)


def point(group, variant, seed):
    """Train one variant of a group with one seed, here: what rows() tells of it but for group, variant and commit."""
    from . import variants

    settings = {**group["common"], **group["variants"][variant]}
    return {key: settings[key] for key in ("model", "scale")} | variants.train(seed=seed, **settings)


ONE_CORE = {
    "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}  # fmt: skip
"""Sums of one thread have one order: the backends then give the same weights wherever they run."""


def _results(client, todo, kept):
    """(key, row) of each training as it ends."""
    from distributed import as_completed

    futures = [
        client.submit(_task, key, settings, kept / key, key=key, priority=-number)
        for number, (key, settings) in enumerate(todo.items())
    ]
    try:
        for future in as_completed(futures, loop=client.loop):
            yield future.key, future.result()
    finally:
        client.cancel(futures)


def _task(key, settings, out):
    """One training in a worker process of its own: a row without group and variant."""
    from distributed import get_worker

    worker = get_worker()
    if worker.state.nthreads != 1:
        raise InputError(
            f"the worker {worker.address} has {worker.state.nthreads} threads, and two trainings in one process "
            "disturb each other: start it with --nthreads 1"
        )
    if "tensorflow" not in sys.modules:  # its threads are counted when it is loaded
        os.environ.update(ONE_CORE)
    from . import variants
    from .layers import keras

    fields = {field: value for field, value in settings.items() if field in catalog.FIELDS}
    recipe = catalog.recipe(settings["model"], settings["scale"], **fields)
    epochs = -(-recipe.steps // recipe.validate_every)
    told = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: worker.log_event("srcnn", [key, (epoch + 1) / epochs])
    )
    commit = records.commit()
    outcome = variants.train(**settings, out=out, callbacks=[told])
    facts = {"machine": records.machine(cores=1), "commit": commit}
    return {field: settings[field] for field in ("model", "scale", "seed")} | outcome | facts


@contextlib.contextmanager
def _cluster(workers, scheduler, most):
    """A dask.distributed Client: of the cluster at an address, or of worker processes here."""
    try:
        import dask
        import distributed
    except ImportError:
        raise InputError("a sweep runs on Dask, which is not installed: pip install distributed") from None
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers train nothing: give 1 or more")
    dask.config.set({"logging": {"distributed": "critical"}, "distributed.scheduler.allowed-failures": 10})
    if scheduler:
        try:
            client = distributed.Client(scheduler, timeout=20, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(f"no Dask scheduler answers at {scheduler}: {str(error).splitlines()[0]}") from None
        with client:
            yield client
        return
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with distributed.LocalCluster(
        min(most, workers or here), threads_per_worker=1, processes=True, memory_limit=0, dashboard_address=":0",
        silence_logs="CRITICAL",
    ) as local, distributed.Client(local, set_as_default=False) as client:  # fmt: skip
        yield client


@contextlib.contextmanager
def _bar(client, todo, same, progress):
    """A progress bar of the whole, in trainings; yields what is called with the key of each that ended."""
    from tqdm import tqdm

    parts = dict.fromkeys(todo, 0.0)
    bar = tqdm(
        total=len(todo), disable=not progress,
        bar_format="{l_bar}{bar}| {n:.2f}/{total} trainings [{elapsed}<{remaining}{postfix}]",
    )  # fmt: skip

    def moved(key, part):
        if key in parts:
            parts[key] = part
            bar.n = sum(parts.values())
            bar.refresh()

    def finished(key):
        bar.set_postfix_str(", ".join(map(str, same[key][0])), refresh=False)
        moved(key, 1.0)

    client.subscribe_topic("srcnn", lambda event: moved(*event[1]))
    try:
        yield finished
    finally:
        client.unsubscribe_topic("srcnn")
        bar.close()
