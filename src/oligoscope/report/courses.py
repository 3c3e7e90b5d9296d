"""Courses side by side and added up, targets of several lesions, overlaps, organs treated before: text and data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oligoscope.dose.dvh import Banded, StructureDose
from oligoscope.dose.metric import number
from oligoscope.dose.reirradiation import BothCourses, Told
from oligoscope.interop.names import TARGET
from oligoscope.report.histograms import banded, structure_json
from oligoscope.report.wording import status_in_words

OF_TARGETS, OF_ORGANS = ("D95%", "Dmean"), ("Dmean", "D0.03cc")
"""Shown side by side; JSON has all."""


@dataclass(frozen=True)
class GivenCourse:
    """One course. label, date, uid: of its plan, "" without one.  fractions: None where not known, and why.

    doses: in the order of its structures.
    """

    name: str
    label: str
    date: str
    uid: str
    fractions: int | None
    why: str
    doses: Sequence[StructureDose]


@dataclass(frozen=True)
class Courses:
    """each: the one that is checked first.  total: physical doses added up in each structure of it; empty where there
    is no sum, for the reason no_total.  together: they are given in the same sessions, and the sum is what was judged.
    """

    each: Sequence[GivenCourse]
    total: Sequence[StructureDose]
    no_total: str
    together: bool


@dataclass(frozen=True)
class Overlap:
    """Of a target and an organ, by the names of their structures."""

    target: str
    organ: str
    label: str
    volume: Banded


def judged_words(found: Courses) -> str:
    """What the verdicts speak of."""
    others = len(found.each) - 1
    if found.together:
        return f"Judged is the sum of {others + 1} courses that are given in the same sessions."
    beside = "another course stands" if others == 1 else f"{others} other courses stand"
    theirs = "it" if others == 1 else "they"
    return f"Judged is {found.each[0].name} alone; {beside} beside it, and no verdict counts what {theirs} gave."


def course_words(one: GivenCourse) -> str:
    """Its name, plan and fractions."""
    plan = f" ({one.label}{', ' if one.label and one.date else ''}{one.date})" if one.label or one.date else ""
    n = one.fractions
    fractions = one.why if n is None else f"{n} fraction{'' if n == 1 else 's'}"
    return f"{one.name}{plan}: {fractions}"


def total_words(found: Courses) -> str:
    """What the sum is, or why there is none."""
    if found.no_total:
        return f"No sum: {found.no_total}."
    numbers = [one.fractions for one in found.each]
    if found.together:
        return "All of them: physical doses added up, which is what was judged."
    if None in numbers or len(set(numbers)) > 1:
        said = " and ".join("not known" if n is None else str(n) for n in numbers)
        because = f"fractions differ ({said}), so that no limit holds for it and no EQD2 of it is made up"
    else:
        because = "limits hold for it only where all are given in the same sessions (--together)"
    return f"All of them: physical doses added up; {because}."


def rows(found: Courses) -> Iterator[tuple[str, str, list[str]]]:
    """Structure, metric, and its value in each course and in the sum; of structures that a second course has too."""
    sets = [course.doses for course in found.each] + ([found.total] if found.total else [])
    others = {one.name for other in found.each[1:] for one in other.doses}
    for one in found.each[0].doses:
        if one.name not in others or one.covered_percent is None:
            continue
        for metric in OF_TARGETS if TARGET.fullmatch(one.name) else OF_ORGANS:
            yield one.name, metric, [_value(doses, one.name, metric) for doses in sets]


def _value(doses: Sequence[StructureDose], name: str, metric: str) -> str:
    own = next((one.metrics[metric] for one in doses if one.name == name and metric in one.metrics), None)
    return banded(own) if own else "not drawn"


def courses_text(found: Courses) -> Iterator[str]:
    """Which courses, one line per structure and metric, and what the sum means."""
    yield "Courses side by side"
    yield from (f"  {course_words(one)}" for one in found.each)
    names = [one.name for one in found.each] + (["all"] if found.total else [])
    for structure, metric, values in rows(found):
        yield f"  {structure}  {metric}  " + "; ".join(
            f"{name} {told}" for name, told in zip(names, values, strict=True)
        )
    yield f"  {total_words(found)}"


def overlaps_text(found: Sequence[Overlap]) -> Iterator[str]:
    """One line per target and organ that share volume."""
    if found:
        yield "Targets that lie in organs"
        yield from (f"  {overlap_words(one)}" for one in found)


def overlap_words(one: Overlap) -> str:
    """What they share."""
    return f"{one.target} and {one.organ} ({one.label}): {banded(one.volume)} in both"


def parts_text(structures: Sequence[StructureDose]) -> Iterator[str]:
    """Targets of several lesions, each with its own dose."""
    several = [one for one in structures if one.parts]
    if several:
        yield "Targets in several parts"
    for one in several:
        yield from (f"  {part_words(part)}" for part in one.parts)


def part_words(part: StructureDose) -> str:
    """One lesion of a target."""
    doses = "; ".join(f"{name} {banded(part.metrics[name])}" for name in OF_TARGETS if name in part.metrics)
    return f"{part.name}: {banded(part.volume)}; {doses}"


def both_text(found: Sequence[BothCourses]) -> Iterator[str]:
    """Organs treated before, against what is published of two courses."""
    for one in found:
        yield both_words(one)
        yield from (f"  {told_words(told)}" for told in one.told)
        yield f"  {between_words(one)}"


def both_words(one: BothCourses) -> str:
    """The doses of both courses."""
    figure = f"EQD2_{number(one.rule.alpha_beta_gy)}"
    before, new = (f"{each.value:.2f} Gy" for each in (one.before, one.new))
    courses = "" if one.earlier == 1 else f" by {one.earlier} courses"
    return f"{one.structure}, treated before: {figure} at its highest dose, before {before}{courses}, this course {new}"


def told_words(told: Told) -> str:
    """One limit over two courses."""
    verdict = {"met": "met", "exceeded": "exceeded", "cannot_be_told": "cannot be told"}[told.verdict]
    because = f": {told.why}" if told.why else ""
    unit = f" {told.unit}" if told.unit else ""
    value = f"{told.value.value:.2f}{unit} [{told.value.low:.2f}, {told.value.high:.2f}]"
    return f"{told.what} {value}, limit {number(told.limit)}{unit}: {verdict}{because}"


def between_words(one: BothCourses) -> str:
    """What no file says, and whose limit it is."""
    rule = one.rule
    return (
        f"at least {rule.months_between} months between the courses: not in the files. "
        f"{rule.label}, of the {rule.drawn_as} [{status_in_words(rule.status)}]; recovery is not counted"
    )


def courses_json(found: Courses) -> dict[str, object]:
    """Doses in Gy; total null where there is no sum."""
    return {
        "courses": [
            {
                "name": one.name,
                "plan": {"label": one.label, "date": one.date, "uid": one.uid} if one.uid else None,
                "fractions": one.fractions,
                "fractions_why": one.why or None,
                "structures": [structure_json(told, None) for told in one.doses],
            }
            for one in found.each
        ],
        "total": [structure_json(told, None) for told in found.total] if found.total else None,
        "no_total": found.no_total or None,
        "together": found.together,
    }


def overlap_json(one: Overlap) -> dict[str, object]:
    """cm3."""
    told = one.volume
    return {
        "target": one.target,
        "structure": one.organ,
        "organ": one.label,
        "volume_cc": told.value,
        "low_cc": told.low,
        "high_cc": told.high,
    }


def both_json(one: BothCourses) -> dict[str, object]:
    """EQD2 in Gy."""
    rule = one.rule
    return {
        "organ": rule.organ,
        "structure": one.structure,
        "earlier_courses": one.earlier,
        "alpha_beta_gy": rule.alpha_beta_gy,
        "before_eqd2_gy": one.before.value,
        "this_course_eqd2_gy": one.new.value,
        "months_between_at_least": rule.months_between,
        "drawn_as": rule.drawn_as,
        "source": rule.source,
        "source_label": rule.label,
        "status": rule.status,
        "limits": [
            {
                "what": told.what,
                "value": told.value.value,
                "low": told.value.low,
                "high": told.value.high,
                "limit": told.limit,
                "unit": told.unit or None,
                "verdict": told.verdict,
                "why": told.why or None,
            }
            for told in one.told
        ],
    }
