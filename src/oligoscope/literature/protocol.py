"""What a review planned: its title, question, registration and day, and every change of them with its day and reason.

Nothing is written over. What stands is the last entry of each name; PRISMA 2020 asks for the others as amendments.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from oligoscope.errors import NotAllowed
from oligoscope.literature.store import Store, now

FIELDS = ("title", "question", "registration", "date", "protocol")
"""date: of the registration.  protocol: where it can be read."""
_NAMES = "at, who, name, value, reason"


@dataclass(frozen=True)
class Entry:
    """One field as somebody set it. who and reason may be ""."""

    at: str
    who: str
    name: str
    value: str
    reason: str


@dataclass(frozen=True)
class Amendment:
    """A field that was changed: what it said before, and the entry that changed it."""

    before: str
    entry: Entry


@dataclass(frozen=True)
class Protocol:
    """What stands, by the names of FIELDS, and what was changed, oldest first."""

    entries: Mapping[str, Entry]
    amendments: tuple[Amendment, ...]

    @property
    def line(self) -> str:
        """The review in a line, for files that hold its records; "" where it says nothing of itself."""
        said = [self.entries[name].value for name in ("title", "registration") if name in self.entries]
        return ", ".join(said)


def protocol(store: Store) -> Protocol:
    """Of a review."""
    rows = store.database.execute(f"select {_NAMES} from protocol order by id")
    entries: dict[str, Entry] = {}
    amendments = []
    for entry in (Entry(*row) for row in rows):
        if entry.name in entries:
            amendments.append(Amendment(entries[entry.name].value, entry))
        entries[entry.name] = entry
    return Protocol({name: entries[name] for name in FIELDS if name in entries}, tuple(amendments))


def plan(store: Store, values: Mapping[str, str], who: str = "", reason: str = "") -> None:
    """Set fields, all or none; what a field says already is left alone. Raises NotAllowed."""
    stands = protocol(store).entries
    new = {}
    for name, value in values.items():
        text = " ".join(value.split())
        _check(name, text)
        if name not in stands or stands[name].value != text:
            new[name] = text
    changed = [name for name in new if name in stands]
    if changed and not reason.strip():
        raise NotAllowed(
            "why",
            '""',
            "the reason of the change",
            f"{changed[0]} says “{stands[changed[0]].value}”: a review tells every change of its plan with its reason",
        )
    with store.writing():
        for name, text in new.items():
            row = (now(), who.strip(), name, text, reason.strip() if name in stands else "")
            store.database.execute(f"insert into protocol ({_NAMES}) values (?, ?, ?, ?, ?)", row)


def _check(name: str, text: str) -> None:
    if name not in FIELDS:
        raise NotAllowed("set", name, ", ".join(FIELDS), "a protocol has no such field here")
    if not text:
        raise NotAllowed(name, '""', "some words", "nothing is said; what was said before cannot be taken back unsaid")
    if name == "date":
        try:
            datetime.date.fromisoformat(text)
        except ValueError:
            raise NotAllowed("date", text, "a day, YYYY-MM-DD", "this is no day") from None
