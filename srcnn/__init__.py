"""The helper package of the SRCNN course.

One module for each idea; import what a chapter needs::

    from srcnn import datasets, metrics, resample

Nothing here loads Keras until a network is built, so data, metrics and plots start at once.
"""

__version__ = "0.1.0"


class InputError(ValueError):
    """Something given to the package cannot be used; the message says what was given and what to do."""

    def _render_traceback_(self):
        """In a notebook, show the message alone: the reader's mistake is not in our stack."""
        return [f"InputError: {self}"]
