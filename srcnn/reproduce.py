"""From nothing to the table: train networks, evaluate them and set them beside their papers (chapters 6 and 8)."""

from pathlib import Path

from . import catalog, datasets, evaluation, pretrained, training
from .files import atomic_write
from .tables import Table


def reproduce(names=("srcnn-915",), scales=(3,), out="reproduce", *, steps=None, seed=0, progress=True):
    """Train each network for each scale on T91, one after the other, each in a folder of its own in `out`.

    Called again with the same arguments it goes on where it was stopped; what is finished is not trained again.
    Returns: a list of dicts, one for a network and a scale: "model", "scale", "history" (see training.train), "card".
    """
    changes = {} if steps is None else {"steps": steps}
    recipes = {(name, scale): catalog.recipe(name, scale, **changes) for name in names for scale in scales}
    for name in catalog.DATASETS:
        datasets.load(name)
    runs = []
    for (name, scale), recipe in recipes.items():
        folder = Path(out) / f"{name}-x{scale}"
        if progress:
            print(f"{name} x{scale}, in {folder}", flush=True)
        _, history = training.train(
            name, scale, "T91", recipe, seed=seed, out=folder, resume=True, test_data="Set5", progress=progress
        )
        runs.append({"model": name, "scale": scale, "history": history, "card": pretrained.card(folder, scale)})
    return runs


def passed(run, data="Set5"):
    """Seconds of training after which a run first met the paper's figure on Set5; None if it did not."""
    paper = evaluation.paper(run["model"], data, run["scale"])
    met = [row["seconds"] for row in run["history"] if paper and row.get(f"{data}_psnr", 0) >= paper["psnr"]]
    return met[0] if met else None


def as_table(runs):
    """Ours beside the paper's, PSNR in dB on the test sets of the model cards."""
    rows = []
    for run in runs:
        for data, scores in run["card"]["scores"].items():
            bicubic, paper = (evaluation.paper(name, data, run["scale"]) for name in ("bicubic", run["model"]))
            ours = scores["psnr"]
            row = [f"{run['model']} x{run['scale']}", data, bicubic and bicubic["psnr"], ours]
            row += [paper["psnr"], round(ours, 2) - paper["psnr"], paper["trained_on"]] if paper else [None, None, None]
            rows.append([*row, round(run["history"][-1]["seconds"])])
    header = ["network", "set", "bicubic", "ours", "paper", "ours - paper", "paper trained on", "seconds"]
    return Table(header, rows, [0, 0, 2, 2, 2, 2, 0, 0])


def plot(runs, path):
    """Draw PSNR on Set5 against seconds of training, a line for each run, dotted for its paper, and write `path`."""
    import matplotlib

    matplotlib.use("agg", force=False)
    import matplotlib.pyplot as plt

    from . import plotting

    with plt.style.context(plotting.STYLE):
        fig, ax = plt.subplots()
        for run in runs:
            seconds = [row["seconds"] for row in run["history"]]
            label = f"{run['model']} x{run['scale']}"
            (line,) = ax.plot(seconds, [row["Set5_psnr"] for row in run["history"]], label=label)
            paper = evaluation.paper(run["model"], "Set5", run["scale"])
            if paper:
                ax.axhline(paper["psnr"], color=line.get_color(), linestyle=":", label=f"{label}, the paper")
        ax.set(xlabel="seconds of training", ylabel="PSNR on Set5 (dB)")
        ax.legend()
        with atomic_write(path) as temporary:
            fig.savefig(temporary, format="png", dpi=150)
        plt.close(fig)
