"""The one error of this room."""

from oligoscope.errors import OligoscopeError


class TableError(OligoscopeError):
    """A table, fact or record that cannot be read, with the place and the way to mend it.

    where: file and rule, filled in on the way out.  problem: what is wrong.  fix: what to write instead.
    """

    def __init__(self, problem: str, *, fix: str = "", where: str = "") -> None:
        self.problem, self.fix, self.where, self.field = problem, fix, where, where
        super().__init__(problem)

    def at(self, where: str) -> "TableError":
        """The same error, with the place before the place it already has."""
        return TableError(self.problem, fix=self.fix, where=f"{where} {self.where}".strip())

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.problem}." + (f" Fix: {self.fix}." if self.fix else "")
