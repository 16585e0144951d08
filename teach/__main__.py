"""`python -m teach COMMAND ...`: each command is a module of this package with a function main(words)."""

import importlib
import sys

from srcnn import InputError
from srcnn.files import one_line

COMMANDS = {
    "assignment": "write a problem set's notebook for each student",
    "grade": "grade the submissions to a problem set",
    "grades": "put the grades of a set into your learning platform's own export",
    "gradescope": "write an autograder zip for Gradescope",
    "quiz": "write the quiz bank for a learning platform",
    "slides": "write the slides of a chapter",
}
"""Name -> what the command does; the module of that name is imported only when it is wanted."""


def main(words):
    """Runs the command named first with the words after it. Bad input ends in one line and exit code 2."""
    if not words or words[0] not in COMMANDS:
        listed = "\n".join(f"  {name:<12}{does}" for name, does in COMMANDS.items())
        wanted = "" if not words or words[0] in ("-h", "--help") else f"no command {words[0]!r}; there are:\n"
        print(wanted or "python -m teach COMMAND, and COMMAND --help for its options:\n", listed, sep="")
        return 2 if wanted or not words else 0
    try:
        importlib.import_module(f"teach.{words[0]}").main(words[1:])
    except ModuleNotFoundError as missing:
        if missing.name != "resource":  # what Windows has not
            raise
        print(f"python -m teach {words[0]}: needs Linux or macOS; on Windows use the Linux subsystem", file=sys.stderr)
        return 2
    except (InputError, OSError) as error:  # such as a file that may not be read
        told = f"{error.strerror or error}: {error.filename}" if isinstance(error, OSError) else error
        print(f"python -m teach {words[0]}: {one_line(told)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
