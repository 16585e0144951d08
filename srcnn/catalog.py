"""The catalogue: the scales, the datasets, and every network with its paper's name and its recipe.

What can be known about them without loading Keras stands here and nowhere else: help texts, tables, tests and the
command line derive from it. To add a network or a dataset, see CONTRIBUTING.md.
"""

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib import import_module

from . import InputError

SCALES = (2, 3, 4)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset of photographs that the course downloads; its files are in data/manifest.csv."""

    use: str
    """"train" or "test"."""
    paper: str
    """Who used it first, and where."""
    doi: str
    terms: str = "none stated"
    """On which it was published."""
    ending: str = ""
    """What all file names end in before their type, and the names of the images do not."""


DATASETS = {
    "T91": Dataset(
        use="train", doi="10.1109/TIP.2010.2050625",
        paper="Yang, Wright, Huang, Ma: *Image Super-Resolution via Sparse Representation*, IEEE TIP 2010",
    ),
    "Set5": Dataset(
        use="test", doi="10.5244/C.26.135", ending="_GT",
        paper="Bevilacqua, Roumy, Guillemot, Alberi-Morel: *Low-Complexity Single-Image Super-Resolution based on "
        "Nonnegative Neighbor Embedding*, BMVC 2012",
    ),
    "Set14": Dataset(
        use="test", doi="10.1007/978-3-642-27413-8_47",
        paper="Zeyde, Elad, Protter: *On Single Image Scale-Up using Sparse-Representations*, Curves and Surfaces 2010",
    ),
    "BSD100": Dataset(
        use="test", doi="10.1109/ICCV.2001.937655", ending="_SRF_3_HR", terms="research and teaching, not commercial",
        paper="Martin, Fowlkes, Tal, Malik: *A Database of Human Segmented Natural Images and its Application to "
        "Evaluating Segmentation Algorithms and Measuring Ecological Statistics*, ICCV 2001: its 100 test images",
    ),
}  # fmt: skip
"""All of them. To add one, add its block, and run tools/manifest.py (CONTRIBUTING.md)."""

TRAIN_SETS = tuple(name for name, known in DATASETS.items() if known.use == "train")
TEST_SETS = tuple(name for name, known in DATASETS.items() if known.use == "test")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is trained. A training's settings and model card hold all of these (dataclasses.asdict)."""

    steps: int
    """Batches in all; training rounds them up to a multiple of `validate_every`."""
    patch_size: int
    """Pixels of the network's input along a patch's side: of the ILR for SRCNN, of the LR for FSRCNN and ESPCN."""
    learning_rate: float
    """Its largest value."""
    batch_size: int = 16
    warm_up: int = 500
    """Steps in which the learning rate rises from 0; at most a tenth of `steps`. At full speed from the start, many
    ReLUs die in the first steps."""
    schedule: str = "cosine"
    """After the warm-up: "cosine", half a cosine down to 0, or "constant"."""
    optimizer: str = "Adam"
    """A name in optimizers.OPTIMIZERS."""
    loss: str = "mse"
    """A name in optimizers.LOSSES."""
    augment: bool = True
    """Whether patches come in five sizes, flips and rotations (patches.Patches)."""
    degraded: bool = False
    """Whether the small pictures are blurred, sharpened and JPEG files as well, degradations.draw()."""
    init: str = "identity"
    """"identity", "gaussian", or trained weights to start from, such as "srcnn-955-x3" (pretrained.start_from)."""
    expand: int = 128
    """The width of models.expand(), which trains each kernel as a product of two; 0 trains the network itself."""
    adversarial: float = 0.0
    """The weight of the adversarial loss, gan.Adversarial; 0 trains without a discriminator."""
    validate_every: int = 1000
    """Steps between two scores on the held-out images, and between two checkpoints."""

    @property
    def keeps_last(self):
        """Whether the last weights are kept, and not the best by PSNR on held-out bicubic images, because the training
        is after something else."""
        return bool(self.adversarial or self.degraded)

    def __post_init__(self):
        for name in ("steps", "patch_size", "batch_size", "validate_every"):
            value = getattr(self, name)
            if not isinstance(value, int) or not 1 <= value < 2**31:
                raise InputError(f"{name}={value!r} must be a whole number of at least 1 (and below 2^31)")
        for name in ("warm_up", "expand"):
            if not isinstance(getattr(self, name), int) or getattr(self, name) < 0:
                raise InputError(f"{name}={getattr(self, name)!r} must be a whole number, 0 or more")
        for name in ("schedule", "optimizer", "loss", "init"):
            if not isinstance(getattr(self, name), str):
                raise InputError(f"{name}={getattr(self, name)!r} must be a name")
        if not isinstance(self.learning_rate, (int, float)) or not 0 < self.learning_rate < float("inf"):
            raise InputError(f"learning_rate={self.learning_rate!r} must be a number above 0")
        if not isinstance(self.adversarial, (int, float)) or not 0 <= self.adversarial < float("inf"):
            raise InputError(f"adversarial={self.adversarial!r} must be a number, 0 or more")
        if self.schedule not in ("cosine", "constant"):
            raise InputError(f"no schedule {self.schedule!r}; there are cosine, constant")


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network of the course: how it is built, what its paper calls it, and how it is trained."""

    build: Callable
    """build(name=, scale=, init=, seed=) -> keras.Model; for an SRCNN also filters=."""
    recipe: Recipe
    paper: str | None = None
    """Its name in data/published.csv."""
    at_scale: dict = field(default_factory=dict)
    """{scale: what differs there from `recipe`}."""
    small_input: bool = False
    """Whether it takes the LR image (FSRCNN, ESPCN); SRCNN takes the LR image enlarged by bicubic, the ILR."""


def _architecture(name, module="models", **fixed):
    """A function of models.py, or of another module, which is imported when a network is built: it loads Keras."""

    def build(**options):
        return getattr(import_module(f".{module}", __package__), name)(**fixed, **options)

    return build


def _srcnn(*kernels, recipe, **about):
    def build(*, scale=None, filters=None, **options):
        from . import models

        return models.srcnn(filters or (64, *[32] * (len(kernels) - 2)), kernels, **options)

    return Network(build=build, recipe=recipe, **about)


SRCNN_RECIPE = Recipe(steps=45_000, patch_size=36, learning_rate=5e-4)
"""That of 9-1-5, and of every SRCNN that has no recipe of its own."""

FAST_RECIPE = Recipe(steps=90_000, patch_size=24, learning_rate=1e-3)

DEEP_RECIPE = Recipe(steps=20_000, patch_size=40, batch_size=8, learning_rate=5e-4, expand=0)
"""About the work of FSRCNN's training, forward: weights x pixels of the patches x steps (chapter 12)."""

NETWORKS = {
    "srcnn-915": _srcnn(9, 1, 5, paper="SRCNN 9-1-5", recipe=SRCNN_RECIPE),
    "srcnn-955": _srcnn(
        9, 5, 5, paper="SRCNN 9-5-5", recipe=replace(SRCNN_RECIPE, steps=120_000),
        at_scale={4: {"steps": 60_000, "patch_size": 60, "init": "srcnn-955-x3"}},
    ),
    "fsrcnn": Network(
        build=_architecture("fsrcnn"), paper="FSRCNN (56;12;4)", small_input=True,
        recipe=replace(FAST_RECIPE, steps=200_000), at_scale={3: {"warm_up": 0}},
    ),
    "fsrcnn-real": Network(
        build=_architecture("fsrcnn"), small_input=True,
        recipe=replace(FAST_RECIPE, steps=100_000, learning_rate=5e-4, degraded=True),
        at_scale={scale: {"init": f"fsrcnn-x{scale}"} for scale in SCALES},
    ),
    "fsrcnn-s": Network(
        build=_architecture("fsrcnn", d=32, s=5, m=1), paper="FSRCNN-s (32;5;1)", small_input=True,
        recipe=replace(FAST_RECIPE, warm_up=0),
    ),
    "espcn": Network(
        build=_architecture("espcn"), paper="ESPCN", small_input=True,
        recipe=FAST_RECIPE, at_scale={2: {"learning_rate": 5e-4}},
    ),
    "vdsr-s": Network(build=_architecture("vdsr", "deeper"), recipe=DEEP_RECIPE),
    "edsr-s": Network(build=_architecture("edsr", "deeper"), recipe=DEEP_RECIPE, small_input=True),
    "rcan-s": Network(build=_architecture("edsr", "deeper", attention=True), recipe=DEEP_RECIPE, small_input=True),
    "srgan-s": Network(
        build=_architecture("edsr", "deeper"), small_input=True,
        recipe=replace(DEEP_RECIPE, steps=10_000, learning_rate=4e-4, loss="mae", adversarial=0.02),
        at_scale={scale: {"init": f"edsr-s-x{scale}"} for scale in SCALES},
    ),
}  # fmt: skip
"""By the names that the command line, the weights and the model cards use. A test holds each recipe to be the one of
the weights that come with the course."""

PAPERS = {name: known.paper for name, known in NETWORKS.items() if known.paper}
"""What the papers call the networks of the course."""

OTHERS = "srcnn- and the kernels, such as srcnn-955 or srcnn-11-1-7"
"""The networks that need no entry here, in words."""


def named():
    """The networks that are known by a name alone; an SRCNN is known by its kernels as well."""
    return [name for name in NETWORKS if not name.startswith("srcnn-")]


def network(name):
    """The Network of a name: one of NETWORKS, or "srcnn-" and its kernels. Raises: InputError if there is none."""
    known = NETWORKS.get(name) if isinstance(name, str) else None
    return known or _srcnn(*kernels(name), recipe=SRCNN_RECIPE)


def kernels(name):
    """The kernels in an SRCNN's name: "srcnn-915" -> (9, 1, 5), "srcnn-11-1-7" -> (11, 1, 7)."""
    match = re.fullmatch(r"srcnn-(\d{3,9}|\d+(?:-\d+){2,})", str(name))
    if not match:
        others = ", ".join(named())
        raise InputError(
            f"no model {str(name)!r}; there are {others}, and srcnn- with its kernels, "
            "such as srcnn-915 or srcnn-11-1-7"
        )
    digits = match[1]
    return tuple(int(f) for f in (digits.split("-") if "-" in digits else digits))


def recipe(name, scale, **changes):
    """The recipe of a network at a scale, with changes: recipe("srcnn-915", 3, steps=4000).

    Raises: InputError for a name that is not in the catalogue, for a scale, and for settings that make no sense.
    """
    known = network(name)
    try:
        return replace(known.recipe, **{**known.at_scale.get(check_scale(scale), {}), **changes})
    except TypeError:
        unknown = ", ".join(map(repr, sorted(set(changes) - set(FIELDS))))
        raise InputError(f"{unknown} is not part of a recipe; that has {', '.join(FIELDS)}") from None


FIELDS = tuple(Recipe.__dataclass_fields__)

DEFAULTS = {field.name: field.default for field in fields(Recipe) if field.default is not MISSING}
"""Of the settings that a recipe need not name."""


def check_scale(scale):
    """The scale, if it is one of SCALES. Raises: InputError otherwise."""
    if scale not in SCALES or isinstance(scale, bool):
        raise InputError(f"scale {scale} is not one of {', '.join(map(str, SCALES))}")
    return int(scale)
