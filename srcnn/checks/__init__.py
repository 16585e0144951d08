"""Checks behind the exercises. A check prints a tick, or what is wrong and a hint; never the answer, never an error.

In a chapter:       checks.exercise_2_1(my_function)
In a grader:        checks.exercise_2_1.hint(my_function) is None
"""

from ._check import check, same_array  # noqa: F401
from .ch01 import *  # noqa: F403
from .ch02 import *  # noqa: F403
from .ch03 import *  # noqa: F403
from .ch04 import *  # noqa: F403
from .ch05 import *  # noqa: F403
from .ch06 import *  # noqa: F403
from .ch07 import *  # noqa: F403
from .ch08 import *  # noqa: F403
from .ch09 import *  # noqa: F403
from .ch10 import *  # noqa: F403
