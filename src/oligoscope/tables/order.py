"""The order in which facts and tables find what they read ready."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from oligoscope.tables.errors import TableError


def in_order(reads: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """The names so that each follows what it reads, else in the order given: columns keep their places when a fact is
    added. Raises TableError for a cycle, naming it.

    >>> in_order({"decision": ["count", "age"], "count": [], "other": []})
    ('count', 'decision', 'other')
    """
    try:
        TopologicalSorter(reads).prepare()
    except CycleError as error:
        cycle = " → ".join(reversed(error.args[1]))
        raise TableError(f"cycle: {cycle}", fix="break it: a table cannot depend on itself") from None
    done: dict[str, None] = {}

    def add(name: str) -> None:
        for source in reads[name]:
            if source in reads and source not in done:
                add(source)
        done[name] = None

    for name in reads:
        if name not in done:
            add(name)
    return tuple(done)
