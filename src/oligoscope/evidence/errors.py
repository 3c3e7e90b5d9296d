"""The one error of this room."""

from collections.abc import Sequence

from oligoscope.errors import OligoscopeError


class EvidenceError(OligoscopeError):
    """A study, result, file or word of a request that cannot be used.

    problem: what is wrong.  field, value: of the request, where it was one; a door adds its own spelling. allowed: what
    could stand there, the nearest first.  fix: what to do.
    """

    def __init__(
        self, problem: str, *, field: str = "", value: str = "", allowed: Sequence[str] = (), fix: str = ""
    ) -> None:
        self.problem, self.field, self.value, self.allowed, self.fix = problem, field, value, ", ".join(allowed), fix
        super().__init__(problem)

    def __str__(self) -> str:
        place = f"{self.field} {self.value}: " if self.field else ""
        return f"{place}{self.problem}" + (f"; {self.fix}" if self.fix else "")
