"""What an experiment changes beyond a recipe: the start of a network, a connection, how much it learns from."""

import numpy as np

from . import catalog, datasets, evaluation, models, starts, training
from .layers import keras

HELD_OUT = "held out"
"""The name under which the scores of the held-out photographs stand in a record."""


def train(model, scale, seed, *, change=(), filters=None, images=None, test=(), out=None, callbacks=(), **settings):
    """training.train() with the settings of one variant of an experiment.

    change: names of CHANGES, made one after the other. filters: of an SRCNN. images: train on so many of T91's.
    test: the test sets that the best network is scored on in the end. settings: fields of catalog.Recipe that differ
    from the network's own. out: a folder to go on from, as of training.train(); averaged weights are neither kept in
    one nor scored on test sets.
    Returns: {"steps", "seconds", "best_step", "val_psnr", "last_psnr", "scores"}: the best PSNR on the held-out T91
    images at any of the scored steps and that of the last, in dB; scores is {set: {photograph: PSNR}} of the best.
    """
    recipe = catalog.recipe(model, scale, **settings)
    network = model
    if change or filters:
        network = models.build(model, scale, filters=filters, init=recipe.init, seed=seed)
        for name in change:
            network = CHANGES[name](network, seed) or network
    learn, held_out = datasets.split(datasets.load("T91"))
    if images:
        some = np.random.default_rng(seed).permutation(list(learn))[:images]
        learn = {name: learn[name] for name in some}
    averaged = Averaged(held_out, scale) if recipe.optimizer.endswith("averaged") else None
    more = [keras.callbacks.SwapEMAWeights(swap_on_epoch=True), averaged] if averaged else []
    network, history = training.train(
        network, scale, (learn, held_out), recipe, seed=seed, out=None if averaged else out, resume=True,
        callbacks=[*more, *callbacks], progress=False,
    )  # fmt: skip

    def each(data):
        return evaluation.by_photograph(evaluation.evaluate(network, data, scale))

    psnrs = [row["val_psnr"] for row in history]
    if averaged:
        psnrs = [np.mean([*scored.values()]) for scored in averaged.scores]
    best = int(np.argmax(psnrs))
    scores = {HELD_OUT: averaged.scores[best] if averaged else each(held_out)}
    for name in () if averaged else test:
        scores[name] = each(name)
    return {
        "steps": history[-1]["step"],
        "seconds": history[-1]["seconds"],
        "best_step": history[best]["step"],
        "val_psnr": round(float(psnrs[best]), 4),
        "last_psnr": round(float(psnrs[-1]), 4),
        "scores": scores,
    }


class Averaged(keras.callbacks.Callback):
    """Score the held-out images with the averaged weights, which SwapEMAWeights has just put into the model."""

    def __init__(self, held_out, scale):
        super().__init__()
        self.held_out, self.scale, self.scores = held_out, scale, []

    def on_epoch_end(self, epoch, logs=None):
        self.scores.append(evaluation.by_photograph(evaluation.evaluate(_of(self.model), self.held_out, self.scale)))


def _of(model):
    """The network that fit() trains, also behind its patches on a GPU (ondevice.FromDevice)."""
    return getattr(model, "network", model)


def _drawn(initializer, seed, shape, number=1):
    return keras.ops.convert_to_numpy(initializer(1000 * seed + number)(shape))


def _all_drawn(initializer):
    """A start in which every kernel is drawn at random, and every bias is 0."""

    def start(network, seed):
        for number, layer in enumerate(network.layers, start=1):
            layer.set_weights([_drawn(initializer, seed, layer.kernel.shape, number), np.zeros(layer.filters)])

    return start


def _skip(network, seed):
    """The network's answer is added to its input: it learns bicubic's error alone (residual learning)."""
    side = models.margin(network)
    image = keras.Input((None, None, 1))
    middle = keras.layers.Cropping2D(side, data_format="channels_last", name="middle")(image)
    return keras.Model(image, keras.layers.Add(name="sum")([middle, network(image)]), name=network.name)


def _last_layer_0(network, seed):
    last = network.layers[-1]
    last.kernel.assign(0 * last.kernel)


def _first_filters_of_mean_0(network, seed):
    network.layers[0].kernel.assign(starts.without_mean(network.layers[0].kernel))


def _brightness(network, seed):
    """The identity start without the zero mean: the first layer's filters answer to brightness as well."""
    _but_the_image(network.layers[0], _drawn(keras.initializers.HeNormal, seed, network.layers[0].kernel.shape))


def _plain_mapping(network, seed):
    """The start of FSRCNN without the near-identity: mapping layers He-normal, but for the path of the image."""
    mapping = [layer for layer in network.layers if getattr(layer, "kernel_size", None) == (3, 3)]
    for number, layer in enumerate(mapping, start=3):
        _but_the_image(layer, _drawn(keras.initializers.HeNormal, seed, layer.kernel.shape, number))


def _small_answers(network, seed):
    """The start of ESPCN without its large first filters: Glorot's."""
    first = network.layers[0]
    _but_the_image(first, keras.ops.convert_to_numpy(first.kernel) / models.TANH)


def _relu(network, seed):
    """ReLU for each PReLU: a slope of 0 that stays."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.PReLU):
            layer.set_weights([0 * weights for weights in layer.get_weights()])
            layer.trainable = False


def _but_the_image(layer, drawn):
    """Give a layer other filters, but for its first, which passes the image on."""
    kernel = keras.ops.convert_to_numpy(layer.kernel).copy()
    kernel[..., 1:] = drawn[..., 1:]
    layer.kernel.assign(kernel)


CHANGES = {
    "He": _all_drawn(keras.initializers.HeNormal),
    "Glorot": _all_drawn(keras.initializers.GlorotNormal),
    "last layer 0": _last_layer_0,
    "first filters of mean 0": _first_filters_of_mean_0,
    "skip": _skip,
    "brightness": _brightness,
    "plain mapping": _plain_mapping,
    "small answers": _small_answers,
    "ReLU": _relu,
    "transition 1": lambda network, seed: models.transition(scale=models.factor(network), seed=seed),
    "transition 2": lambda network, seed: models.fsrcnn(64, first=9, scale=models.factor(network), seed=seed),
}
"""function(network, seed), which alters the weights of an untrained network, or returns another network."""
