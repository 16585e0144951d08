"""The command line: `srcnn COMMAND --help`, or `python -m srcnn COMMAND --help`."""

import argparse
import json
import math
import os
import sys

from . import InputError, __version__, catalog
from .files import one_line


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of the whole usage."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help tells more)\n")


def parser():
    """The commands and their options."""
    top = _Parser(prog="srcnn", description="Super-resolution with the networks of the SRCNN course.")
    top.add_argument("--version", action="version", version=f"srcnn {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)
    for name, (run, options, does, *more) in COMMANDS.items():
        sub = commands.add_parser(
            name, help=does, description=does[0].upper() + does[1:] + ".", epilog=" ".join(more) or None
        )
        sub.set_defaults(run=run)
        options(sub)
    return top


NETWORKS = f"{', '.join(catalog.named())}, or {catalog.OTHERS}"

METHODS = "nearest, bilinear, bicubic, lanczos, a trained network such as srcnn-915, or the path of your own weights"

PICTURES = (
    "A folder IN gives a folder OUT, picture by picture under the same name (.png is added to gif, avif, bmp and "
    "others). Pictures that are in OUT already are kept as they are, so that a stopped command goes on where it "
    "was; remove them, or name another folder, to make them anew. A picture that fails is named at the end, the "
    "others are done. The result is upright, and stays grey, or transparent, as the picture is; png and tif keep 16 "
    "bits a channel. A palette becomes RGB, for the new pixels lie between its colours, and CMYK becomes sRGB. Of "
    "several frames or pages the first is taken. Colour profile, EXIF data, resolution and gamma are kept where the "
    "type of OUT has a place for them; notes say what is lost. HEIC is read where pillow-heif is installed. Pictures "
    "of more than 179 megapixels are refused; the environment variable SRCNN_MAX_MEGAPIXELS sets another limit."
)

MACHINES = (
    "Several machines share each batch where the same command is started on each, with KERAS_BACKEND=jax, "
    "KERAS_DISTRIBUTION_JOB_ADDRESSES=10.0.0.1:1234 (where number 0 listens), KERAS_DISTRIBUTION_NUM_PROCESSES=2 and "
    "KERAS_DISTRIBUTION_PROCESS_ID=0 on the first, 1 on the second. DIR is a folder that all of them see; number 0 "
    "writes it."
)

EXPORTED = (
    "An .onnx file runs in ONNX Runtime, in a browser as well; a .tflite file in LiteRT, once called TensorFlow Lite. "
    "Either enlarges an image of any size. Its input `lr` is float32 (1, H, W, 1): the luma Y of BT.601 in 16..235, "
    "divided by 255. Its output `sr` is float32 (1, scale x H, scale x W, 1), the same luma, not clipped. The mirrored "
    "border is in the file, and so is SRCNN's bicubic enlargement. Cb and Cr are left to you: srcnn upscale enlarges "
    "them by bicubic. Writing .onnx needs the package onnx, writing .tflite needs TensorFlow."
)

COMPARED = (
    "Two grey images are compared as they are, as in the papers; if one is in colour, both as Y of BT.601 in "
    "16..235, with grey as RGB. Sizes that differ by less than 4 pixels, because one did not divide by the scale, "
    "are cut at the right and the bottom. Of two folders, images of the same name are compared."
)


def _scale(sub, default=None, what="larger"):
    told = f"how many times {what}" + (f" (default: {default})" if default else "")
    sub.add_argument("--scale", type=int, choices=catalog.SCALES, default=default, required=not default, help=told)


def _json_flag(sub):
    sub.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _download_options(sub):
    told = f"{', '.join(catalog.DATASETS)} (default: all of them)"
    sub.add_argument("names", nargs="*", metavar="NAME", help=told)


def _train_options(sub):
    sub.add_argument("--model", default="srcnn-915", help=f"{NETWORKS} (default: srcnn-915)")
    _scale(sub, 3)
    batch = "crops in a batch (default: 16); the learning rate is not changed with it"
    sub.add_argument("--batch-size", type=int, metavar="N", help=batch)
    steps = "batches of crops, rounded up to a multiple of 1000 (default: 45000 for srcnn-915)"
    sub.add_argument("--steps", type=int, help=steps)
    out = "folder for the weights, model card, history and checkpoint"
    sub.add_argument("--out", required=True, metavar="DIR", help=out)
    data = "T91 (default), sample, or a folder of images; every ninth is held out"
    sub.add_argument("--data", default="T91", help=data)
    init = "identity, gaussian, or weights to start from: such as srcnn-915-x3, or a .npz file"
    sub.add_argument("--init", help=f"{init} (default: the recipe's, mostly identity)")
    sub.add_argument("--seed", type=int, default=0, help="of the initialisation and the patches (default: 0)")
    sub.add_argument("--resume", action="store_true", help="go on from the last checkpoint in DIR")
    devices = "share each batch among N GPUs; needs KERAS_BACKEND=jax (default: one, or all of several machines)"
    sub.add_argument("--devices", type=int, metavar="N", help=devices)


def _reproduce_options(sub):
    models = f"{NETWORKS} (default: srcnn-915)"
    sub.add_argument("--models", nargs="+", default=["srcnn-915"], metavar="NAME", help=models)
    scales = f"{', '.join(map(str, catalog.SCALES))} (default: 3)"
    sub.add_argument("--scales", nargs="+", type=int, choices=catalog.SCALES, default=[3], metavar="N", help=scales)
    out = "folder for the trainings and the plot (default: reproduce); given again, the command goes on there"
    sub.add_argument("--out", default="reproduce", metavar="DIR", help=out)
    sub.add_argument("--steps", type=int, help="batches for each network (default: its recipe's)")
    sub.add_argument("--seed", type=int, default=0, help="of the initialisation and the patches (default: 0)")


def _benchmark_options(sub):
    sub.add_argument("--out", metavar="FILE", help="write the record, JSON, to this file as well")


def _sweep_options(sub):
    sub.add_argument("names", nargs="*", metavar="NAME", help="experiments of results/sweeps.json (default: all)")
    sub.add_argument("--out", default="results", metavar="DIR", help="folder of NAME.jsonl (default: results)")
    where = sub.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, metavar="N", help="trainings at once here, one core each (default: all)")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster to train on, such as tcp://host:8786")


def _evaluate_options(sub):
    sub.add_argument("--model", required=True, help=METHODS)
    known = ", ".join((*catalog.TEST_SETS, *catalog.TRAIN_SETS))
    sub.add_argument("--data", required=True, help=f"{known}, sample, or a folder of images")
    _scale(sub)
    _json_flag(sub)


def _upscale_options(sub):
    sub.add_argument("input", metavar="IN", help="the photograph, or a folder")
    sub.add_argument("output", metavar="OUT", help="the file to write, whose ending says the type; or a folder")
    _scale(sub, 2)
    sub.add_argument("--model", default="srcnn-915", help=f"{METHODS} (default: srcnn-915)")


def _export_options(sub):
    sub.add_argument("model", metavar="MODEL", help="a trained network such as srcnn-915, or your own weights' path")
    sub.add_argument("output", metavar="OUT", help="the file to write: its ending, .onnx or .tflite, says the format")
    _scale(sub)


def _degrade_options(sub):
    sub.add_argument("input", metavar="IN", help="the photograph, or a folder")
    sub.add_argument("output", metavar="OUT", help="the file to write, or a folder")
    _scale(sub, what="smaller")


def _compare_options(sub):
    sub.add_argument("first", metavar="A", help="the original, or a folder")
    sub.add_argument("second", metavar="B", help="the image to judge, or a folder")
    shave = "ignore N pixels on each side (the papers: the scale)"
    sub.add_argument("--shave", type=int, default=0, metavar="N", help=shave)
    sub.add_argument("--rgb", action="store_true", help="PSNR and MSE over R, G and B instead of luma, without SSIM")
    _json_flag(sub)


def main(arguments=None):
    """Run one command; return its exit code: 0, 2 for a user's mistake, 130 for an interruption."""
    for name in ("stdout", "stderr"):  # a closed stream, or one that cannot encode a file's name
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(errors="backslashreplace")
    sys.unraisablehook = lambda _: None  # such as a file that a library cannot close on a full disk: it is said below
    options = parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
        return 0
    except InputError as error:
        print(f"srcnn {options.command}: {one_line(error)}", file=sys.stderr)
        return 2
    except MemoryError:
        print(f"srcnn {options.command}: this does not fit into this machine's memory", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `srcnn evaluate ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        told = f"{error.strerror or error}: {error.filename or 'the output'}"
        print(f"srcnn {options.command}: {one_line(told)}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would try to write the rest at its end
        return 2
    except KeyboardInterrupt:
        more = "; --resume goes on from the last checkpoint" if options.command == "train" else ""
        more = "; the same command goes on from the last checkpoint" if options.command == "reproduce" else more
        print(f"\nsrcnn {options.command}: interrupted{more}", file=sys.stderr)
        return 130


def _download(options):
    from . import datasets

    for name in options.names:
        datasets.find(name)  # a wrong name is refused before the first download
    for name in options.names or catalog.DATASETS:
        print(f"{name}: {datasets.download(name)}")


def _train(options):
    from . import datasets, runs, together, training

    changes = {
        key: getattr(options, key) for key in ("steps", "init", "batch_size") if getattr(options, key) is not None
    }
    recipe = catalog.recipe(options.model, options.scale, **changes)
    _, history = training.train(
        options.model,
        options.scale,
        options.data,
        recipe,
        seed=options.seed,
        out=options.out,
        resume=options.resume,
        devices=options.devices,
        test_data="Set5" if datasets.find("Set5") else None,
    )
    if not together.leads():
        return
    kept = runs.kept(history, recipe.keeps_last)
    reason = "the last weights, which are kept," if recipe.keeps_last else "best"
    print(f"{reason} on the held-out images: {kept['val_psnr']:.2f} dB at step {kept['step']}")
    print(f"seconds in all: {history[-1]['seconds']:.0f}")
    print(f"weights and model card: {options.out}/{options.model}-x{options.scale}.*")


def _reproduce(options):
    from pathlib import Path

    from . import reproduce

    runs = reproduce.reproduce(options.models, options.scales, options.out, steps=options.steps, seed=options.seed)
    plot = Path(options.out) / "reproduce.png"
    reproduce.plot(runs, plot)
    print(reproduce.as_table(runs))
    for run in runs:
        seconds = reproduce.passed(run)
        met = f"met the paper's figure on Set5 after {seconds:.0f} s" if seconds else "did not meet the paper's figure"
        print(f"{run['model']} x{run['scale']} {met}")
    print(f"plot: {plot}")


def _benchmark(options):
    from . import benchmark, records
    from .files import atomic_write

    if options.out:
        with atomic_write(options.out, keep=False):  # refused now, not after the measuring
            pass
    result = benchmark.benchmark()
    if options.out:
        records.write_json(options.out, result)
    print(benchmark.as_table(result))
    print(benchmark.training_table(result))
    print(f"{result['machine']}: the backend's float32 matrix product runs at {result['matmul_gflops']} GFLOP/s")


def _sweep(options):
    from . import sweeps

    for name in options.names or sweeps.experiments():
        sweeps.sweep(name, options.out, workers=options.workers, scheduler=options.scheduler)


def _evaluate(options):
    from . import evaluation, photos

    notes = []
    table = evaluation.evaluate(options.model, options.data, options.scale, tell=notes.extend)
    print(_json(table) if options.json else evaluation.as_table(table))
    photos.tell_left_out(options.data)
    photos.tell(notes)


def _upscale(options):
    from . import photos

    photos.upscale(options.input, options.output, options.scale, options.model)


def _export(options):
    from . import export

    export.export(options.model, options.output, options.scale)
    times = options.scale
    print(f"{options.output}: LR luma lr, float32 (1, H, W, 1) -> SR luma sr, float32 (1, {times} H, {times} W, 1)")


def _degrade(options):
    from . import photos

    photos.degrade(options.input, options.output, options.scale)


def _compare(options):
    from . import comparison, photos

    scores, failed = comparison.compare(options.first, options.second, options.shave, options.rgb)
    print(_json(scores) if options.json else comparison.as_text(scores))
    photos.report(failed, len(failed) + len(scores.get("images", [])))


def _json(value):
    """JSON knows no infinity: the PSNR of two equal images becomes null."""

    def finite(part):
        if isinstance(part, dict):
            return {key: finite(item) for key, item in part.items()}
        if isinstance(part, list):
            return [finite(item) for item in part]
        return None if isinstance(part, float) and not math.isfinite(part) else part

    return json.dumps(finite(value), indent=1, allow_nan=False)


COMMANDS = {
    "download": (
        _download, _download_options,
        f"download and verify the datasets {', '.join(catalog.DATASETS)}",
    ),
    "train": (_train, _train_options, "train a network from nothing", MACHINES),
    "reproduce": (
        _reproduce, _reproduce_options, "train networks, evaluate them and print the table beside the papers'",
    ),
    "benchmark": (
        _benchmark, _benchmark_options, "measure accuracy, speed and memory of every method on this machine",
    ),
    "sweep": (
        _sweep, _sweep_options, "run the recorded experiments of chapter 9; stopped, it goes on where it was",
    ),
    "evaluate": (
        _evaluate, _evaluate_options,
        "print PSNR, SSIM and MSE of a method on a dataset, under the papers' protocol",
    ),
    "upscale": (
        _upscale, _upscale_options, "enlarge a photograph of any size, or a folder of them, in colour", PICTURES,
    ),
    "export": (
        _export, _export_options, "write a trained network as one file, ONNX or LiteRT, for other programs", EXPORTED,
    ),
    "degrade": (
        _degrade, _degrade_options,
        "make the low-resolution image of a photograph: crop to a multiple, antialiased bicubic", PICTURES,
    ),
    "compare": (
        _compare, _compare_options,
        "print PSNR, SSIM and MSE between the luma of two image files, or folders", COMPARED,
    ),
}  # fmt: skip
"""What each runs, its options, what it does, and perhaps a paragraph more."""


if __name__ == "__main__":
    sys.exit(main())
