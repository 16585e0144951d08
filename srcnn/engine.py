"""What Keras' fit() is called on and with: a network compiled by its recipe, and batches without end (chapter 6)."""

import itertools
import math

import numpy as np

from . import gan, models, ondevice, optimizers
from .devices import on_gpu
from .layers import keras


def compiled(network, recipe, seed=0):
    """What gradient descent moves: the network, or its expansion, with optimizer and loss."""
    keras.utils.set_random_seed(seed)
    trained = models.expand(network, recipe.expand, seed) if recipe.expand else network
    if recipe.adversarial:
        trained = gan.Adversarial(trained, gan.discriminator(seed=seed), recipe.adversarial)
        trained.build((None, None, None, 1))
    _compile(trained, optimizers.optimizer(recipe, recipe.steps), recipe)
    return trained


def _compile(model, optimizer, recipe):
    steps = at_once(recipe.validate_every)
    model.compile(optimizer, optimizers.loss(recipe), jit_compile=jit(), steps_per_execution=steps)


def fed(trained, stream, recipe):
    """What fit() is called on and with: a compiled model and its batches without end, or both as srcnn.ondevice has
    them. An epoch is `len(stream)` of them."""
    on_host = keras.distribution.distribution() is not None or isinstance(trained, gan.Adversarial)
    on_host |= max(stream.given.size, stream.wanted.size) >= 2**31  # a place in them is sent as an int32
    if on_host or not ondevice.is_wanted():
        return trained, _endless(stream, stream)
    model = ondevice.FromDevice(trained, stream)
    _compile(model, trained.optimizer, recipe)
    return model, _endless(ondevice.Tables(stream), stream)


def _endless(batches, stream):
    """The batches of one epoch after the other, from stream.epoch on, for fit(steps_per_epoch=).

    Given a PyDataset, Keras makes an iterator for each epoch. TensorFlow 2.21 lets go of one only when the thread
    that tunes it wakes up, after 1.3, 2.6, 5.1, 10.2 ... seconds: an epoch of 6 seconds then takes 10. It takes them
    from Python in blocks, for a return to Python for each batch makes a step of SRCNN 9-1-5 a sixth longer.
    """
    first, block = stream.epoch * len(stream), at_once(len(stream))

    def batch_after_batch():
        for number in itertools.count(first):
            stream.epoch, number = divmod(number, len(stream))
            yield batches[number]

    if keras.backend.backend() != "tensorflow":
        return batch_after_batch()
    import tensorflow as tf

    def blocks():
        endless = batch_after_batch()
        while True:
            yield tuple(map(np.stack, zip(*itertools.islice(endless, block), strict=True)))

    options = tf.data.Options()
    options.autotune.enabled = False
    kinds = tuple(tf.TensorSpec((block, *part.shape), part.dtype) for part in batches[0])
    made = tf.data.Dataset.from_generator(blocks, output_signature=kinds)
    return made.unbatch().prefetch(block).with_options(options)


def jit():
    """XLA is slower than without on a processor under TensorFlow; let Keras decide elsewhere."""
    return "auto" if keras.backend.backend() != "tensorflow" or on_gpu() else False


def at_once(steps):
    """Steps between two returns to Python, a divisor of `steps`; Keras on PyTorch can do but one."""
    return 1 if keras.backend.backend() == "torch" else math.gcd(steps, 50)
