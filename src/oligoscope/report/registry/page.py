"""The survival of a registry as a self-contained page, with its figures by name."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oligoscope import __version__
from oligoscope.cohort.analysis.curves import Divided, Line, ticks
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.imputed import Imputed
from oligoscope.cohort.analysis.models import LifeLost, Single, Together
from oligoscope.cohort.analysis.patients import Patients, n_errors
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.cohort.analysis.report import Report, Survival
from oligoscope.cohort.analysis.subgroups import Subgroups, is_sample
from oligoscope.cohort.analysis.table_one import BALANCED, Cell, TableOne
from oligoscope.cohort.analysis.treatment import Compared, Treated
from oligoscope.knowledge import Knowledge
from oligoscope.report.cohort_page import field_words
from oligoscope.report.html import environment
from oligoscope.report.registry import figures, words
from oligoscope.report.registry.data import VARIANT
from oligoscope.report.registry.drawing import months_text
from oligoscope.report.survival_text import p_text


@dataclass(frozen=True)
class Shown:
    """One part of the page. says: the paragraph above the figure.  refused: instead of both.  is_wide: of words."""

    title: str
    says: str = ""
    figure: str = ""
    name: str = ""
    rows: tuple[tuple[str, ...], ...] = ()
    heads: tuple[str, ...] = ()
    refused: str = ""
    caption: str = ""
    is_wide: bool = False


@dataclass(frozen=True)
class Page:
    """html: the page.  figures: by file name, as SVG."""

    html: str
    figures: Mapping[str, str]


def registry_page(report: Report, knowledge: Knowledge, name: str, made: datetime.date, chosen: bool) -> Page:
    """The page of one report. made: the day of the analysis.  chosen: time zero was chosen by the program."""
    survival = report.survival
    parts = [flow_of(report.patients), _table(report)]
    if isinstance(survival, Refused):
        parts.append(Shown("Survival", refused=survival.reason))
    else:
        parts += _survival(survival, report)
    shown = [*parts, _missing(report), *_settles(report)]
    heading = f"Survival in the registry “{name}”"
    return laid_out(heading, shown, report.patients, knowledge, name, made, chosen, report.cautions, report.departures)


def laid_out(
    heading: str,
    parts: Sequence[Shown],
    patients: Patients,
    knowledge: Knowledge,
    name: str,
    made: datetime.date,
    chosen: bool,
    cautions: Sequence[str] = (),
    departures: Sequence[str] = (),
) -> Page:
    """Parts under a heading."""
    page = environment().get_template("registry.html").render(
        heading=heading,
        name=name,
        made=made.isoformat(),
        asked=words.asked_words(patients.asked),
        chosen=chosen,
        cautions=cautions,
        departures=departures,
        patients=patients,
        n_rejected=n_errors(patients.rejects),
        parts=parts,
        variant=VARIANT,
        knowledge=knowledge,
        version=__version__,
    )  # fmt: skip
    return Page(page, {part.name: part.figure for part in parts if part.figure})


def flow_of(patients: Patients) -> Shown:
    """Who is analysed."""
    says = f"Of {patients.n_read:,} patients in the registry {patients.n:,} can be analysed."
    if patients.lost:
        most = max(patients.lost, key=lambda lost: lost.n)
        says += f" Most were left out because {most.reason} ({most.n:,})."
    return Shown("Who is analysed", says, figures.flow(patients), "flow")


def _table(report: Report) -> Shown:
    found, title = report.table, "Table 1"
    if isinstance(found, Refused):
        return Shown(title, refused=found.reason)
    heads = ("", *(f"{label} ({n:,})" for label, n in found.groups), "difference")
    says = (
        f"The patients side by side ({found.by.label}): numbers as mean (standard deviation), groups as patients (per "
        "cent of those known). The last column is the greatest standardised difference between two columns; below "
        f"{BALANCED} it is usually taken for balance."
    )
    return Shown(f"{title}: {found.by.label}", says, rows=tuple(table_rows(found)), heads=heads)


def table_rows(found: TableOne) -> list[tuple[str, ...]]:
    """The rows of a Table 1 as text, its difference last."""
    rows, last = [], ""
    for row in found.rows:
        head = row.label if row.label != last else ""
        label = f"{head}, {row.level}" if head and row.level else head or f"– {row.level}"
        last = row.label
        difference = "" if row.difference is None else f"{row.difference:.2f}"
        rows.append((label, *(_cell(cell) for cell in row.cells), difference))
    return rows


def _cell(cell: Cell) -> str:
    if cell.second is not None:
        return f"{cell.first:.1f} ({cell.second:.1f})"
    return f"{cell.n:,} ({cell.first:.0f} %)" if cell.first == cell.first else "-"


def _survival(survival: Survival, report: Report) -> list[Shown]:
    patients, at = report.patients, ticks(report.patients)
    falls, title = not patients.competing, report.patients.asked.endpoint.title.capitalize()
    says = "share without the event" if falls else "share with the event"
    found: list[Shown] = []
    if isinstance(survival.whole, Refused):
        found.append(Shown(title, refused=survival.whole.reason))
    else:
        drawn = figures.curves([survival.whole], at, title, says, "overall", falls=falls)
        found.append(Shown(title, words.whole_words(survival.whole, patients), drawn, "overall"))
    found += [_curves(factor, each, report, says) for factor, each in survival.curves]
    found.append(_single(survival.single))
    if isinstance(survival.together, Refused):
        found.append(Shown("All factors together", refused=survival.together.reason))
    else:
        drawn = figures.forest(survival.together.singles, "All factors together", "multivariable")
        heads, rows = _beside(survival.together)
        said = words.together_words(survival.together)
        found.append(Shown("All factors together", said, drawn, "multivariable", rows, heads))
    found.append(_imputed(survival.imputed))
    return [*found, *_treated(survival.treated, report), *_adjusted(survival, is_sample(patients))]


def _curves(factor: Factor, found: Divided | Refused, report: Report, says: str) -> Shown:
    title = f"{factor.label}: curves by group"
    if isinstance(found, Refused):
        return Shown(title, refused=found.reason)
    name = f"by-{factor.name.replace('.', '-')}"
    falls = not report.patients.competing
    drawn = figures.curves(found.lines, ticks(report.patients), title, says, name, falls=falls)
    left = len(found.lines) - len(figures.drawn_lines(found.lines))
    caption = f"The {figures.MOST_LINES} largest groups are drawn; all stand in the table." if left else ""
    heads = _line_heads(found.lines)
    rows = tuple((*cells, *("" for _ in heads[len(cells) :])) for cells in map(_line_row, found.lines))
    said = words.divided_words(found, report.patients)
    return Shown(title, said, drawn, name, rows, heads, caption=caption)


def _line_heads(lines: tuple[Line, ...]) -> tuple[str, ...]:
    shares = max((line.shares for line in lines), key=len)
    median = ("median, months",) if lines[0].median is not None else ()
    return ("group", "patients", "events", *median, *(f"at {share.months:g} months" for share in shares))


def _line_row(line: Line) -> tuple[str, ...]:
    cells = [line.label, f"{line.n:,}", f"{line.events:,}"]
    if line.median is not None:
        cells.append(f"{months_text(line.median.value)} ({words.ends_words(line.median.low, line.median.high)})")
    for share in line.shares:
        ends = "" if share.low is None or share.high is None else f" ({100 * share.low:.0f} to {100 * share.high:.0f})"
        cells.append(f"{100 * share.value:.0f} %{ends}")
    return tuple(cells)


def _single(singles: tuple[Single, ...]) -> Shown:
    drawn = figures.forest(singles, "One factor at a time", "univariable")
    lives = [_life(single, each) for single in singles for each in single.instead]
    heads = ("where hazards are not proportional", "up to, months", "months lived more or fewer", "P")
    return Shown(
        "One factor at a time", words.single_words(singles), drawn, "univariable", tuple(lives), heads if lives else ()
    )


def _life(single: Single, each: LifeLost) -> tuple[str, ...]:
    gap = each.months
    months = f"{gap.value:+.1f} ({gap.low:+.1f} to {gap.high:+.1f})"
    return f"{single.factor.label}: {each.name} against {each.against}", f"{each.until:g}", months, p_text(gap.p)


def _imputed(found: Imputed | Refused) -> Shown:
    """The same model with what is missing drawn."""
    title = "All factors together, what is missing drawn"
    if isinstance(found, Refused):
        return Shown(title, refused=found.reason)
    rows = [
        (
            f"{each.factor.label}: {ratio.name}",
            figures.ratio_and_p(ratio.coef, ratio.low, ratio.high, ratio.p),
            f"{100 * each.share:.0f} %",
        )
        for each in found.drawn
        for ratio in each.ratios
        if ratio.coef is not None and ratio.low is not None and ratio.high is not None and ratio.p is not None
    ]
    heads = ("factor", "hazard ratio", "of its values drawn")
    return Shown(title, words.imputed_words(found), rows=tuple(rows), heads=heads)


def _beside(together: Together) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Fine and Gray's ratios, where something competes."""
    if together.incidence is None or isinstance(together.incidence, Refused):
        return (), ()
    rows = tuple(
        (term.name, figures.ratio_and_p(term.coef, term.low, term.high, term.p))
        for term in together.incidence
        if term.coef is not None and term.low is not None and term.high is not None and term.p is not None
    )
    return ("of the incidence (Fine and Gray)", "ratio of subdistribution hazards"), rows


def _treated(treated: Treated | Refused, report: Report) -> list[Shown]:
    title = "Local therapy, without immortal time"
    if isinstance(treated, Refused):
        return [Shown(title, refused=treated.reason)]
    if not any(isinstance(way, Compared) for _, way in treated.ways):
        reasons = dict.fromkeys(way.reason for _, way in treated.ways if isinstance(way, Refused))
        return [Shown(title, refused="; ".join(reasons))]
    found: list[Shown] = [Shown(title, words.treated_words(treated), figures.ways(treated), "local-therapy")]
    curves = treated.curves
    heading = "From the landmark on"
    if isinstance(curves, Refused):
        return [*found, Shown(heading, refused=curves.reason)]
    falls = not report.patients.competing
    says = "share without the event" if falls else "share with the event"
    drawn = figures.curves(
        curves.lines, ticks(report.patients), heading, says, "landmark", falls=falls, since=curves.landmark
    )
    said = (
        f"Only who was followed beyond {curves.landmark:g} months stands here, by whether local therapy had been given "
        "by then; who was treated later counts as not treated by then. The curves begin at the landmark and say "
        "nothing of the time before it."
    )
    return [*found, Shown(heading, said, drawn, "landmark")]


def _adjusted(survival: Survival, of_sample: bool) -> list[Shown]:
    """What weighting makes of it, and whether subgroups differ; nothing where therapy itself is refused."""
    if isinstance(survival.treated, Refused):
        return []
    title, found = "Weighted to be alike", survival.weighted
    if isinstance(found, Refused):
        parts = [Shown(title, refused=found.reason)]
    else:
        parts = [Shown(title, words.weighted_words(found), figures.balance(found), "balance")]
    title = "Local therapy by subgroup"
    if not any(isinstance(each, Subgroups) for _, each in survival.subgroups):
        reasons = dict.fromkeys(each.reason for _, each in survival.subgroups if isinstance(each, Refused))
        return [*parts, Shown(title, refused="; ".join(reasons) or "there is no factor")]
    drawn = figures.subgroup_forest(survival.subgroups)
    return [*parts, Shown(title, words.subgroup_words(survival.subgroups, of_sample), drawn, "subgroups")]


def _missing(report: Report) -> Shown:
    if isinstance(report.missing, Refused):
        return Shown("What is missing", refused=report.missing.reason)
    says = words.missing_words(report.missing, report.patients)
    return Shown("What is missing", says, figures.missing_map(report.missing, report.patients), "missing")


def _settles(report: Report) -> list[Shown]:
    """Which field, filled in, would settle most, for each table that divides the patients."""
    named = field_words()
    labels = {factor.name: factor.label for factor in report.patients.asked.every}
    rows = [
        (labels[name], named[field], f"{n:,}", "; ".join(f"{named[f]} {k:,}" for f, k in rest[:2]))
        for name, ((field, n), *rest) in ((name, fields) for name, fields in report.patients.settles.items() if fields)
    ]
    if not rows:
        return []
    says = "Patients analysed whose group this one field alone would settle; fill these in first."
    heads = ("group", "field", "patients", "next")
    return [Shown("What would settle most", says, rows=tuple(rows), heads=heads, is_wide=True)]
