"""Answers made of a right one: wrong ones, which do what their name says, and right ones of another type."""

import functools

import numpy as np


def is_number(value):
    return isinstance(value, (int, float, np.number, np.ndarray)) and np.asarray(value).dtype.kind in "iuf"


def each_number(change, answer):
    """The answer with `change` applied to its numbers and arrays, in tuples, lists and dicts as well."""
    if isinstance(answer, (list, tuple)):
        return type(answer)(each_number(change, part) for part in answer)
    if isinstance(answer, dict):
        return {key: each_number(change, part) for key, part in answer.items()}
    return change(answer) if is_number(answer) else answer


def one_part(place):
    """Half more in one of several parts of the answer."""

    def change(answer):
        if not isinstance(answer, (list, tuple)) or len(answer) <= place:
            return answer
        parts = list(answer)
        parts[place] = each_number(lambda number: number + 0.5, parts[place])
        return type(answer)(parts)

    return change


def first_answer():
    """Whatever is asked, the answer is that to the first question."""
    answers = []

    def change(answer):
        answers.append(answer)
        return answers[0]

    return change


def right_once():
    """Right the first time that it is asked, later half more."""
    asked = []

    def change(answer):
        asked.append(answer)
        return answer if len(asked) == 1 else each_number(lambda number: number + 0.5, answer)

    return change


def differ(first, second):
    """Whether two answers are different; NaN equals NaN."""
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return len(first) != len(second) or any(map(differ, first, second))
    if is_number(first) and is_number(second):
        return not np.array_equal(first, second, equal_nan=True)
    return first is not second and bool(np.any(first != second))


WRONG_NUMBERS = {
    "half more": lambda number: number + 0.5,
    "twice as much": lambda number: number * 2,
    "all zero": lambda number: number * 0,
    "transposed": lambda number: number.T if np.ndim(number) == 2 else number,
}
OTHER_TYPES = {
    "float32": lambda number: np.float32(number) if np.asarray(number).dtype.kind == "f" else number,
    "nested lists": lambda number: np.asarray(number).tolist(),
}


def changed(solution, change):
    """(The solution with its answers changed, a function that says whether any of them became another one)."""
    if not callable(solution):
        other = change(solution)
        return other, lambda: differ(solution, other)
    changes = []

    @functools.wraps(solution)
    def mutant(*arguments, **options):
        answer = solution(*arguments, **options)
        other = change(answer)
        changes.append(differ(answer, other))
        return other

    return mutant, lambda: any(changes)


def spoils(solution):
    """(The solution that changes the first array among its arguments, whether it was given one)."""
    spoilt = []

    @functools.wraps(solution)
    def mutant(*arguments, **options):
        answer = each_number(np.copy, solution(*arguments, **options))
        inside = [item for given in arguments for item in (given if isinstance(given, (list, tuple)) else [given])]
        for array in (item for item in inside if isinstance(item, np.ndarray) and is_number(item) and item.size):
            spoilt.append(True)
            array += 1
            break
        return answer

    return mutant, lambda: any(spoilt)


def raises(solution):
    @functools.wraps(solution)
    def mutant(*_, **__):
        raise RuntimeError("a mutant")

    return mutant, lambda: True


def mutants(solution):
    """(what is wrong, the mutant, a function that says after a check whether it ever differed from the solution)."""
    if callable(solution):
        yield "raises", *raises(solution)
        yield "changes its argument", *spoils(solution)
    yield "returns None", *changed(solution, lambda answer: None)
    yield "always the first answer", *changed(solution, first_answer())
    yield "right the first time only", *changed(solution, right_once())
    for name, change in WRONG_NUMBERS.items():
        yield name, *changed(solution, functools.partial(each_number, change))
    for place in range(6):
        yield f"half more in part {place + 1}", *changed(solution, one_part(place))


def of_other_types(solution):
    """(the type, the solution with its numbers as such): as right as the solution."""
    for name, change in OTHER_TYPES.items():
        yield name, changed(solution, functools.partial(each_number, change))[0]
