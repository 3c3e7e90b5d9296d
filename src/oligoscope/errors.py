"""The error that every other is one of: for every room, so it imports none."""


def one_line(text: object) -> str:
    """A name as a message shows it: one that holds a line break would make two messages of one, and a blank would not
    be seen.

    >>> one_line("a\\nb.yaml"), one_line(" ")
    ('a\\\\nb.yaml', "' '")
    """
    name = str(text)
    return repr(name) if name != name.strip() else name.replace("\r", "\\r").replace("\n", "\\n")


class OligoscopeError(ValueError):
    """Something that a person can mend.

    field: what it is about.  value: as given.  allowed: what could stand there.  fix: what to do instead. Each is ""
    where there is nothing to say; `str()` says it all in a sentence, without naming an option of the command line.
    """

    field: str = ""
    value: object = ""
    allowed: str = ""
    fix: str = ""


class NotAllowed(OligoscopeError):
    """A value that something cannot have, by what is known of it.

    >>> str(NotAllowed("table", "omd-stat", "omd-state, m-category", fix="did you mean omd-state?"))
    'table omd-stat: there is none of that name. Allowed: omd-state, m-category. Did you mean omd-state?'
    """

    def __init__(
        self, field: str, value: object, allowed: str, problem: str = "there is none of that name", fix: str = ""
    ) -> None:
        self.field, self.value, self.allowed, self.problem, self.fix = field, value, allowed, problem, fix
        super().__init__(problem)

    def __str__(self) -> str:
        fix = f" {self.fix[0].upper()}{self.fix[1:]}{'' if self.fix[-1] in '?.!' else '.'}" if self.fix else ""
        allowed = f" Allowed: {self.allowed}." if self.allowed else ""
        return f"{self.field} {one_line(self.value)}: {self.problem}.{allowed}{fix}"
