"""Checks behind the exercises. A check prints a tick, or what is wrong and a hint; never the answer, never an error.

In a chapter:       checks.exercise_2_1(my_function)
In a grader:        checks.exercise_2_1.hint(my_function, seed=7) is None, with other random inputs for each seed

The checks of a chapter stand in chNN.py; whatever is called exercise_... there is found.
"""

import importlib
import pkgutil

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    if _module.name.rpartition(".")[2].startswith("ch"):
        _found = vars(importlib.import_module(_module.name))
        globals().update({name: check for name, check in _found.items() if name.startswith("exercise_")})
