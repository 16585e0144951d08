"""The streams of record_gpu.py, and the loops that train by them. It loads Keras, under the backend of its process."""

import copy
import functools

import numpy as np
from record_gpu import SCALE, SEED

from srcnn import catalog, engine, models
from srcnn.layers import keras, ops
from srcnn.ondevice import FromDevice, Tables
from srcnn.patches import Patches

BACKEND = keras.backend.backend()
if BACKEND == "jax":
    import jax


def stream(part, name, batch, steps=1):
    """The Patches of a network; those of one patch size share their photographs."""
    network, size = models.build(name, SCALE), catalog.recipe(name, SCALE).patch_size
    key = size, models.factor(network)
    if key not in part.streams:
        part.streams[key] = Patches(part.training, SCALE, patch_size=size, factor=key[1], seed=SEED)
    own = copy.copy(part.streams[key])
    own.batch_size, own.steps, own.margin = batch, steps, models.margin(network)
    return own


def scan(model, stream, block):
    """A FromDevice's steps, each block one program; JAX only. Returns train(network, rates, seed) and fit(steps).

    Weights and learning rates are arguments of the program: one compilation serves all trainings of one batch.
    """
    adam, fixed = keras.optimizers.Adam(), [variable.value for variable in model.non_trainable_variables]
    adam.build(model.trainable_variables)
    place = [variable.name for variable in adam.variables].index("learning_rate")

    def loss(weights, fixed, table):
        return ops.mean(ops.square(model.stateless_call(weights, fixed, table)[0]))

    @functools.partial(jax.jit, donate_argnums=0)
    def program(state, fixed, tables, rates):
        def step(state, now):
            value, gradients = jax.value_and_grad(loss)(state[0], fixed, now[0])
            return adam.stateless_apply([*state[1][:place], now[1], *state[1][place + 1 :]], gradients, state[0]), value

        return jax.lax.scan(step, state, (tables, rates))

    def train(network, rates, seed):
        """Train a network like the model's, one step a rate and whole blocks of them. Returns the last loss."""
        both, whole = (network.trainable_variables, adam.variables), copy.copy(stream)
        whole.seed, whole.batch_size = seed, block * stream.batch_size
        state = tuple([jax.numpy.array(variable.value) for variable in each] for each in both)  # copies, to be donated
        for number, now in enumerate(rates.reshape(-1, block)):
            tables = whole.table(number).astype(np.int32).reshape(block, -1, 6)
            state, losses = program(state, fixed, tables, now)
        for variable, value in zip(network.trainable_variables, state[0], strict=True):
            variable.assign(value)
        return float(losses[-1])

    def fit(steps):
        steps = max(1, round(steps / block)) * block
        train(model.network, np.full(steps, 5e-4, np.float32), SEED)
        return steps

    return train, fit


def under(policy, network):
    """The network again, under another dtype policy: the course's layers pin float32, whatever Keras is set to."""
    layers = [type(layer).from_config({**layer.get_config(), "dtype": policy}) for layer in network.layers]
    clone = keras.Sequential([keras.Input((None, None, 1)), *layers], name=network.name)
    clone.dtype_policy = policy  # by which compile() decides to scale the loss under mixed_float16
    clone.set_weights(network.get_weights())
    return clone


def compiled(model, optimizer="adam"):
    """Compile as training.train() does. Returns what was set."""
    used = {"steps_per_execution": engine.at_once(50), "jit_compile": engine.jit()}
    model.compile(optimizer, "mse", **used)
    return {**used, "jit_compile": bool(model.jit_compile)}


@functools.lru_cache(maxsize=1)
def in_memory(part, name, batch, policy):
    """A network, what it was compiled with, and patches: streams measured in turn share them, and the compiled step."""
    network = under(policy, models.build(name, SCALE))
    x, y = stream(part, name, 8 * batch)[0]
    times = min(64, max(1, part.settings["array_bytes"] // (x.nbytes + y.nbytes)))
    return network, compiled(network), np.tile(x, (times, 1, 1, 1)), np.tile(y, (times, 1, 1, 1))


def trainer(part, name, batch, kind, policy="float32"):
    """What a network was compiled with, and fit(steps) by one of record_gpu.STREAMS, which returns how many it made."""
    data = stream(part, name, batch)
    if kind in ("device", "scan"):
        model = FromDevice(models.build(name, SCALE), data)
        if kind == "scan":
            block = part.search["block"]
            return {"steps_per_execution": block, "jit_compile": True}, scan(model, data, block)[1]
        used = compiled(model)
    else:
        model, used, x, y = in_memory(part, name, batch, policy)
    if kind == "expanded":
        model = models.expand(models.build(name, SCALE))
        used = compiled(model)

    def fit_stream(steps):
        data.steps = steps
        model.fit(Tables(data) if kind == "device" else data, verbose=0, shuffle=False)
        return steps

    def fit_arrays(steps):
        epochs = -(-steps * batch // len(x))  # equal ones, as many as so many steps need
        steps = max(1, steps // epochs)
        model.fit(x[: batch * steps], y[: batch * steps], batch, epochs, verbose=0, shuffle=False)
        return epochs * steps

    return used, fit_arrays if kind in ("memory", "expanded") else fit_stream
