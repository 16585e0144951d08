"""Several devices, of one machine or of several, that share each batch: Keras' data parallelism on JAX (chapter 6).

Machines, or processes of one, find each other by the environment variables that Keras defines for it
(keras.distribution.initialize): the same program runs in each, and each feeds its own part of every batch.

    KERAS_DISTRIBUTION_JOB_ADDRESSES   where process 0 listens: 10.0.0.1:1234
    KERAS_DISTRIBUTION_NUM_PROCESSES   how many there are: 2
    KERAS_DISTRIBUTION_PROCESS_ID      which of them this is: 0 or 1
"""

import contextlib
import functools
import os

from . import InputError
from .devices import first
from .layers import keras

VARIABLES = [f"KERAS_DISTRIBUTION_{name}" for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")]


def wanted():
    """Whether this process was started as one of several."""
    return VARIABLES[1] in os.environ


@functools.cache
def join():
    """Find the other processes, once; return (which one this is, how many there are), (0, 1) if it is alone.

    Raises: InputError where Keras does not run on JAX, or a variable is missing or wrong.
    """
    if not wanted():
        return 0, 1
    _need_jax(VARIABLES[1])
    try:
        address, count, number = os.environ[VARIABLES[0]], *(int(os.environ[name]) for name in VARIABLES[1:])
        if not 0 <= number < count:
            raise ValueError(f"there is no process {number} of {count}")
        import jax

        jax.config.update("jax_cpu_collectives_implementation", "gloo")  # where there is no GPU; GPUs have NCCL
        keras.distribution.initialize(address, count, number)
    except KeyError as error:
        raise InputError(f"{VARIABLES[1]} is set, but not {error.args[0]}: set all of {', '.join(VARIABLES)}") from None
    except (ValueError, RuntimeError) as error:
        raise InputError(
            f"this process cannot join the others that {VARIABLES[0]} and its like tell of "
            f"({str(error).strip().splitlines()[0][:150]}): set all of {', '.join(VARIABLES)}, and train before "
            "anything else is computed"
        ) from None
    return number, count


@contextlib.contextmanager
def share(devices, batch_size, named):
    """In this context let so many devices hold a copy of the weights each, and take an equal part of each batch.

    devices: how many, of one process; several processes use all that they have. None: one process shares nothing.
    Yields: the part of each batch that this process feeds, a slice.
    """
    if devices is None and not wanted():
        yield slice(None)
        return
    _need_jax(f"devices={devices}")
    number, count = join()
    have = first(devices) if count == 1 and devices is not None else _all(devices)
    if batch_size % len(have):
        raise InputError(f"a batch of {batch_size} cannot be shared equally by {len(have)} devices")
    if not named:
        raise InputError("devices= needs the name of a network: a model that is built already lies on one device")
    shared, before = keras.distribution.DataParallel(devices=have), keras.distribution.distribution()
    shared._auto_shard_dataset = False  # as the argument auto_shard_dataset, which the oldest Keras 3 does not have
    keras.distribution.set_distribution(shared)
    try:
        yield slice(number * batch_size // count, (number + 1) * batch_size // count)
    finally:
        keras.distribution.set_distribution(before)


def _all(devices):
    have = keras.distribution.list_devices()
    if devices not in (None, len(have)):
        raise InputError(f"devices={devices}, but all {len(have)} of the processes take part: leave it out")
    return have


def _need_jax(what):
    if keras.backend.backend() != "jax":
        raise InputError(f"{what} needs Keras on JAX: pip install jax, and set KERAS_BACKEND=jax")


def leads():
    """Whether this process is the one that writes files and shows progress: alone, or number 0."""
    return join()[0] == 0


def wait():
    """Go on when all processes have come here."""
    if join()[1] > 1:
        from jax.experimental import multihost_utils

        multihost_utils.sync_global_devices("srcnn")
