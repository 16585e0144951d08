"""The streams of record_gpu.py, and the loops that train by them. It loads Keras, under the backend of its process."""

import copy
import functools

import numpy as np
from record_gpu import SCALE, SEED

from srcnn import catalog, models, training
from srcnn.layers import keras, ops
from srcnn.patches import Patches, flip_or_rotate

BACKEND = keras.backend.backend()
if BACKEND == "jax":
    import jax


@functools.cache
def grids(side):
    """The rows and the columns that the pixels of a patch come from, in each of the eight turns: (8, side, side)."""
    return [
        np.array([flip_or_rotate(index, turn) for turn in range(8)]) for index in np.indices((side, side), np.int32)
    ]


def cut(pictures, table, sides, library=np):
    """x and y out of two flat arrays, by three numbers for each patch: its first pixel, its picture's width, its turn.

    table: (batch, 2, 3). NumPy arrays or tensors, but all of one kind.
    """
    patches = []
    for k in (0, 1):
        rows, columns = (library.take(grid, table[:, k, 2], axis=0) for grid in grids(sides[k]))
        places = table[:, k, 0, None, None] + table[:, k, 1, None, None] * rows + columns
        patches.append(library.take(pictures[k], places)[..., None])
    return patches


class Stream(Patches):
    """The patches of Patches by its `kind`: "patches" is the package's loop, "vectorised" cuts a whole batch at once,
    "tables" only draws, for FromDevice to cut."""

    kind = "vectorised"

    def __init__(self, photographs, scale, **options):
        super().__init__(photographs, scale, **options)
        self.pictures = [
            np.concatenate([image.ravel() for image in images]) for images in zip(*self.pairs, strict=True)
        ]
        self.shapes = np.array([given.shape for given, _ in self.pairs])
        sizes = np.array([[image.size for image in pair] for pair in self.pairs])
        self.starts = sizes.cumsum(axis=0) - sizes

    def sides(self):
        """Pixels along the side of x and of y."""
        return self.patch_size, self.factor * (self.patch_size - 2 * self.margin)

    def tables(self, rng, count):
        """Draw as Patches does, of which NumPy takes a whole table in the order of its loop: int32 (count, 2, 3)."""
        choice = self.odds.searchsorted(rng.random(count), side="right")
        places = self.shapes[choice] - self.patch_size + 1
        top, left, turn = rng.integers(np.column_stack([places, np.full(count, self.turns)])).T
        width, factor, margin, (x, y) = self.shapes[choice, 1], self.factor, self.margin, self.starts[choice].T
        y = y + factor * (factor * (top + margin) * width + left + margin)
        numbers = [x + top * width + left, width, turn, y, factor * width, turn]
        return np.column_stack(numbers).astype(np.int32).reshape(count, 2, 3)

    def __getitem__(self, number):
        if self.kind == "patches":
            return super().__getitem__(number)
        table = self.tables(np.random.default_rng((self.seed, self.epoch, number)), self.batch_size)
        if self.kind == "tables":
            return table, np.zeros((self.batch_size, 1, 1, 1), np.float32)  # the error that FromDevice should have
        return tuple(cut(self.pictures, table.astype(np.intp), self.sides()))


def stream(part, name, kind, batch, steps=1):
    """The Stream of a network; those of one patch size share their pictures."""
    network, size = models.build(name, SCALE), catalog.recipe(name, SCALE).patch_size
    key = size, models.factor(network)
    if key not in part.streams:
        part.streams[key] = Stream(part.training, SCALE, patch_size=size, factor=key[1], seed=SEED)
    own = copy.copy(part.streams[key])
    own.kind, own.batch_size, own.steps, own.margin = kind, batch, steps, models.margin(network)
    return own


class FromDevice(keras.Model):
    """A network whose training pictures lie on the device: tables in, its error on the patches out."""

    def __init__(self, network, stream):
        super().__init__(dtype=network.dtype_policy)
        self.network, self.sides = network, stream.sides()
        self.pictures = [keras.Variable(flat, trainable=False, autocast=False) for flat in stream.pictures]
        self.built = True

    def call(self, table):
        table = ops.convert_to_tensor(table, dtype="int32")  # PyTorch's loader may have left it behind on the CPU
        x, y = cut(self.pictures, table, self.sides, ops)
        return ops.cast(self.network(x), "float32") - y


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
        both, rng = (network.trainable_variables, adam.variables), np.random.default_rng((seed, 1))
        state = tuple([jax.numpy.array(variable.value) for variable in each] for each in both)  # copies, to be donated
        for now in rates.reshape(-1, block):
            tables = stream.tables(rng, block * stream.batch_size).reshape(block, -1, 2, 3)
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
    used = {"steps_per_execution": training.at_once(50), "jit_compile": training.jit()}
    model.compile(optimizer, "mse", **used)
    return {**used, "jit_compile": bool(model.jit_compile)}


@functools.lru_cache(maxsize=1)
def in_memory(part, name, batch, policy):
    """A network, what it was compiled with, and patches: streams measured in turn share them, and the compiled step."""
    network = under(policy, models.build(name, SCALE))
    x, y = stream(part, name, "vectorised", 8 * batch)[0]
    times = min(64, max(1, part.settings["array_bytes"] // (x.nbytes + y.nbytes)))
    return network, compiled(network), np.tile(x, (times, 1, 1, 1)), np.tile(y, (times, 1, 1, 1))


def trainer(part, name, batch, kind, policy="float32"):
    """What a network was compiled with, and fit(steps) by one of record_gpu.STREAMS, which returns how many it made."""
    data = stream(part, name, kind if kind in ("patches", "vectorised") else "tables", batch)
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
        model.fit(data, verbose=0, shuffle=False)
        return steps

    def fit_arrays(steps):
        epochs = -(-steps * batch // len(x))  # equal ones, as many as so many steps need
        steps = max(1, steps // epochs)
        model.fit(x[: batch * steps], y[: batch * steps], batch, epochs, verbose=0, shuffle=False)
        return epochs * steps

    return used, fit_arrays if kind in ("memory", "expanded") else fit_stream
