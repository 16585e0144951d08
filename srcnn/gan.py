"""A generative adversarial network: the network that enlarges, against one that tells its pictures from real ones."""

from .layers import PINNED, keras, ops

REACH = 17
"""Pixels along a side that decide one part of the judge's answer; a target may not be smaller."""


def discriminator(filters=32, *, seed=0):
    """Build the judge, (N, H, W, 1) in [0, 1] -> (N, h, w, 1): for each part of a picture how real it looks, a number
    above 0 for real. Four 3 x 3 layers, three of them with stride 2, and one of 1 x 1; REACH
    pixels each way decide a part.
    """
    sizes = [(filters, 1), (2 * filters, 2), (2 * filters, 2), (4 * filters, 2)]
    layers = [
        keras.layers.Conv2D(
            n, 3, strides, activation=keras.layers.LeakyReLU(0.2), name=f"D{number}", **PINNED,
            kernel_initializer=keras.initializers.HeNormal(1000 * seed + 900 + number),
        )
        for number, (n, strides) in enumerate(sizes, start=1)
    ]  # fmt: skip
    last = keras.layers.Conv2D(1, 1, name="D5", kernel_initializer="zeros", **PINNED)
    return keras.Sequential([keras.Input((None, None, 1), dtype="float32"), *layers, last], name="discriminator")


@keras.saving.register_keras_serializable("srcnn")
class Adversarial(keras.Model):
    """A generator with the discriminator that it is trained against, Eq. (12.5); called, it is the generator.

    Both learn in the same step. The loss is the sum of the generator's and the discriminator's; what each must not
    move is held constant: the discriminator's weights while the generator is judged, and the picture while the
    discriminator learns.
    """

    def __init__(self, generator, judge, weight, **kwargs):
        super().__init__(name=generator.name, **kwargs)
        self.generator, self.judge, self.weight = generator, judge, weight

    def build(self, shape):
        self.judge.build((None, None, None, 1))

    def call(self, x):
        return self.generator(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        distance = super().compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=training)
        learns = _softplus(-self.judge(y)) + _softplus(self.judge(ops.stop_gradient(y_pred)))
        constant = [(v, ops.stop_gradient(ops.convert_to_tensor(v))) for v in self.judge.trainable_variables]
        with keras.StatelessScope(state_mapping=constant):
            fools = _softplus(-self.judge(y_pred))
        return distance + self.weight * fools + learns

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {"generator": serialize(self.generator), "judge": serialize(self.judge), "weight": self.weight}

    @classmethod
    def from_config(cls, config):
        load = keras.saving.deserialize_keras_object
        return cls(load(config["generator"]), load(config["judge"]), config["weight"])


def _softplus(logits):
    """The mean of log(1 + e^logits): the cross-entropy of a decision whose right answer is below 0."""
    return ops.mean(ops.softplus(logits))
