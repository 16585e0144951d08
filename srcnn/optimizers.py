"""What a recipe can name: optimizers, losses, and the course of the learning rate (chapters 6 and 9)."""

from functools import partial

from . import InputError
from .layers import keras, ops


def learning_rate(recipe, steps):
    """The recipe's learning rate over `steps` steps, as a Keras schedule, Eq. (6.2)."""
    schedules, rate = keras.optimizers.schedules, recipe.learning_rate
    warm_up = min(recipe.warm_up, steps // 10)
    start = 0.0 if warm_up else rate
    if recipe.schedule == "constant":
        if warm_up:
            raise InputError(f'schedule="constant" has no warm-up; give warm_up=0, not {recipe.warm_up}')
        return schedules.PolynomialDecay(rate, steps, rate)
    return schedules.CosineDecay(start, steps - warm_up, warmup_target=rate, warmup_steps=warm_up)


def optimizer(recipe, steps):
    """The recipe's optimizer, with its schedule. Raises: InputError for an unknown name."""
    return _known("optimizer", recipe.optimizer, OPTIMIZERS)(learning_rate(recipe, steps))


def loss(recipe):
    """The recipe's loss, in float32 whatever keras.json says. Raises: InputError for an unknown name."""
    return _known("loss", recipe.loss, LOSSES)(dtype="float32")


def _known(kind, name, table):
    if name not in table:
        raise InputError(f"no {kind} {name!r}; there are {', '.join(table)}")
    return table[name]


@keras.saving.register_keras_serializable("srcnn")
class Charbonnier(keras.losses.Loss):
    """The mean of sqrt(d^2 + eps^2), eps = 0.001: nearly |d|, but smooth at 0 (the loss of LapSRN)."""

    def call(self, y_true, y_pred):
        return ops.sqrt(ops.square(y_true - y_pred) + 1e-6)


@keras.saving.register_keras_serializable("srcnn")
class LastLayerATenth(keras.optimizers.Adam):
    """Adam with a tenth of the learning rate in F3, the last layer of an SRCNN with three."""

    def update_step(self, gradient, variable, learning_rate):
        last = "F3" in getattr(variable, "path", variable.name)  # TensorFlow's own variables have no path
        super().update_step(gradient, variable, learning_rate * (0.1 if last else 1))


LOSSES = {"mse": keras.losses.MeanSquaredError, "mae": keras.losses.MeanAbsoluteError, "charbonnier": Charbonnier}

OPTIMIZERS = {
    "Adam": keras.optimizers.Adam,
    "Adam, last layer a tenth": LastLayerATenth,
    "Adam, weights averaged": partial(keras.optimizers.Adam, use_ema=True, ema_momentum=0.999),
    "SGD": partial(keras.optimizers.SGD, momentum=0.9),
}
