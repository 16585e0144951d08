"""Damaged and hostile weights and model cards, made from a seed out of sound ones."""

import io
import json
import struct
import zipfile

import numpy as np


def npz(arrays, method=zipfile.ZIP_STORED):
    """An archive of {name: array, or the bytes of a .npy}."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", array if isinstance(array, bytes) else npy(array))
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    return file.getvalue()


def header(text, version=(1, 0), length=None, data=b""):
    """The bytes of a .npy whose header says `text`, and, if told, lies about its own length."""
    length = len(text) if length is None else length
    return (
        b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version == (1, 0) else "<I", length) + text.encode() + data
    )


def damaged(rng, whole, another):
    """Bytes with something wrong: flipped bits, an end or a middle that is missing, a splice, zeros, noise."""
    start, end = sorted(rng.integers(0, len(whole) + 1, 2))
    kind = rng.integers(6)
    if kind <= 1 and whole:
        bits = np.unpackbits(np.frombuffer(whole, np.uint8))
        bits[rng.integers(0, len(bits), rng.integers(1, 4))] ^= 1
        return np.packbits(bits).tobytes()
    if kind == 2:
        return whole[:end]
    if kind == 3:
        return whole[:start] + whole[end:]
    if kind == 4:
        return whole[:start] + another[start:end] + whole[end:]
    return whole[:start] + rng.bytes(end - start) + whole[end:]


def archives(arrays):
    """(what is wrong, the bytes) of archives that are whole and yet are not these weights."""
    name, *others = arrays
    shape = arrays[name].shape
    numbers = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n"

    def instead(value, **options):
        return npz({**arrays, name: value}, **options)

    yield "no archive", b""
    yield "empty archive", npz({})
    yield "one array, not several", npy(arrays[name])
    yield "an array too few", npz({key: arrays[key] for key in others})
    yield "an array too many", npz({**arrays, "more": arrays[name]})
    yield "names of 60,000 characters", npz({"x" * 60_000: arrays[name]})
    yield "names that steer a terminal", npz({"\x1b[2J\r\n": arrays[name]})
    yield "weights of 1e300", instead(np.full(shape, 1e300))
    for kind in ("f8", "c8", "i4", "u1", "?", "U4", "S4", "M8[s]", "V4", "longdouble"):
        yield f"weights of {kind}", instead(np.zeros(shape, kind))
    yield "pickled weights", instead(np.full(shape, None))
    yield "a record", instead(np.zeros(shape, [("a", "f4"), ("b", "f4")]))
    for value in (np.nan, np.inf, -np.inf):
        yield f"a {value}", instead(np.where(np.arange(arrays[name].size).reshape(shape) == 3, np.float32(value), 0))
        half = np.zeros(shape, np.float16)
        half.flat[-1] = value
        yield f"a {value} of 16 bits", instead(half)
    for other in ((), (0,), (1,), shape[::-1], (*shape, 1), shape[:-1], (2**33,), (2**20, 2**20), (-1,), (10**30,)):
        yield f"a shape of {str(other)[:30]}", instead(header(numbers % ("<f4", other), data=b"\0" * 64))
    for text in ("", "{", "[]", "{}", "{'descr': '<f4'}", "1" * 9000, "(" * 5000, "'\\d'", "{'descr': ('<f4', ("):
        yield f"a header of {text[:20]}", instead(header(text))
        yield f"a header of {text[:20]}, version 2", instead(header(text, (2, 0)))
    for kind in ("O", "<f99", "f4, f4", "\\x00", "|S2000000000", "<U500000000", ">f4\\n"):
        yield f"a type {kind}", instead(header(numbers % (kind, shape)))
    for length in (2**31 - 1, 2**32 - 1):
        yield f"a header of {length} bytes", instead(header("{", (2, 0), length))
        yield (
            f"a header of {length} bytes, packed",
            instead(header(" " * 10**6, (2, 0), length), method=zipfile.ZIP_DEFLATED),
        )
    for version in ((0, 0), (3, 0), (9, 9)):
        yield f"version {version}", instead(header(numbers % ("<f4", shape), version))
    for size in (10**6, 10**8):
        yield f"{size} zeros, packed", npz({**arrays, name: header(numbers % ("<f4", (size // 4,))) + bytes(size)},
                                          zipfile.ZIP_DEFLATED)  # fmt: skip
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield f"compressed by method {method}", npz(arrays, method)
    yield from _directories(npz(arrays), npz(arrays, zipfile.ZIP_DEFLATED))


def _directories(stored, packed):
    """Archives whose directory lies, in the entry of the first array."""
    at = stored.rindex(b"PK\1\2", 0, stored.index(b"PK\1\2") + 4)
    for what, place, kind, value in (
        ("encrypted", 8, "<H", 1), ("patched", 8, "<H", 0x20), ("method 99", 10, "<H", 99), ("method 93", 10, "<H", 93),
        ("4 GB", 24, "<I", 2**32 - 2), ("4 GB packed", 20, "<I", 2**32 - 2), ("0 bytes", 24, "<I", 0),
        ("far away", 42, "<I", 2**31), ("version", 6, "<H", 999), ("a long name", 28, "<H", 65_535),
    ):  # fmt: skip
        for body in (stored, packed):
            entry = at if body is stored else body.index(b"PK\1\2")
            changed = bytearray(body)
            struct.pack_into(kind, changed, entry + place, value)
            yield f"a directory that says: {what}", bytes(changed)


VALUES = (None, True, -1, 0, 0.5, 7, 10**4, 10**6, 10**9, 10**30, 1e308, float("nan"), "", "x" * 2000, "\x1b[2J",
          "zeros", [], {}, [[]], [10**9] * 4,
          {"class_name": "Dense", "module": "keras.layers", "config": {"units": 10**9}})  # fmt: skip
"""What stands in a card instead of what should."""


def cards(sound, rng, each):
    """(what is wrong, the text) of cards: every value of a sound one changed, some taken away, and some wholly odd."""
    places = list(_places(sound))
    for place in places:
        for number in rng.choice(len(VALUES), each, replace=False):
            yield f"{place} is {str(VALUES[number])[:30]}", json.dumps(_changed(sound, place, VALUES[number]))
        yield f"no {place}", json.dumps(_changed(sound, place))
    for text in ("", "[", "[" * 10**5, '{"a":' * 10**5, "1" * 10**5, "null", "3", '"card"', "\ufeff{}", " " * 2**21):
        yield f"a card of {text[:10]!r}", text
    for name in ("x" * 2000, "srcnn-" + "9" * 2000, "srcnn-" + "-".join(["99"] * 2000), "srcnn-9-9-\u0663", "../../x"):
        yield f"a model {name[:20]}", json.dumps({"model": name, "scale": 3})
    for kind, module in HOSTILE:
        part = {"class_name": kind, "module": module, "registered_name": kind, "config": {"command": "touch HARM"}}
        for whole in (part, {**sound["architecture"], "config": {"layers": [part]}}):
            yield f"{module}.{kind}", json.dumps({**sound, "architecture": whole})
    layer = sound["architecture"]["config"]["layers"][-1]
    for count in (1000, 20_000):
        many = {**sound["architecture"]["config"], "layers": [layer] * count}
        text = json.dumps({**sound, "architecture": {**sound["architecture"], "config": many}})
        yield f"{count} layers", text


HOSTILE = [(kind, "keras.layers") for kind in ("Lambda", "TFSMLayer", "TorchModuleWrapper")]
HOSTILE += [
    ("system", "os"),
    ("Popen", "subprocess"),
    ("eval", "builtins"),
    ("function", "os"),
    ("Conv2D", "no.module"),
]
HOSTILE += [("get_file", "keras.utils"), ("load_model", "keras.models"), ("__lambda__", "builtins")]


def _places(value, path=()):
    for key in value if isinstance(value, dict) else range(len(value)):
        yield (*path, key)
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key], (*path, key))


def _changed(value, place, *new):
    """A copy with another value at a place, or none."""
    key, *rest = place
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[key] = _changed(value[key], rest, *new)
    elif new:
        copy[key] = new[0]
    else:
        del copy[key]
    return copy
