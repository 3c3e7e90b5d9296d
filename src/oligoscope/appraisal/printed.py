"""What the review prints, held against the records that its links name, and against itself."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from oligoscope.appraisal.checks import SIGNIFICANT, Alarm, Span, alarm
from oligoscope.evidence import Result, Study
from oligoscope.evidence.review import Link, Reference, Statement
from oligoscope.files.documents import Plain
from oligoscope.knowledge import Trial

_VALUE = re.compile(
    r"(?:P ?(?P<operator>[=<]) ?)?(?P<number>\d*\.?\d+)(?: ?(?P<unit>%|months|days))?"
    r"(?![\d.]| (?:more|less|higher|lower))"
)
_UNITS = {"%": "percent", "months": "month", "days": "day"}
_COMPARES = re.compile(r"\b(?:higher|lower|longer|shorter|more|less|reduces?|improved?|increased?)\b")
_POINTS = re.compile(r"(\d+)% (?:more|less|higher|lower)")
_REGISTERED = re.compile(r"NCT ?(\d{8})")
_IN_YEAR = re.compile(r"^In (\d{4}),")
_ENROLLED = re.compile(r"(?:^n=|^)(\d+)(?: patients)?$")
_BETWEEN = re.compile(r"(?P<low>\d+)-(?P<high>\d+)\b|\[(?P<from>\d+)\.\.(?P<to>\d+)\]|(?P<sign><=?) ?(?P<end>\d+)")
_LIMIT = re.compile(
    r"(?P<sign>[<>]=?|\bwithin|\bat most|\bat least) ?(?P<number>\d+) ?(?P<unit>cm|months?|metastatic lesions)\b"
    r"|(?P<later>\d+) (?P<after>months?) after"
)
_SIGNS = {"within": "<=", "at most": "<=", "at least": ">="}


@dataclass(frozen=True)
class Review:
    """A source review: what it states and cites, what answers it, its own record's id, and the day up to which it
    searched (ISO).
    """

    statements: Sequence[Statement] = ()
    references: Sequence[Reference] = ()
    links: Sequence[Link] = ()
    study: str = ""
    searched: str = ""
    by_id: Mapping[str, Statement] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", {statement.id: statement for statement in self.statements})


def printed(studies: Sequence[Study], review: Review, trials: Sequence[Trial] = ()) -> Iterator[Alarm]:
    """Every alarm of what the review prints. Links to what is not among the studies and trials are passed over."""
    named = [found for link in review.links if (found := _named(link, studies))]
    yield from _values(named)
    yield from _directions(named, studies)
    yield from _significance(named)
    yield from _points(named)
    yield from _cuts(named, review)
    yield from _trials(review.links, trials)
    yield from _registered(review.statements, studies)
    yield from _years(review.statements, studies)
    yield from _thresholds(review.statements)
    yield from _since(review, studies)


@dataclass(frozen=True)
class _Named:
    """A link to a result, with what it names."""

    link: Link
    study: Study
    result: Result


def _named(link: Link, studies: Sequence[Study]) -> _Named | None:
    name, _, wanted = link.target.partition("/")
    if link.kind != "result":
        return None
    found = ((study, result) for study in studies if study.study == name for result in study.results)
    return next((_Named(link, study, result) for study, result in found if result.id == wanted), None)


# ---- numbers -------------------------------------------------------------------------------------


def _values(named: Sequence[_Named]) -> Iterator[Alarm]:
    """A number of the phrase, with its unit, that is not the one of its source."""
    for each in named:
        if (said := _said(each)) and not _same(said, each.result):
            sign = f"P {each.result.p.operator}" if each.result.p and said["operator"] else ""
            text = f"the review prints {said[0].strip()}, the source {sign} {each.result.number:g}".replace("  ", " ")
            yield alarm("review-value", each.study, [each.result], text, (each.link.statement,))


def _said(each: _Named) -> re.Match[str] | None:
    """The number with which the phrase begins, where it is of the same sort as the result."""
    said = _VALUE.match(each.link.phrase)
    if said is None or not each.result.is_numeric:
        return None
    is_p = each.result.measure == "p_value"
    alike = bool(said["operator"]) if is_p else bool(said["unit"]) and _UNITS[said["unit"]] == each.result.unit
    return said if alike else None


def _same(said: re.Match[str], result: Result) -> bool:
    span = Span.of(float(said["number"]), len(said["number"].partition(".")[2]))
    inside = span.low - 1e-9 <= result.number <= span.high + 1e-9
    return inside and (not said["operator"] or said["operator"] == (result.p.operator if result.p else "="))


def _directions(named: Sequence[_Named], studies: Sequence[Study]) -> Iterator[Alarm]:
    """What is said to be more than another result, and is not."""
    results = {f"{study.study}/{result.id}": result for study in studies for result in study.results}
    for each in named:
        other = results.get(each.link.more_than)
        if other and other.is_numeric and each.result.is_numeric and each.result.number <= other.number:
            text = f"said to be more, but {each.result.number:g} is not above {other.number:g}: turned round"
            yield alarm("direction", each.study, [each.result, other], text, (each.link.statement,))


def _significance(named: Sequence[_Named]) -> Iterator[Alarm]:
    """A difference that is told as one, though its P value does not show it."""
    for each in named:
        is_p = each.result.measure == "p_value" and each.result.is_numeric
        if is_p and each.result.number >= SIGNIFICANT and _COMPARES.search(each.link.phrase):
            text = f"“{each.link.phrase}”, with P {each.result.number:g}"
            yield alarm("significance", each.study, [each.result], text, (each.link.statement,))


def _points(named: Sequence[_Named]) -> Iterator[Alarm]:
    """A difference in percentage points that reads as a share of the lower rate."""
    for a, b in combinations(named, 2):
        said = _POINTS.search(a.link.phrase)
        pair = (a.link.statement, a.link.phrase, a.study.study) == (b.link.statement, b.link.phrase, b.study.study)
        if said and pair and a.result.measure == b.result.measure == "rate" and a.result.is_numeric:
            high, low = sorted((a.result.number, b.result.number), reverse=True)
            percent = float(said[1])
            if low and abs(high - low - percent) < 0.5 <= abs(100 * (high - low) / low - percent):
                text = f"{said[0]}: {high:g} against {low:g} % are {percent:g} percentage points"
                yield alarm("points", a.study, [a.result, b.result], text, (a.link.statement,))


def _cuts(named: Sequence[_Named], review: Review) -> Iterator[Alarm]:
    """Numbers of one trial beside each other from two reports, though the later report has the first number too."""
    order = {name: place for place, name in enumerate(review.by_id)}
    told = set()
    printed = [each for each in named if (said := _said(each)) and _same(said, each.result)]
    for first, second in combinations(printed, 2):
        places = order[first.link.statement], order[second.link.statement]
        topics = {review.by_id[each.link.statement].topic for each in (first, second)}
        if first.study is not second.study or len(topics) > 1 or abs(places[0] - places[1]) > 2:
            continue
        later = _later(first, second)
        if later and (first.study.study, first.result.id) not in told:
            told.add((first.study.study, first.result.id))
            text = f"{_quantity(first.result)} of the earlier report stands beside {_quantity(second.result)} of the "
            text += f"later one, which has {_quantity(later)}"
            statements = (first.link.statement, second.link.statement)
            yield alarm("cuts", first.study, [first.result, second.result, later], text, statements)


def _quantity(result: Result) -> str:
    return f"{result.endpoint}{' P' if result.measure == 'p_value' else ''} {result.number:g}"


def _later(first: _Named, second: _Named) -> Result | None:
    """What the second number's report, where it is later, prints for the first number's quantity."""
    published = {report.id: report.earliest for report in first.study.reports}
    a, b = first.result, second.result
    if published[a.report] >= published[b.report]:
        return None
    same = (a.endpoint, a.measure, a.arm, a.comparison, a.population, a.time)
    return next(
        (
            r
            for r in first.study.results
            if r.report == b.report
            and (r.endpoint, r.measure, r.arm, r.comparison, r.population, r.time) == same
            and r.is_numeric
            and r.number != a.number
        ),
        None,
    )


# ---- trials --------------------------------------------------------------------------------------


def _trials(links: Sequence[Link], trials: Sequence[Trial]) -> Iterator[Alarm]:
    """A limit or a number of patients that is not the one of the trial's record."""
    by_name = {trial.trial: trial for trial in trials}
    for link in links:
        name, _, item = link.target.partition("/")
        if link.kind != "criterion" or name not in by_name:
            continue
        said, known = _both(link.phrase, item, by_name[name])
        if said and known and said != known:
            text = f"the review prints {link.phrase}, the trial's record has {known}"
            yield Alarm("trial", name, (), text, True, (link.statement,))


def _both(phrase: str, item: str, trial: Trial) -> tuple[str, str]:
    """The number or limit that a phrase prints, and that of the record, in one form; empty where there is none."""
    if item == "enrolment":
        enrolled = _ENROLLED.search(phrase)
        return (enrolled[1], str(trial.enrolment or "")) if enrolled else ("", "")
    when = next((criterion.when for criterion in trial.criteria if criterion.id == item), None)
    condition = next(iter(when.values())) if isinstance(when, dict) and len(when) == 1 else None
    return _upper(phrase), _upper(condition)


def _upper(text: Plain) -> str:
    """The upper end of a range, written as a condition: <= 5, < 5."""
    found = _BETWEEN.search(text) if isinstance(text, str) else None
    if found is None:
        return ""
    return f"{found['sign']} {found['end']}" if found["sign"] else f"<= {found['high'] or found['to']}"


def _registered(statements: Sequence[Statement], studies: Sequence[Study]) -> Iterator[Alarm]:
    """A registry number that belongs to none of the studies that the statement names."""
    by_name = {study.study: study for study in studies}
    for statement in statements:
        known = [n for name in statement.studies if name in by_name for n in by_name[name].registry if n[:3] == "NCT"]
        for digits in _REGISTERED.findall(statement.quote) if known else ():
            if f"NCT{digits}" not in known:
                near = min(known, key=lambda number: _apart(number[3:], digits))
                text = f"the review prints NCT{digits}, the record has {near}: {_apart(near[3:], digits)} digits differ"
                yield Alarm("registry", ", ".join(statement.studies), (), text, True, (statement.id,))


def _apart(a: str, b: str) -> int:
    return sum(one != other for one, other in zip(a, b, strict=True))


def _years(statements: Sequence[Statement], studies: Sequence[Study]) -> Iterator[Alarm]:
    """A year of publication that is that of no report."""
    by_name = {study.study: study for study in studies}
    for statement in statements:
        said = _IN_YEAR.match(statement.quote)
        reports = [r for name in statement.studies if name in by_name for r in by_name[name].reports if r.published]
        years = sorted({report.earliest[:4] for report in reports})
        if said and years and said[1] not in years:
            text = f"the review says {said[1]}, published {', '.join(years)}"
            yield Alarm("year", ", ".join(statement.studies), (), text, True, (statement.id,))


def _since(review: Review, studies: Sequence[Study]) -> Iterator[Alarm]:
    """A randomised trial that the review names and that had not reported when it searched."""
    for study in studies:
        reports = [report for report in study.reports if _has_results(study, report.id)]
        first = min(reports, key=lambda report: report.earliest, default=None)
        naming = tuple(statement.id for statement in review.statements if study.study in statement.studies)
        if first and study.randomised and study.in_review and naming and first.earliest > review.searched > "":
            text = f"first reported {first.published or 'on a day not known'}, the review searched to {review.searched}"
            yield Alarm("since", study.study, (), text, True, naming)


def _has_results(study: Study, report: str) -> bool:
    return any(result.report == report and result.verified for result in study.results)


# ---- the review against itself -------------------------------------------------------------------


def _thresholds(statements: Sequence[Statement]) -> Iterator[Alarm]:
    """Two limits of one section at one number that leave it out, or that both take it in."""
    limits = [(statement, *limit) for statement in statements for limit in _limits(statement.quote)]
    for (a, sign_a, *place_a), (b, sign_b, *place_b) in combinations(limits, 2):
        if a.section != b.section or place_a != place_b:
            continue
        where = f"exactly {place_a[0]} {place_a[1]}"
        if {sign_a, sign_b} == {"<", ">"}:
            yield Alarm("threshold", "", (), f"{where} belongs to neither side", True, (a.id, b.id))
        elif {sign_a, sign_b} == {"<=", ">="}:
            yield Alarm("threshold", "", (), f"{where} belongs to both sides", True, (a.id, b.id))


def _limits(text: str) -> Iterator[tuple[str, str, str]]:
    """The limits of a text: sign, number, unit."""
    for found in _LIMIT.finditer(text):
        if found["later"]:
            yield ">=", found["later"], _plural(found["after"])
        else:
            yield _SIGNS.get(found["sign"], found["sign"]), found["number"], _plural(found["unit"])


def _plural(unit: str) -> str:
    return f"{unit}s" if unit == "month" else unit
