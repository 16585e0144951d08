"""Runs a student's code cells, and calls their functions for the grader. Started in a sandbox by teach/sandbox.py.

It knows no test: functions are asked for by name, with arguments that arrive over a pipe (teach/wire.py). It needs
nothing but NumPy, and imports TensorFlow only if the notebook does.
"""

import contextlib
import io
import json
import os
import re
import resource
import sys
import tokenize
import tracemalloc
from pathlib import Path

import wire

MAGIC = re.compile(
    r"(?P<indent>\s*)(?:[%!?].*|%{0,2}[\w.*\[\]-]+\?\??\s*|(?P<names>[\w.,* \[\]'\"]+)=\s*(?P<sign>[%!]).*)"
)
"""A line that is IPython's and no Python, at the beginning of a statement: %time f(), !ls, ?f, f??, x = !ls."""

OTHER_LANGUAGE = re.compile(r"\s*%%(?!(time|timeit|capture|prun|debug)\b)\w")
"""How a cell begins that is no Python at all: %%bash, %%html, %%writefile f.py."""


def main():
    """Answer requests from stdin on stdout until the grader hangs up."""
    limit(json.loads(sys.argv[1]))
    sys.path.pop(0)  # this folder: its modules must not stand in for a package of the same name
    source, sink, nowhere = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):  # what a student prints goes nowhere, and cannot be taken for an answer
        os.dup2(nowhere, descriptor)
    namespace = {"__name__": "__main__", "__builtins__": __builtins__, "display": lambda *_, **__: None}
    namespace["get_ipython"] = Shell

    def serve(peer, what, fields):
        return REQUESTS[what](peer, namespace, **fields)

    peer = wire.Peer(reader(source), writer(sink), serve, attributes)
    with contextlib.suppress(EOFError, BrokenPipeError):
        peer.run()
    os._exit(0)  # past threads that do not end


class Shell:
    """Stands in for IPython's own object: whatever it is asked to do is not done."""

    def __getattr__(self, name):
        return lambda *_, **__: None


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
    """Run a code cell. Lines for IPython (%matplotlib, !pip) are left out, if it is no Python as it stands, and a cell
    in another language does nothing."""
    if OTHER_LANGUAGE.match(source):
        return
    try:
        code = compile(source, f"cell {number}", "exec")
    except SyntaxError:
        code = compile(_without_magics(source), f"cell {number}", "exec")
    exec(code, namespace)


def _without_magics(source):
    """A cell as Python: each line for IPython does nothing, or gives the names that it would set an empty value."""
    kept, goes_on = [], False
    for line in source.split("\n"):
        found = None if goes_on else MAGIC.fullmatch(line)
        if goes_on:  # a backslash ends the line before, which was left out
            kept.append("")
        elif found and _begins_a_statement(kept):
            empty = "[]" if found["sign"] == "!" else "None"
            kept.append(found["indent"] + (f"{found['names']}= {empty}" if found["sign"] else "pass"))
        else:
            kept.append(line)
            continue
        goes_on = line.rstrip().endswith("\\")
    return "\n".join(kept)


def _begins_a_statement(lines):
    """Whether the line after these does: it does not where a bracket, a text or a backslash holds them together."""
    try:
        for _ in tokenize.generate_tokens(io.StringIO("".join(f"{line}\n" for line in lines)).readline):
            pass
    except tokenize.TokenError:
        return False
    except SyntaxError:  # an indentation that fits nowhere: the cell is no Python anyhow
        return True
    return True


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
