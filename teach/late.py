"""The due dates and the late rule of course.toml."""

import csv
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from srcnn import InputError
from teach import questions
from teach.roster import rows_of

try:
    import tomllib
except ImportError:  # Python 3.10
    import tomli as tomllib


@dataclass(frozen=True)
class Rule:
    """due: a time or None. Each day begun after it and the minutes of grace costs so many per cent of the points.

    times: {student: when it came}, what the instructor says in late.csv.
    """

    due: datetime | None = None
    grace_minutes: float = 0
    percent_per_day: float = 0
    most_days: float = math.inf
    times: dict = field(default_factory=dict)

    @classmethod
    def read(cls, ps, times):
        """The rule of a set, from course.toml beside teach/, and from late.csv. Raises: InputError."""
        path = questions.ROOT / "course.toml"
        try:
            course = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {path}: {error}") from None
        rule, due = course.get("late", {}), course.get("sets", {}).get(str(ps), {}).get("due")
        numbers = {key: rule[key] for key in ("grace_minutes", "percent_per_day", "most_days") if key in rule}
        if any(not isinstance(number, (int, float)) or number < 0 for number in numbers.values()):
            raise InputError(f"in {path}, grace_minutes, percent_per_day and most_days of [late] are numbers from 0 on")
        if due is not None and not isinstance(due, datetime):
            raise InputError(f"in {path}, due of [sets.{ps}] is no time; write it as 2027-01-15T23:59:00+01:00")
        return cls(_aware(due), **numbers, times=_times(Path(times)))

    def cost(self, student, submitted):
        """(days begun, per cent) for a submission of this time, an ISO text or None."""
        when = self.times.get(student) or (datetime.fromisoformat(submitted) if submitted else None)
        if self.due is None or when is None:
            return 0, 0
        over = when - self.due - timedelta(minutes=self.grace_minutes)
        days = max(0, math.ceil(over / timedelta(days=1)))
        return days, 100 if days > self.most_days else min(100, days * self.percent_per_day)


def _aware(when):
    return when.astimezone() if when else None  # a time without a zone is this machine's


def _times(path):
    if not path.exists():
        return {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(row["student"].strip(), row["submitted"].strip()) for row in rows_of(file)]
        return {student: _aware(datetime.fromisoformat(when)) for student, when in rows if when}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, AttributeError, ValueError) as error:
        raise InputError(
            f"cannot read {path}: {error}; it has the columns student,submitted, 2027-01-16T08:00"
        ) from None
