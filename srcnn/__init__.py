"""The helper package of the SRCNN course.

One module for each idea; import what a chapter needs::

    from srcnn import datasets, degrade, metrics

Nothing here loads Keras until a network is built, so data, metrics and plots start at once.
"""

__version__ = "0.1.0"


class InputError(ValueError):
    """Something given to the package cannot be used; the message says what was given and what to do."""
