"""The grader's side of a student's process: a callable that stands for the student's function.

Every check of srcnn.checks runs through it unchanged. What goes over a limit raises Stopped, which no check catches.
"""

import tempfile
from pathlib import Path

import numpy as np

from teach.sandbox import Limits, Process
from teach.wire import Peer, Remote, Stopped

TRIES = 4
"""How many cells may end the process; each is left out from then on."""


class Student:
    """A student's code cells in a process of their own, which is started again after it had to be ended.

    raised: {number of a cell: what it raised}; stopped: {number of a cell: (verdict, why)}, cells that are left out.
    refused: why the notebook is not run any more, after too many of these; or None.
    """

    def __init__(self, cells, how, limits=Limits()):  # noqa: B008, frozen
        self.cells, self.how, self.limits = cells, how, limits
        self.raised, self.stopped, self.refused = {}, {}, None
        self.process = self.peer = None
        self.fetched = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
        for folder in self.fetched:
            folder.cleanup()

    def end(self):
        """End the process; the next question starts another."""
        if self.process:
            self.process.end()
        self.process = None

    def ask(self, what, **fields):
        """What the worker answers. Raises: what the student's code raises, or Stopped."""
        if self.refused:
            raise Stopped("refused", self.refused)
        if self.process is None:
            self._start()
        return self._ask(what, **fields)

    def _ask(self, what, **fields):
        self.process.begin()
        try:
            answer = self.peer.request(what, **fields)
        except Stopped:
            self.end()
            raise
        except MemoryError:
            raise Stopped("memory", "it asked for more memory than there is") from None
        return answer

    def _start(self):
        """Run all cells, again without the one that ended the process, as long as there are few of these."""
        for number, source in enumerate(self.cells, 1):
            if number in self.stopped:
                continue
            if self.process is None:
                self.process = Process(self.how, self.limits)
                self.peer = Peer(self.process.read, self.process.write, _serve, attributes)
            try:
                self._ask("cell", number=number, source=source)
            except Exception as error:
                self.raised[number] = f"{type(error).__name__}: {error}"
            except Stopped as stop:
                self.end()
                self.stopped[number] = (stop.verdict, str(stop))
                if len(self.stopped) >= TRIES:
                    self.refused = f"{TRIES} of its cells had to be ended, the last one because {stop}"
                    raise Stopped("refused", self.refused) from None
                return self._start()
        if self.process is None:
            self.process = Process(self.how, self.limits)
            self.peer = Peer(self.process.read, self.process.write, _serve, attributes)

    def has(self, name):
        """Whether there is a function of this name."""
        return self.ask("has", name=name) is True

    def function(self, name):
        """A callable that stands for the student's function."""
        return Proxy(self, name)


class Proxy:
    """The student's function: arguments go there, and what it answers, raises or changes comes back."""

    def __init__(self, student, name):
        self._student, self.__name__ = student, name

    def __call__(self, *arguments, **options):
        return self._called(arguments, options, peak=False)["value"]

    def peak_memory(self, *arguments):
        """The bytes that a call allocates at most, as srcnn.checks._check.peak_memory counts them."""
        peak = self._called(arguments, {}, peak=True)["peak"]
        if type(peak) is not int:
            raise Stopped("crashed", "the process sent something that is no answer")
        return peak

    def fetch(self, folder, names):
        """A folder on this side that holds the files of that name, of a folder that the student's code wrote."""
        here = tempfile.TemporaryDirectory(prefix="srcnn-teach-")
        self._student.fetched.append(here)
        found = self._student.ask("files", folder=str(folder), names=list(names))
        for name in names:
            if isinstance(found, dict) and isinstance(found.get(name), str):
                Path(here.name, name).write_text(found[name])
        return Path(here.name)

    def _called(self, arguments, options, peak):
        answer = self._student.ask("function", name=self.__name__, arguments=arguments, options=options, peak=peak)
        if not isinstance(answer, dict) or not {"value", "peak", "changed"} <= answer.keys():
            raise Stopped("crashed", "the process sent something that is no answer")
        if answer["changed"] is not None:
            _take_over((arguments, options), answer["changed"])
        return answer


def _take_over(old, new):
    """Change arguments here as they were changed there, so that a check notices."""
    if isinstance(old, np.ndarray):
        if isinstance(new, np.ndarray) and old.shape == new.shape:
            flag, old.flags.writeable = old.flags.writeable, True
            old[...] = new
            old.flags.writeable = flag
    elif isinstance(old, dict) and isinstance(new, dict):
        for key in [*old]:
            if key in new:
                old[key] = _taken_over(old[key], new[key])
            else:
                del old[key]
        old.update({key: item for key, item in new.items() if key not in old})
    elif isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        parts = [_taken_over(one, other) for one, other in zip(old, new, strict=False)]
        if isinstance(old, list):
            old[:] = [*parts, *new[len(old) :]]


def _taken_over(old, new):
    """What stands in a list or dict now: the same object as before, unless it was exchanged for another value."""
    _take_over(old, new)
    plain = (int, float, str, bool, type(None))
    same = not isinstance(old, plain) or repr(old) == repr(new)
    return old if same else new


def attributes(value):
    """What students' code may ask of an object of a check: its public methods, and of functions nothing."""
    if not type(value).__module__.startswith("srcnn"):
        return []
    kind = type(value)
    return [name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))]


def _serve(peer, what, fields):
    """Answer what students' code asks while a check waits for it: calls of what the check handed over, nothing else."""
    value = peer.objects[fields["object"]]
    if what == "get" and fields["name"] in attributes(value):
        return getattr(value, fields["name"])
    if what == "call" and callable(value) and not isinstance(value, Remote):
        return value(*fields["arguments"], **fields["options"])
    raise AttributeError("there is no such thing")
