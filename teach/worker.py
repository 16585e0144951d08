"""Runs a student's code cells, and calls their functions for the grader. Started in a sandbox by teach/sandbox.py.

It knows no test: functions are asked for by name, with arguments that arrive over a pipe (teach/wire.py). It needs
nothing but NumPy, and imports TensorFlow only if the notebook does.
"""

import contextlib
import json
import os
import re
import resource
import sys
import tracemalloc
from pathlib import Path

import wire

MAGIC = re.compile(r"^(\s*)([%!?]|get_ipython\(\)).*$", re.MULTILINE)


def main():
    """Answer requests from stdin on stdout until the grader hangs up."""
    limit(json.loads(sys.argv[1]))
    source, sink, nowhere = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # what a student prints goes nowhere, and cannot be taken for an answer
        os.dup2(nowhere, descriptor)
    namespace = {"__name__": "__main__", "__builtins__": __builtins__, "display": lambda *_, **__: None}

    def serve(peer, what, fields):
        return REQUESTS[what](peer, namespace, **fields)

    peer = wire.Peer(reader(source), writer(sink), serve, attributes)
    with contextlib.suppress(EOFError, BrokenPipeError):
        peer.run()
    os._exit(0)  # past threads that do not end


def limit(limits):
    """What the sandbox does not limit itself; nobody without rights can raise it again."""
    for name, most in limits.items():
        what = getattr(resource, name)
        hard = resource.getrlimit(what)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def reader(descriptor):
    def read(count):
        parts = []
        while count:
            part = os.read(descriptor, min(count, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    return read


def writer(descriptor):
    def write(data):
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]

    return write


def attributes(value):
    with contextlib.suppress(Exception):
        return [name for name in dir(value) if not name.startswith("_")]
    return []


def cell(peer, namespace, number, source):
    """Run a code cell. Lines for IPython (%matplotlib, !pip) are left out."""
    exec(compile(MAGIC.sub(r"\1pass", source), f"cell {number}", "exec"), namespace)


def has(peer, namespace, name):
    return callable(namespace.get(name))


def function(peer, namespace, name, arguments, options, peak):
    """Call a function: {"value", "peak", "changed"}; "changed" is how the arguments are now, or None if as before."""
    before = _bytes(peer, arguments, options)
    if peak:
        tracemalloc.start()
    try:
        value = namespace[name](*arguments, **options)
        most = tracemalloc.get_traced_memory()[1] if peak else None
    finally:
        tracemalloc.stop()
    changed = _bytes(peer, arguments, options) != before
    return {"value": None if peak else value, "peak": most, "changed": [arguments, options] if changed else None}


def _bytes(peer, *values):
    blob = []
    return peer.encode(values, blob), blob


def get(peer, namespace, object, name):
    return getattr(peer.objects[object], name)


def call(peer, namespace, object, arguments, options):
    return peer.objects[object](*arguments, **options)


def files(peer, namespace, folder, names):
    """The text of files that a function wrote: {name: text}, without those that are not there."""
    found = {}
    for name in names:
        with contextlib.suppress(OSError, ValueError, TypeError):
            found[name] = Path(folder, name).read_text()
    return found


REQUESTS = {"cell": cell, "has": has, "function": function, "get": get, "call": call, "files": files}

if __name__ == "__main__":
    main()
