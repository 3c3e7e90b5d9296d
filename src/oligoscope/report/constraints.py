"""Limits of organs at risk for one number of fractions: the sources side by side, as text and as data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from oligoscope.dose.limits import NOT_VERIFIED, Limit
from oligoscope.dose.metric import number
from oligoscope.dose.verdicts import POINT
from oligoscope.knowledge import Knowledge
from oligoscope.report.wording import DISCLAIMER, status_in_words

NOT_SHOWN = "not verified, so its number is not shown"
NO_LICENCE = "A plan below a limit is checked, not approved. Limits do not hold where an organ was irradiated before."


@dataclass(frozen=True)
class Difference:
    """Sources that allow one organ different values of one metric. lowest, highest: in Gy, cc or %."""

    organ: str
    metric: str
    lowest: float
    highest: float
    unit: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Constraints:
    """What was asked for, and the knowledge that answers. organ: None for all."""

    fractions: int
    organ: str | None
    knowledge: Knowledge

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Organ by organ, those of the source that judges first. Empty where no source has such a column."""
        return self.knowledge.limits.of(self.fractions, self.organ)

    @property
    def judged_by(self) -> str:
        """The study by whose limits a plan fails; empty where there is none."""
        return self.knowledge.limits.judged_by.get(self.fractions, "")

    def differences(self) -> Iterator[Difference]:
        """Where verified sources differ. A maximum and the dose to a point are one metric: sources mean the same."""
        rows = sorted((row for row in self.limits if row.judges and not row.is_wish), key=_of_one_kind)
        for (organ, metric), group in groupby(rows, key=_of_one_kind):
            each = list(group)
            values = [row.limit for row in each if row.limit is not None]
            if len({row.source for row in each}) > 1 and min(values) < max(values):
                sources = tuple(dict.fromkeys(row.label for row in each))
                yield Difference(organ, metric, min(values), max(values), each[0].unit, sources)

    def unavailable(self) -> str:
        """Why there is no limit; empty where there is one."""
        if any(row.judges for row in self.limits):
            return ""
        whose = f" for {self.knowledge.limits.organs[self.organ].label}" if self.organ else ""
        columns = ", ".join(map(str, self.knowledge.limits.columns(self.organ)))
        only = f"; there are limits for {columns}" if columns else ""
        return f"no limit is available{whose} in {_fractions(self.fractions)}, and none is interpolated{only}"


def _of_one_kind(row: Limit) -> tuple[str, str]:
    return row.organ, "Dmax" if row.metric == POINT else row.metric


def _fractions(n: int) -> str:
    return f"{n} fraction{'' if n == 1 else 's'}"


def constraints_json(found: Constraints) -> dict[str, object]:
    """Limits in Gy, cc or %. What is not verified, or is no number, has neither metric nor limit but says why."""
    return {
        "fractions": found.fractions,
        "organ": found.organ,
        "judged_by": found.judged_by or None,
        "limits": [_row_json(row, found) for row in found.limits],
        "unavailable": found.unavailable() or None,
        "differences": [
            {**vars(each), "sources": list(each.sources)} for each in sorted(found.differences(), key=lambda d: d.organ)
        ],
    }


def _row_json(row: Limit, found: Constraints) -> dict[str, object]:
    hidden = row.status == NOT_VERIFIED
    return {
        "id": row.id,
        "organ": row.organ,
        "organ_label": found.knowledge.limits.organs[row.organ].label,
        "hard_stop": found.knowledge.limits.organs[row.organ].hard_stop,
        "metric": None if hidden else row.metric,
        "limit": None if hidden else row.limit,
        "unit": row.unit,
        "kind": row.kind,
        "level": row.level,
        "fractions": row.fractions,
        "endpoint": row.endpoint or None,
        "source": row.source,
        "source_label": row.label,
        "status": row.status,
        "judges": row.judges and row.source == found.judged_by,
        "drawn_as": row.drawn_as or None,
        "says": NOT_SHOWN if hidden else row.says or None,
        "caveats": list(row.caveats),
        "pack": row.pack or None,
    }


def constraints_text(found: Constraints) -> str:
    """One block per organ, one line per limit, then the sources and how they were read."""
    if why := found.unavailable():
        said = [f"  {row.label}: {_bound(row)}" for row in found.limits]
        return "\n".join([f"{why[0].upper()}{why[1:]}.", *said, DISCLAIMER]) + "\n"
    judge = next((row.label for row in found.limits if row.source == found.judged_by), "")
    by = f"judged by {judge}, the others stand beside it" if judge else "no source here judges, they stand side by side"
    lines = [f"Limits in {_fractions(found.fractions)}: {by}."]
    differences = list(found.differences())
    for name, group in groupby(found.limits, key=lambda row: row.organ):
        organ = found.knowledge.limits.organs[name]
        lines.append(f"\n{organ.label}{' (a fail is a hard stop)' if organ.hard_stop else ''}")
        lines += list(_organ_lines(list(group)))
        lines += [f"  sources differ: {_difference(each)}" for each in differences if each.organ == name]
    return "\n".join([*lines, "", *_sources(found), NO_LICENCE, DISCLAIMER]) + "\n"


def _organ_lines(rows: Sequence[Limit]) -> Iterator[str]:
    for row in rows:
        level = f" ({row.level})" if row.level != "none" else ""
        more = [row.endpoint, f"of the {row.drawn_as}" if row.drawn_as else "", *row.caveats]
        said = "; ".join(text for text in more if text)
        metric = "" if row.status == NOT_VERIFIED else row.metric
        yield f"  {metric:<9} {_bound(row) + level:<28}  {row.label}{f': {said}' if said else ''}"


def _bound(row: Limit) -> str:
    if row.status == NOT_VERIFIED:
        return NOT_SHOWN
    if row.limit is None:
        return row.says
    return f"{row.kind.replace('_', ' ')} {number(row.limit)} {row.unit}"


def _difference(each: Difference) -> str:
    return f"{each.metric} {number(each.lowest)} to {number(each.highest)} {each.unit}"


def _sources(found: Constraints) -> Iterator[str]:
    """Each study once, as the rows call it, with its citation, how it was read and what to keep in mind."""
    evidence = found.knowledge.evidence
    for name, label in dict.fromkeys((row.source, row.label) for row in found.limits):
        study = evidence.study(name)
        read = ", ".join(
            dict.fromkeys(status_in_words(r.status) for r in found.limits if r.source == name and r.label == label)
        )
        yield f"{label}: {study.citation} [{read}]"
        yield from (f"  caution: {alert}" for alert in study.alerts)
