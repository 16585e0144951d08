"""A folder for one process at a time: two trainings that write into one would spoil each other's files."""

import contextlib
import errno
import os
from pathlib import Path

from . import InputError

try:
    import fcntl
except ImportError:
    fcntl = None  # Windows has another
try:
    import msvcrt
except ImportError:
    msvcrt = None

HELD = (errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK)
"""What a system says of a lock that another process holds; anything else: this place knows no locks."""


class Lock:
    """Holds a folder until release(), or until the process ends, however it ends.

    A folder that cannot be written, or a network drive that knows no locks, is not held.
    Raises: InputError if another process holds it.
    """

    def __init__(self, folder, doing):
        """doing: what the other process must be at, such as "training"."""
        self.path, self.file = Path(folder) / ".srcnn-lock", None
        while self.file is None:
            try:
                file = open(self.path, "a+b")  # noqa: SIM115
            except OSError:
                return
            try:
                _lock(file)
            except OSError as error:
                file.close()
                if error.errno in HELD:
                    raise InputError(
                        f"another process is {doing} in {folder}; wait until it has ended, or give another folder"
                    ) from None
                return
            if self._is_there(file):
                self.file = file
            else:  # the one that held it has just removed it
                file.close()

    def _is_there(self, file):
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(file.fileno()))
        except OSError:
            return False

    def release(self):
        if self.file is None:
            return
        if not self._is_there(self.file):  # somebody tidied up, and the lock that is there now is another's
            self.file.close()
        elif os.name == "nt":  # which removes no open file
            self.file.close()
            self._remove()
        else:
            self._remove()
            self.file.close()
        self.file = None

    def _remove(self):
        with contextlib.suppress(OSError):
            self.path.unlink()


def _lock(file):
    if msvcrt:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    elif fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        raise OSError(errno.ENOTSUP, "no locks here")
