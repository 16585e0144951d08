"""What a student's process sends may be anything: it is a message, or it ends that process and nothing else."""

import copy
import io
import json
import random

import numpy as np
import pytest

from teach.wire import HEAD, Peer, Stopped


def peer(sent=b""):
    """A grader's end of the line on which these bytes arrive, and what it writes."""
    written = io.BytesIO()
    return Peer(io.BytesIO(sent).read, written.write, lambda *_: None, lambda value: []), written


def message(tree, blob=b""):
    text = json.dumps(tree).encode()
    return HEAD.pack(len(text), len(blob)) + text + blob


def error(**changed):
    told = {"type": "ValueError", "args": {"list": ["no"]}, "mine": 0, "yours": None} | changed
    told = {"dict": [part for pair in told.items() if pair[1] != "left out" for part in pair]}
    return {"dict": ["error", told]}


def value(tree):
    return {"dict": ["value", tree]}


STATE = {
    "dict": ["bit_generator", "PCG64", "state", {"dict": ["state", 2**200, "inc", 1]}, "has_uint32", 0, "uinteger", 0]
}
MALFORMED = {
    "a side of 2**70": value({"array": ["<f8", [2**70], 0, False, True]}),
    "no side, and one of 2**70": value({"array": ["<f8", [0, 2**70], 0, False, True]}),
    "a state that no generator has": value({"generator": STATE}),
    "a key that can be none": value({"dict": [{"list": []}, 1]}),
    "an object that never was": value({"yours": 9}),
    "an error that is a number": {"dict": ["error", 7]},
    "an error that does not say whose it is": error(yours="left out"),
    "an error of a list": error(yours={"list": [0]}),
    "an error with another one's list": error(mine={"list": [0]}),
    "nothing": None,
    "a list": [1],
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_message_ends_the_process_that_sent_it(kind):
    with pytest.raises(Stopped, match="something that is no answer"):
        peer(message(MALFORMED[kind]))[0].request("has", name="f")


def test_an_error_that_only_went_through_comes_back_as_it_was():
    one, written = peer(message(error()))
    with pytest.raises(ValueError, match="no"):
        one.request("has", name="f")
    kept = KeyError("mine")
    one.kept[0] = kept
    one.read = io.BytesIO(message(error(yours=0))).read
    with pytest.raises(KeyError) as raised:
        one.request("has", name="f")
    assert raised.value is kept and written.getvalue()


def places(tree, path=()):
    """Where a JSON tree has parts."""
    yield path
    for key, part in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(part, (*path, key))


def spoilt(tree, rng):
    """A message with some part of it exchanged, renamed or left out."""
    odd = [None, True, -1, 2**70, 1e308, float("nan"), "", "é" * 99, "yours", [], [2**63], {}, {"list": 3},
           {"array": ["O", [1], 0, 0, 0]}, {"object": [0, "print", [], True]}, {"generator": {"dict": []}}]  # fmt: skip
    tree = {"root": copy.deepcopy(tree)}
    for _ in range(rng.randint(1, 3)):
        *path, last = rng.choice([path for path in places(tree) if path])
        part = tree
        for key in path:
            part = part[key]
        if rng.random() < 0.2 and isinstance(part, dict) and part is not tree:
            part[rng.choice(["list", "dict", "array", "yours", "iterator", "set"])] = part.pop(last)
        elif rng.random() < 0.2 and isinstance(part, list):
            del part[last]
        else:
            part[last] = copy.deepcopy(rng.choice(odd))
    return tree["root"]


def test_whatever_arrives_is_an_answer_or_ends_the_process():
    rng, sent, outcomes = random.Random(5), [], {"answers": 0, "ended": 0}
    one, blob = peer()[0], []
    for good in (
        {"value": [np.arange(6.0).reshape(2, 3), np.float32(2), {"a": (1, None)}, {3}, range(2), print]},
        {"value": np.random.default_rng(1)},
        {"error": one._told(UnicodeDecodeError("utf-8", b"x", 0, 1, "why"))},
        {"error": one._told(KeyError("no", 3))},
    ):
        blob.clear()
        sent.append((one.encode(good, blob), b"".join(blob)))
    for tree, data in sent:
        assert list(peer(message(tree, data))[0]._receive())
    for _ in range(20_000):
        tree, data = rng.choice(sent)
        there = peer(message(spoilt(tree, rng), data))[0]
        there.kept[0] = ArithmeticError("mine")
        try:
            got = there._receive()
            if "do" not in got:
                there._answer(got)
            outcomes["answers"] += 1
        except Stopped:
            outcomes["ended"] += 1
        except Exception as raised:
            assert "error" in got, raised
            outcomes["answers"] += 1
    assert min(outcomes.values()) > 1000
    print(outcomes)
