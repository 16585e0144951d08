"""The helper package of the SRCNN course.

One module for each idea; import what a chapter needs::

    from srcnn import datasets, metrics, resample

Nothing here loads Keras until a network is built, so data, metrics and plots start at once.
"""

import re

__version__ = "0.1.0"


class InputError(ValueError):
    """Something given to the package cannot be used; the message says what was given and what to do.

    What it quotes may come from anybody's file: it is shortened, and what would steer a terminal is written out.
    """

    def __init__(self, message=""):
        text = "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in str(message)[:9999])
        text = re.sub(r"\S{600,}", lambda long: f"{long[0][:200]} ... {long[0][-60:]}", text)
        super().__init__(text if len(text) <= 2000 else f"{text[:1600]} ... {text[-300:]}")

    def _render_traceback_(self):
        """In a notebook, show the message alone: the reader's mistake is not in our stack."""
        return [f"InputError: {self}"]
