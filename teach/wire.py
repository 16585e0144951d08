"""How the grader and a student's process talk over two pipes: JSON, arrays as bytes behind it, and no pickle.

Both sides are a Peer. Either may ask the other while it waits for an answer, so a student's function can call a
function that the grader handed to it. What is no plain data stays where it is, and a Remote stands for it on the other
side. The grader believes nothing that arrives: whatever is malformed ends the student's process.
"""

import builtins
import contextlib
import itertools
import json
import struct
from pathlib import PurePath

import numpy as np

HEAD = struct.Struct(">QQ")
MOST = 64 * 2**20
"""Bytes of one message."""
ITEMS = 10**6
"""What is read of an iterator."""


class Stopped(BaseException):
    """The student's process was ended, or ended itself. It says that it passes through checks.

    verdict: "timeout", "memory" or "crashed"; the text says why.
    """

    passes_checks = True

    def __init__(self, verdict, detail):
        super().__init__(detail)
        self.verdict = verdict


class Remote:
    """Stands for an object of the other process."""

    def __init__(self, peer, number, has):
        self._peer, self._number, self._has = peer, number, has

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._has:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self._peer.request("get", object=self._number, name=name)


class RemoteCallable(Remote):
    """Stands for a function, or for an object that can be called."""

    def __call__(self, *arguments, **options):
        return self._peer.request("call", object=self._number, arguments=arguments, options=options)


class Peer:
    """One end of the line.

    read(n): n bytes; write(data): all of it. serve(peer, what, fields): the answer to a request of the other side.
    attributes(value): the names that the other side may ask an object for.
    """

    def __init__(self, read, write, serve, attributes):
        self.read, self.write, self.serve, self.attributes = read, write, serve, attributes
        self.objects, self.kept = {}, {}

    def request(self, what, **fields):
        """Ask the other side, answering its questions meanwhile. Raises what it raised there."""
        self._send({"do": what, "fields": fields})
        while True:
            message = self._receive()
            if "do" not in message:
                return self._answer(message)
            self._serve(message)

    def run(self):
        """Answer requests for ever."""
        while True:
            self._serve(self._receive())

    def _serve(self, message):
        try:
            self._send({"value": self.serve(self, message["do"], message["fields"])})
        except Stopped:
            raise
        except BaseException as error:  # SystemExit as well: a student's `exit()` must not end the process
            self._send({"error": self._told(error)})

    def _answer(self, message):
        if "error" not in message:
            return message["value"]
        told = message["error"]
        if told["yours"] in self.kept:  # it came from here, and only went through the other side
            raise self.kept[told["yours"]]
        raise _exception(told)

    def _told(self, error):
        number = len(self.kept)
        if number < 1000:
            self.kept[number] = error
        plain = [part for part in error.args if type(part) in (str, int, float, bool)]
        args = plain if len(plain) == len(error.args) else [_text(error)]
        args = [part[:1000] if isinstance(part, str) else part for part in args[:5]]
        return {"type": type(error).__name__, "args": args, "mine": number, "yours": getattr(error, "_kept", None)}

    def _send(self, message):
        blob = []
        text = json.dumps(self.encode(message, blob)).encode()
        size = sum(map(len, blob))
        if len(text) + size > MOST:
            raise ValueError(f"too large to hand over: {(len(text) + size) >> 20} MiB, {MOST >> 20} are allowed")
        self.write(b"".join([HEAD.pack(len(text), size), text, *blob]))

    def _receive(self):
        length, size = HEAD.unpack(self.read(HEAD.size))
        if length + size > MOST:
            raise Stopped("crashed", "the process sent something that is no answer")
        text, blob = self.read(length), self.read(size)
        try:
            message = self.decode(json.loads(text), blob)
            if not (isinstance(message, dict) and ({"do", "fields"} <= message.keys() or message.keys() & _ANSWER)):
                raise ValueError("no message")
            if "error" in message:
                _exception(message["error"])
        except Exception:  # whatever NumPy and Python have to say of it
            raise Stopped("crashed", "the process sent something that is no answer") from None
        return message

    def encode(self, value, blob, depth=0):
        """The JSON of a value; arrays append their bytes to the list `blob`."""
        if depth > 30:
            raise ValueError("lists are nested too deeply")
        if value is None or isinstance(value, (str, bool)):
            return value if value is None or type(value) is bool else str(value)
        if isinstance(value, (int, float)) and not isinstance(value, np.generic):
            return int(value) if isinstance(value, int) else float(value)
        if isinstance(value, (np.ndarray, np.generic)) or hasattr(type(value), "__array__"):
            return self._encode_array(value, blob, depth)
        if isinstance(value, complex):
            return self._encode_array(np.complex128(value), blob, depth)
        kind = next((kind for kind, types in _SEVERAL.items() if isinstance(value, types)), None)
        if kind == "dict":
            value = [part for pair in value.items() for part in pair]
        if kind or hasattr(type(value), "__next__"):
            several = itertools.islice(value, ITEMS)
            return {kind or "iterator": [self.encode(part, blob, depth + 1) for part in several]}
        if isinstance(value, PurePath):
            return str(value)
        if isinstance(value, np.random.Generator):
            return {"generator": self.encode(value.bit_generator.state, blob, depth + 1)}
        if hasattr(type(value), "__float__"):
            return float(value)
        return self._encode_object(value)

    def _encode_array(self, value, blob, depth):
        array = np.asarray(value)
        if array.dtype.kind == "O" or array.dtype.kind in "US":
            return self.encode(array.tolist(), blob, depth + 1)
        if array.dtype.kind not in "biufc":
            array = array.astype(float)  # bfloat16 and the like
        blob.append(array.tobytes())
        start, scalar = sum(map(len, blob)) - len(blob[-1]), isinstance(value, np.generic)
        return {"array": [array.dtype.str, list(array.shape), start, scalar, bool(array.flags.writeable)]}

    def _encode_object(self, value):
        if isinstance(value, Remote):
            return {"yours": value._number}
        number = next((number for number, other in self.objects.items() if other is value), len(self.objects))
        self.objects[number] = value
        return {"object": [number, type(value).__name__, sorted(self.attributes(value))[:300], callable(value)]}

    def decode(self, tree, blob):
        """The value of a JSON tree. Raises: ValueError and the like if it is malformed."""
        if not isinstance(tree, dict):
            if isinstance(tree, list):
                raise ValueError("a list without its kind")
            return tree
        ((kind, given),) = tree.items()
        if kind == "array":
            return _array(given, blob)
        if kind == "yours":
            return self.objects[given]
        if kind == "object":
            number, name, has, called = given
            name = name if isinstance(name, str) and name.isidentifier() and len(name) < 60 else "object"
            return type(name, (RemoteCallable if called else Remote,), {})(self, number, set(has))
        if kind == "generator":
            state = self.decode(given, blob)
            generator = np.random.Generator(np.random.PCG64())
            generator.bit_generator.state = state
            return generator
        parts = [self.decode(part, blob) for part in given]
        if kind == "dict":
            return dict(zip(parts[::2], parts[1::2], strict=True))
        return {"list": list, "tuple": tuple, "set": set, "iterator": iter}[kind](parts)


_ANSWER = {"value", "error"}
_VIEWS = range, type({}.keys()), type({}.values()), type({}.items())
_SEVERAL = {"dict": dict, "tuple": tuple, "list": list, "set": (set, frozenset), "iterator": _VIEWS}


def _array(given, blob):
    kind, shape, start, scalar, writeable = given
    dtype = np.dtype(kind)
    if dtype.kind not in "biufc" or any(type(side) is not int or side < 0 for side in [*shape, start]):
        raise ValueError("no array of numbers")
    count = 1
    for side in shape:
        count *= side
    array = np.frombuffer(blob, dtype, count, start if count else 0) if count else np.zeros(0, dtype)
    array = array.reshape(shape).copy()
    array.flags.writeable = bool(writeable)
    return array[()] if scalar and not shape else array


def _exception(told):
    """What was raised on the other side: of the same type if it is one of Python's own, and else of the same name."""
    name, kind = told["type"], getattr(builtins, str(told["type"]), None)
    if type(told["mine"]) is not int or type(told["yours"]) not in (int, type(None)):
        raise ValueError("no exception")
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        kind = type(name if isinstance(name, str) and name.isidentifier() else "Error", (Exception,), {})
    error = Exception()
    with contextlib.suppress(Exception):  # UnicodeDecodeError wants five arguments
        error = kind(*told["args"])
    error._kept = told["mine"]
    return error


def _text(error):
    try:
        return str(error)
    except Exception:
        return ""
