"""Stands in for srcnn.checks where students' code is graded: every check is there, and none knows anything."""


def __getattr__(name):
    if not name.startswith("exercise_"):
        raise AttributeError(name)

    def check(*_, **__):
        pass

    check.hint = check
    return check
