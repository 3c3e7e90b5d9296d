"""The one error of this room: everything wrong with a case, each with its place, what is allowed and the fix."""

import re
from dataclasses import dataclass

from oligoscope.errors import OligoscopeError, one_line


@dataclass(frozen=True)
class Problem:
    """One thing wrong. field: its path.  line: in the file, 0 when there is none."""

    field: str
    value: object
    text: str
    allowed: str = ""
    fix: str = ""
    line: int = 0

    def __str__(self) -> str:
        allowed = f" Allowed: {self.allowed}." if self.allowed else ""
        fix = f" {self.fix[0].upper()}{self.fix[1:]}{'' if self.fix[-1] in '?.!' else '.'}" if self.fix else ""
        # A column may be named by what is no name: a quote that is never closed makes two lines one name.
        return f"{one_line(self.field)}: {self.text}.{allowed}{fix}"


class CaseError(OligoscopeError):
    """A case that cannot be read, with all its problems; field, value, allowed and fix are those of the first."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source, self.problems = source, problems
        first = problems[0]
        self.field, self.value, self.allowed, self.fix = first.field, first.value, first.allowed, first.fix
        super().__init__(str(self))

    def __str__(self) -> str:
        return "\n".join(self._one(problem) for problem in self.problems)

    def _one(self, problem: Problem) -> str:
        """A line. Of a registry the field begins with the file, which is the source itself where it is a single one."""
        told = problem.field.startswith(f"{self.source} ")
        return (
            str(problem) if told else f"{one_line(self.source)}{f':{problem.line}' if problem.line else ''} {problem}"
        )


def shown(value: object) -> str:
    """A value as a message shows it."""
    text = repr(value) if isinstance(value, str) and not re.fullmatch(r"[-\d.:/]+", value) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def dotted(location: tuple[str | int, ...]) -> str:
    """A place in a document as a message names it: lesions[0].size_cm."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "case"
