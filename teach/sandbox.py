"""A process for a student's code: without network, with a read-only system, and with limits.

With bubblewrap (Linux), or else with Docker or Podman. Where there is none of them, nothing runs unless the
instructor says that the submissions are trusted.
"""

import functools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from srcnn import InputError
from teach.wire import Stopped

ROOT = Path(__file__).resolve().parent.parent
IMAGE = "srcnn-teach"
SHOWN = ("srcnn", "results", "data")
"""All of this repository that a student's code may see, srcnn/checks excepted."""


@dataclass(frozen=True)
class Limits:
    """What one code cell, or one call of a function, may take.

    cpu: seconds of computing; clock: seconds in all, for code that waits. memory: bytes of all its processes.
    disk: bytes in its working folder. processes: how many there may be.
    """

    cpu: float = 30
    clock: float = 90
    memory: int = 4 * 2**30
    disk: int = 256 * 2**20
    processes: int = 40


@functools.cache
def kind():
    """ "bwrap", "docker" or "podman", what this machine has and what works; or None."""
    if shutil.which("bwrap") and _works(["bwrap", *_walls(Limits()), "true"]):
        return "bwrap"
    return next((tool for tool in ("docker", "podman") if _works([tool, "image", "inspect", IMAGE])), None)


def _works(command):
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def demand(trusted):
    """The kind of sandbox, or "trusted". Raises: InputError if there is no sandbox and nobody said "trusted"."""
    found = kind()
    if not (found or trusted):
        raise InputError(
            "students' code needs a sandbox, and this machine has neither bubblewrap (on Linux: install the package "
            f"bubblewrap) nor Docker or Podman with the image {IMAGE} (teach/README.md says how to make it); "
            "--trusted runs it without one, as if it were your own"
        )
    return "trusted" if trusted else found


class Process:
    """A running worker: read() and write() for a Peer, which end it as soon as it goes over a limit."""

    def __init__(self, how, limits=Limits()):
        self.limits, self.how = limits, how
        self.folder = tempfile.TemporaryDirectory(prefix="srcnn-teach-") if how == "trusted" else None
        self.name = f"srcnn-teach-{os.getpid()}-{time.monotonic_ns()}"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        environment = {**os.environ, **_ENVIRONMENT, "PYTHONPATH": str(ROOT)} if how == "trusted" else None
        cwd = self.folder.name if self.folder else None
        self.process = subprocess.Popen(
            _command(how, limits, self.name), bufsize=0, env=environment, cwd=cwd, start_new_session=True, **pipes
        )
        self.watched = psutil.Process(self.process.pid)
        for pipe in (self.process.stdin, self.process.stdout):
            os.set_blocking(pipe.fileno(), False)
        self.begin()

    def begin(self):
        """The limits of time count from now."""
        self.cpu, self.clock, self.looked = self._used()[0], time.monotonic(), time.monotonic()

    def read(self, count):
        """So many bytes of what the worker sends. Raises: Stopped."""
        parts, descriptor = [], self.process.stdout.fileno()
        while count:
            self._wait([descriptor], [])
            try:
                part = os.read(descriptor, min(count, 1 << 20))
            except BlockingIOError:
                continue
            if not part:
                self.stop("crashed", "the process ended before it had an answer")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def write(self, data):
        """Send bytes to the worker. Raises: Stopped."""
        left, descriptor = memoryview(data), self.process.stdin.fileno()
        while left:
            self._wait([], [descriptor])
            try:
                left = left[os.write(descriptor, left[: 1 << 16]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                self.stop("crashed", "the process ended before it had an answer")

    def _wait(self, reading, writing):
        while True:
            ready = any(select.select(reading, writing, [], 0.1))
            if time.monotonic() - self.looked > 0.1:
                self._look()
            if ready:
                return

    def _look(self):
        """Ends the process if it has taken too much."""
        self.looked = time.monotonic()
        cpu, memory, processes = self._used()
        limits = self.limits
        if processes > limits.processes:
            self.stop("crashed", f"it started more than {limits.processes} processes")
        if memory > limits.memory:
            self.stop("memory", f"it took more than {limits.memory / 2**30:.3g} GiB of memory")
        if cpu - self.cpu > limits.cpu:
            self.stop("timeout", f"it computed for more than {limits.cpu:g} seconds")
        if self.looked - self.clock > limits.clock:
            self.stop("timeout", f"it had not ended after {limits.clock:g} seconds")

    def _used(self):
        """(seconds of computing, bytes, processes) of the worker and of all that it started."""
        cpu, memory, processes = 0.0, 0, 0
        try:
            family = [self.watched, *self.watched.children(recursive=True)]
        except psutil.Error:
            return cpu, memory, processes
        for one in family:
            try:
                with one.oneshot():
                    cpu += sum(one.cpu_times()[:4])
                    used = one.memory_info()
            except psutil.Error:
                continue
            memory += used.rss - getattr(used, "shared", 0)
            processes += 1
        return cpu, memory, processes

    def stop(self, verdict, detail):
        """End the worker, and say so. Raises: Stopped, always."""
        self.end()
        raise Stopped(verdict, detail)

    def end(self):
        """End the worker and all that it started."""
        if self.how in ("docker", "podman"):
            subprocess.run([self.how, "kill", self.name], capture_output=True)
        family = []
        if self.how == "trusted":  # nothing else holds its children together
            try:
                family = self.watched.children(recursive=True)
            except psutil.Error:
                family = []
        self.process.kill()  # bubblewrap takes everything inside with it
        for one in family:
            try:
                one.kill()
            except psutil.Error:
                continue
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        if self.folder:
            self.folder.cleanup()


_ENVIRONMENT = {
    "MPLBACKEND": "agg", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
}  # fmt: skip
_INSIDE = {"HOME": "/student", "USER": "student", "LANG": "C.UTF-8", "PYTHONPATH": "/course", "PATH": "/usr/bin:/bin"}


def _command(how, limits, name):
    rlimits = {"RLIMIT_CORE": 0, "RLIMIT_AS": 2 * limits.memory, "RLIMIT_FSIZE": limits.disk}
    worker = ["-P", "/course/teach/worker.py", json.dumps(rlimits)] if how != "trusted" else []
    if how == "trusted":
        return [sys.executable, str(ROOT / "teach" / "worker.py"), json.dumps(rlimits)]
    if how == "bwrap":
        return ["bwrap", *_walls(limits), sys.executable, *worker[1:]]
    mounts = [part for source, to in _shown() for part in ("--volume", f"{source}:{to}:ro")]
    mounts += ["--tmpfs", f"/student:size={limits.disk}", "--tmpfs", f"/tmp:size={limits.disk}"]
    variables = [part for pair in {**_ENVIRONMENT, **_INSIDE}.items() for part in ("--env", "=".join(pair))]
    walls = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
    most = ["--memory", str(limits.memory), "--pids-limit", str(limits.processes), "--user", "65534:65534"]
    place = ["--workdir", "/student", "--name", name]
    return [
        how,
        "run",
        "--rm",
        "--interactive",
        *walls,
        *most,
        *place,
        *mounts,
        *variables,
        IMAGE,
        "python",
        *worker[1:],
    ]


def _shown():
    """Pairs (a file or folder of this machine, its place inside)."""
    places = [(ROOT / name, f"/course/{name}") for name in SHOWN]
    places.append((ROOT / "teach" / "blind_checks.py", "/course/srcnn/checks/__init__.py"))
    return [*places, *((ROOT / "teach" / name, f"/course/teach/{name}") for name in ("worker.py", "wire.py"))]


def _walls(limits):
    """bubblewrap's options: what is inside, and that all else is not."""
    size = str(limits.disk)
    walls = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    for name, value in {**_ENVIRONMENT, **_INSIDE}.items():
        walls += ["--setenv", name, value]
    walls += ["--size", size, "--tmpfs", "/tmp", "--size", size, "--tmpfs", "/student"]  # first: Python may lie in /tmp
    for place in ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts"):
        walls += ["--ro-bind-try", place, place]
    for place in dict.fromkeys([sys.base_prefix, sys.prefix]):
        walls += ["--ro-bind", place, place]
        for installed in Path(place).glob("lib/python*/site-packages/srcnn/checks"):
            walls += ["--tmpfs", str(installed)]
    for source, to in _shown():
        if to.startswith("/course/srcnn/checks"):
            walls += ["--tmpfs", "/course/srcnn/checks"]
        walls += ["--ro-bind", str(source), to]
    walls += ["--remount-ro", "/course/srcnn/checks"]
    if (data := os.environ.get("SRCNN_DATA_DIR")) and Path(data).is_dir():
        walls += ["--ro-bind", data, "/datasets", "--setenv", "SRCNN_DATA_DIR", "/datasets"]
    walls += ["--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    return [*walls, "--remount-ro", "/", "--chdir", "/student"]
