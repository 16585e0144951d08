"""A student's functions run in a sandbox, and the checks of the chapters ask them as if they were here."""

import os
import re
from pathlib import Path

import jupytext
import numpy as np
import pytest
from sandboxes import needs_sandbox
from test_exercises import CHAPTERS, TRAINED, VERDICT, solutions, tagged

from srcnn import checks
from teach.proxy import Student
from teach.sandbox import Limits
from teach.wire import Stopped

pytestmark = needs_sandbox
SHORT = Limits(cpu=6, clock=18, memory=2**31, disk=2**22)


@pytest.mark.parametrize(
    "chapter",
    [pytest.param(path, marks=[pytest.mark.slow] if "06_" in path.name else []) for path in CHAPTERS],
    ids=lambda path: path.stem,
)
def test_all_checks_run_through_the_proxy(chapter, dataset):
    """The stub is refused, the solution passes, in a process that has neither the checks nor the chapters."""
    notebook = jupytext.read(chapter)
    setup, stubs, verdicts = (tagged(notebook, tag) for tag in ("setup", "exercise", "check"))
    names = [VERDICT.search(verdict).groups() for verdict in verdicts]
    skipped = {name for name in TRAINED if name in dict(names)}  # minutes of training
    with Student(setup + stubs, "bwrap") as student:
        for name, function in names:
            assert "not written yet" in getattr(checks, name).hint(student.function(function), seed=3), name
    with Student(setup + solutions(notebook), "bwrap", Limits(cpu=120, clock=600)) as student:
        for name, function in names:
            if name not in skipped:
                assert getattr(checks, name).hint(student.function(function), seed=3) is None, name
        assert not student.stopped


def asked(source, *arguments, name="f", cells=()):
    """What a function of this source answers to the arguments."""
    with Student([*cells, "import os, time, numpy as np\n" + source], "bwrap", SHORT) as student:
        return student.function(name)(*arguments)


def test_answers_keep_their_types():
    given = {"a": [1, 2.5, True, None, "é"], "b": (np.arange(6, dtype=np.uint8).reshape(2, 3), 2**70)}
    back = asked("def f(x):\n    return x", given)
    assert back["a"] == given["a"] and type(back["b"]) is tuple and back["b"][1] == 2**70
    assert back["b"][0].dtype == np.uint8 and np.array_equal(back["b"][0], given["b"][0])
    assert type(asked("def f():\n    return np.float32(2)")) is np.float32
    assert asked("def f():\n    return {3, 4}") == {3, 4}
    assert list(asked("def f():\n    yield from (1, 2)")) == [1, 2]
    assert np.isnan(asked("def f():\n    return float('nan')"))


def test_a_function_may_call_what_it_is_given_and_errors_come_through():
    def enlarge(image, scale):
        if scale > 4:
            raise KeyError("too large")
        return image.repeat(scale)

    assert np.array_equal(asked("def f(g):\n    return g(np.arange(2), 3)", enlarge), [0, 0, 0, 1, 1, 1])
    assert (
        asked("def f(g):\n    try:\n        g(1, 5)\n    except KeyError:\n        return 'caught'", enlarge)
        == "caught"
    )
    with pytest.raises(KeyError, match="too large"):
        asked("def f(g):\n    return g(1, 5)", enlarge)
    with pytest.raises(ZeroDivisionError):
        asked("def f():\n    return 1 / 0")


def test_a_changed_argument_is_changed_here():
    array, several = np.arange(3.0), [np.zeros(2), 4]
    asked("def f(a, b):\n    a += 1\n    b[0][1] = 7\n    b[1] = 5\n    return 0", array, several)
    assert array.tolist() == [1, 2, 3] and several[0].tolist() == [0, 7] and several[1] == 5


def test_nothing_of_the_grader_can_be_reached():
    reach = "def f(g):\n    return [n for n in ('__globals__', '__code__', 'secret') if hasattr(g, n)]"

    def given():
        pass

    given.secret = 1
    assert asked(reach, given) == []
    forged = "def f(g):\n    return g._peer.request('get', object=g._number, name='__globals__')"
    with pytest.raises(AttributeError, match="no such thing"):
        asked(forged, given)


def test_the_sandbox_holds_no_test_and_no_network():
    walk = "def f():\n    return [os.path.join(d, n) for d, _, names in os.walk('/course') for n in names]"
    inside = asked(walk)
    assert "/course/srcnn/resample.py" in inside and "/course/srcnn/checks/__init__.py" in inside
    assert not [path for path in inside if "test" in path or "assignments" in path or "checks/ch" in path]
    assert asked(f"def f():\n    return os.path.exists({str(Path(__file__).parent)!r})") is False
    assert asked("def f():\n    from srcnn import checks\n    return checks.exercise_2_1.hint(3)") is not asked
    with pytest.raises(OSError):
        asked("def f():\n    import socket\n    socket.create_connection(('192.0.2.1', 80), 2)")
    for place in ("/course/x", "/usr/x", "/dev/x", "/x"):
        with pytest.raises(OSError):
            asked(f"def f():\n    open({place!r}, 'w')")


OVER_A_LIMIT = {
    "loop": ("while True: pass", "timeout"),
    "waits": ("time.sleep(1000)", "timeout"),
    "memory": ("return np.ones(3 * 10**9)", "memory"),
    "memory bit by bit": ("x = []\n    while True: x.append(np.ones(10**7))", "memory"),
    "exit": ("os._exit(0)", "crashed"),
    "kill": ("os.kill(os.getpid(), 9)", "crashed"),
    "fork": ("while True: os.fork()", "crashed"),
    "children": ("import subprocess\n    while True: subprocess.Popen(['sleep', '1000'])", "crashed"),
    "prints": ("while True: print('x' * 1000)", "timeout"),
    "forges": (
        "for n in range(3, 20):\n        try: os.write(n, b'x' * 1000)\n        except OSError: pass",
        "crashed",
    ),
}


@pytest.mark.parametrize("kind", OVER_A_LIMIT)
def test_what_goes_over_a_limit_is_ended_and_the_next_call_works(kind):
    body, verdict = OVER_A_LIMIT[kind]
    with Student(
        [f"import os, time, numpy as np\ndef f():\n    {body}\ndef g():\n    return 7"], "bwrap", SHORT
    ) as student:
        with pytest.raises(Stopped) as stopped:
            student.function("f")()
        assert stopped.value.verdict == verdict, stopped.value
        assert student.function("g")() == 7


def test_a_full_disk_is_an_error_of_the_student():
    with pytest.raises(OSError):
        asked("def f():\n    for k in range(100): open(str(k), 'wb').write(b'0' * 2**20)")


def test_a_cell_that_does_not_end_is_left_out():
    cells = ["while True: pass", "def g():\n    return 7", "1 / 0", "%matplotlib inline\n!pip install x"]
    with Student(cells, "bwrap", SHORT) as student:
        assert student.function("g")() == 7
        assert student.stopped == {1: ("timeout", "it computed for more than 6 seconds")}
        assert student.raised == {3: "ZeroDivisionError: division by zero"}


CELLS = {
    "a remainder over two lines": "r = (17\n     % 5)\ndef f():\n    return r",
    "a remainder in a cell with a magic": "%matplotlib inline\nr = (17\n     % 5)\ndef f():\n    return r",
    "a remainder after a backslash": "!ls\nr = 17 \\\n  % 5\ndef f():\n    return r",
    "a text with lines like magics": "%time\nt = '''what?\n!\n% 2'''\ndef f():\n    return len(t) - 9",
    "a magic over two lines": "!pip install a \\\n  'b c' d\ndef f():\n    return 2",
    "magics in a block": "if True:\n    !ls\n\t\ndef f():\n    %time 3\n    return 2",
    "help": "f?\nnp.abs??\n?f\n%time?\ndef f():\n    return 2  # is it?",
    "what a magic answers": "x = !ls\nn = %time 3\ndef f():\n    return 2 + len(x) + (n is not None)",
    "two names for what a magic answers": "d['a'] = 1\ndef f():\n    return 2\na, b = !ls",
    "a whole cell timed": "%%time\ndef f():\n    return 2",
    "a cell as nbconvert writes it": "get_ipython().run_line_magic('matplotlib', 'inline')\ndef f():\n    return 2",
    "asking where it runs": "colab = 'colab' in str(get_ipython())\ndef f():\n    return 2",
}


def test_lines_for_ipython_cost_no_cell_and_no_python():
    """Each cell defines a function that answers 2; d is there for the one that sets an item."""
    cells = [re.sub(r"\bf\b", f"f{number}", source) for number, source in enumerate(CELLS.values())]
    with Student(["import numpy as np\nd = {}", *cells], "bwrap", SHORT) as student:
        answers = {kind: student.has(f"f{n}") and student.function(f"f{n}")() for n, kind in enumerate(CELLS)}
        assert answers == dict.fromkeys(CELLS, 2)
        unpacked = 2 + list(CELLS).index("two names for what a magic answers")
        assert set(student.raised) <= {unpacked} and not student.stopped
    with Student(["%%bash\nls | sort", "%%writefile f.py\ndef f():\n    return 3"], "bwrap", SHORT) as student:
        assert not student.raised and not student.has("f"), "cells in other languages are left alone"
    with Student(["r = (1\ndef g():\n    return 2"], "bwrap", SHORT) as student:
        assert not student.has("g") and "SyntaxError" in student.raised[1]


def test_nothing_of_the_sandbox_outlives_it():
    import psutil

    with Student(
        ["import subprocess\np = subprocess.Popen(['sleep', '987'])\ndef g():\n    return 7"], "bwrap"
    ) as student:
        assert student.function("g")() == 7
        inside = student.process.watched.children(recursive=True)
        assert len(inside) >= 3
    assert not [one for one in psutil.wait_procs(inside, timeout=30)[1] if one.status() != psutil.STATUS_ZOMBIE]
    assert os.getpid()
