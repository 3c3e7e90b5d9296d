"""Answers before and after, as lines of text."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from oligoscope.assess.answer import Change

if TYPE_CHECKING:
    from oligoscope.api.wanted import Differs, WhatWould


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


def would_text(found: "WhatWould") -> str:
    """Under which conditions an answer would be given; none of them is a thing to do."""
    if found.holds:
        return f"{found.goal}: it is so already\n"
    lines = [f"{found.goal}: not certain now"]
    for title, ways in (
        ("it would be, if this turned out", found.open),
        ("it would be, if the chart said otherwise (a condition, nothing to be done)", found.would_have_to_differ),
    ):
        if ways:
            lines += [f"  {title}", *(f"    {' and '.join(_differs(each) for each in way)}" for way in ways)]
    if not found.open and not found.would_have_to_differ:
        lines.append("  no one or two fields would make it certain; lists and dates of the chart were left as they are")
    if found.needs:
        lines.append(f"  open beside, most decisive first: {', '.join(found.needs)}")
    return "\n".join(lines) + "\n"


def _differs(each: "Differs") -> str:
    would = "would have to be" if each.known else "is"
    return f"{each.field} {would} {' or '.join(each.values)} (now {each.now})"
