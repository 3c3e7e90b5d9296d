"""The draft of a trial card, as data and as text."""

from dataclasses import dataclass

from oligoscope.knowledge.pack import Problem


@dataclass(frozen=True)
class Carded:
    """A draft that was written. read: its criteria as tests.  left: sentences to be read.  known: cards of that number.

    problems: why the folder cannot be used as a pack yet.
    """

    path: str
    nct: str
    dated: str
    read: int
    left: int
    known: tuple[str, ...]
    problems: tuple[Problem, ...]


def carded_json(found: Carded) -> dict[str, object]:
    """Where it lies, and how much of it is to be read."""
    return {
        "file": found.path,
        "nct": found.nct,
        "dated": found.dated,
        "criteria": found.read,
        "to_read": found.left,
        "known": list(found.known),
        "problems": list(map(str, found.problems)),
    }


def carded_text(found: Carded) -> str:
    """The same in lines."""
    lines = [
        f"{found.path}: a draft of {found.nct} as of {found.dated or 'an unknown day'}",
        f"  {found.read} criteria read as tests, each beside its sentence; {found.left} sentences to be read",
        "  Nobody has confirmed it: it is listed, and no patient is held against it. The file says how to confirm it.",
    ]
    lines += [f"  the knowledge has a card of this number: {name}" for name in found.known]
    lines += [f"  {problem}" for problem in found.problems]
    return "\n".join(lines) + "\n"
