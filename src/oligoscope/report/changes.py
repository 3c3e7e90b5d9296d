"""Answers before and after, as lines of text."""

from collections.abc import Iterator, Sequence

from oligoscope.assess.answer import Change


def change_lines(change: Change) -> Iterator[str]:
    """The change in codes, then in words, then the published numbers that say what follows from either answer."""
    yield str(change)
    if change.part_label:
        yield f"    {change.part_label}"
    before, after = change.labels
    if (before, after) != (change.before, change.after) and before != after:
        yield f"    {before} → {after}"
    for when, numbers in zip(("before", "after"), change.numbers or (), strict=False):
        yield from (f"    {when}: {number.text} [{number.study}]" for number in numbers)


def trial_line(trial: str, before: str, after: str, failed: Sequence[str]) -> str:
    """One trial; where it excludes, why."""
    why = f" ({'; '.join(failed)})" if failed else ""
    return f"trial {trial}: {before} → {after}{why}"
