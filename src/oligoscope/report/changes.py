"""Answers before and after, as lines of text."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from oligoscope.assess.answer import Change
from oligoscope.tables.model import APPLIES, APPLIES_NOT

if TYPE_CHECKING:
    from oligoscope.api.wanted import Differs, WhatWould


def changes_lines(changes: Sequence[Change]) -> Iterator[str]:
    """Every change in turn. Of a lesion's options those that apply neither before nor after are counted: of an unknown
    organ some fifty doses may apply.
    """
    counted = Counter[tuple[str, str, bool]]()
    for change in changes:
        if change.lesion and _only_may(change):
            counted[change.table, change.lesion, APPLIES in change.possible[1]] += 1
        else:
            yield from change_lines(change)
    for (table, lesion, may), n in counted.items():
        what = "more may apply" if may else "that might apply no longer may"
        yield f"{table}: {lesion}: {n} {what}"


def _only_may(change: Change) -> bool:
    """Whether it is one of an option that applies neither before nor after."""
    options = {APPLIES, APPLIES_NOT}
    return (
        bool(change.part)
        and {*change.possible[0], *change.possible[1]} <= options
        and APPLIES
        not in (
            change.before,
            change.after,
        )
    )


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
