"""Code that does not end, or that asks for more memory than there is, ends its check and not the notebook."""

import contextlib
import re
import signal
import threading
import time
from pathlib import Path

with contextlib.suppress(ImportError):  # Windows has none
    import resource

COMPUTING = 60
"""Seconds that the reader's code may compute: those of its own thread, so that a busy machine changes little."""

WAITING = 300
"""Seconds in all, for code that waits: for input(), or in sleep()."""

LEAST = 2 * 2**30
"""Bytes that a check may always take, however little is free."""


class TooLong(BaseException):
    """No `except Exception` of the reader's catches it, and one that catches all is asked again and again."""


def trains(function):
    """For a check, below @check, in which a network is trained: twenty times as long as the others."""
    function.patience = 20
    return function


def limited(run, patience=1):
    """What run() returns. Raises: TooLong, and whatever run() raises, MemoryError if it takes more than is free.

    Limits are set where Unix has them, in the main thread, where a notebook runs its cells; elsewhere there are none.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        return _protected(run)
    with _memory(), _time(patience):
        return _protected(run)


def _protected(run):
    return run()


@contextlib.contextmanager
def _time(patience):
    began, computed = time.monotonic(), time.thread_time()

    def look(_, frame):
        over = max((time.thread_time() - computed) / COMPUTING, (time.monotonic() - began) / WAITING) > patience
        while over and frame is not None:  # still inside: an alarm may come when the check has just ended
            if frame.f_code is _protected.__code__:
                raise TooLong
            frame = frame.f_back

    try:
        before = signal.signal(signal.SIGALRM, look)
    except ValueError:  # the main thread of a subinterpreter
        yield
        return
    waited = signal.setitimer(signal.ITIMER_REAL, 1, 0.05)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)
        if waited[0]:
            signal.setitimer(signal.ITIMER_REAL, *waited)


@contextlib.contextmanager
def _memory():
    """Linux alone counts what a process writes to; what is only reserved, as by a GPU's driver, is not in it."""
    try:
        before = resource.getrlimit(resource.RLIMIT_DATA)
        taken = int(re.search(r"VmData:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024
        most = taken + max(LEAST, _free() * 3 // 4)
        most = most if before[0] == resource.RLIM_INFINITY else min(most, before[0])
        resource.setrlimit(resource.RLIMIT_DATA, (most, before[1]))
    except (NameError, AttributeError, OSError, TypeError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _free():
    """Bytes that this process can still have: of the machine, or of the container that it runs in."""
    free = int(re.search(r"MemAvailable:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) * 1024
    with contextlib.suppress(OSError, ValueError):  # no container, or none with a limit
        group = Path("/sys/fs/cgroup")
        free = min(free, int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    return free
