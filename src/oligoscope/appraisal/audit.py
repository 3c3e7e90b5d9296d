"""Do the published numbers fit each other, the review, and themselves? Every study, the review, and one trial twice."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from oligoscope.appraisal.checks import Alarm, Span, alarm, decimals
from oligoscope.appraisal.printed import Review, printed
from oligoscope.appraisal.printings import medians_by_analysis, proportions, shares, versions
from oligoscope.appraisal.ratios import of_ratio
from oligoscope.evidence import Result, Study
from oligoscope.evidence.review import Reference, Statement
from oligoscope.knowledge import Trial


def audit(studies: Sequence[Study], review: Review | None = None, trials: Sequence[Trial] = ()) -> list[Alarm]:
    """Every alarm, study by study. review: where it is to be held against its sources, and against these trials."""
    found = [alarm for study in studies for alarm in (*_review_values(study), *arithmetic(study))]
    if review is None:
        return [*found, *twice(studies)]
    told = {(alarm.check, alarm.results, alarm.statements) for alarm in found}
    found += [a for a in printed(studies, review, trials) if (a.check, a.results, a.statements) not in told]
    found += _review_statements(review.statements)
    return [*found, *twice(studies), *_references_twice(review.references, review.study)]


def arithmetic(study: Study) -> Iterator[Alarm]:
    """Whether one study's numbers fit each other."""
    for result in study.results:
        if result.measure in ("hazard_ratio", "odds_ratio") and result.is_numeric:
            yield from of_ratio(study, result)
    yield from versions(study)
    yield from proportions(study)
    yield from shares(study)


# ---- the review ----------------------------------------------------------------------------------


NOT_REACHED = "NR"
"""What a review prints of a median that was not reached; a record leaves its value open."""


def _review_values(study: Study) -> Iterator[Alarm]:
    for result in study.results:
        said = result.in_review
        if not said or said.value is None or said.value == (NOT_REACHED if result.value is None else result.value):
            continue
        if isinstance(said.value, (int, float)) and result.is_numeric:
            places = decimals(said.value)
            if Span.of(said.value, places).low <= result.number <= Span.of(said.value, places).high:
                continue
            yield from _of_another(study, result, said.value)
        yield alarm(
            "review-value",
            study,
            [result],
            f"the review prints {said.value}, the source {result.value}",
            statements=(said.statement,) if said.statement else (),
        )


def _of_another(study: Study, result: Result, said: float) -> Iterator[Alarm]:
    """The printed number, where it is that of another population or arm of the same study."""
    span = Span.of(said, decimals(said))
    for other in study.results:
        same = (other.endpoint, other.measure, other.time) == (result.endpoint, result.measure, result.time)
        if same and other.id != result.id and other.is_numeric and span.low <= other.number <= span.high:
            whose = other.population if other.population != result.population else other.arm
            text = f"the review prints {said:g} for {result.population}, which is the number of {whose}"
            statements = (result.in_review.statement,) if result.in_review and result.in_review.statement else ()
            yield alarm("population", study, [result, other], text, statements)


def _review_statements(statements: Sequence[Statement]) -> Iterator[Alarm]:
    for statement in statements:
        if statement.flag in ("differs", "outdated", "ambiguous"):
            note = f" — {statement.note}" if statement.note else ""
            text = f"{statement.flag}: “{statement.corrected or statement.quote}”{note}"
            yield Alarm("review-statement", ", ".join(statement.studies), (), text, True, (statement.id,))


# ---- one trial, twice ----------------------------------------------------------------------------


def twice(studies: Sequence[Study]) -> Iterator[Alarm]:
    """Studies that share a registry number, a PMID, or the same results."""
    # A registry number that nobody verified is still reason enough to look whether two records are one trial.
    for a, b in combinations(studies, 2):
        numbers = {*a.registry, *a.registry_unverified} & {*b.registry, *b.registry_unverified}
        papers = {r.pmid for r in a.reports if r.pmid} & {r.pmid for r in b.reports if r.pmid}
        if numbers or papers:
            yield Alarm(
                "twice",
                f"{a.study}, {b.study}",
                (),
                f"both are {', '.join(sorted(numbers | papers))}: count one of them",
            )
        elif a.n and a.n == b.n and (shared := _fingerprint(a) & _fingerprint(b)):
            yield Alarm(
                "twice",
                f"{a.study}, {b.study}",
                (),
                f"both report {a.n} patients and the same medians for "
                f"{', '.join(sorted(s[0] for s in shared))}: perhaps one trial",
            )
    for study in studies:
        if study.randomised and len(study.review_refs) > 1:
            yield Alarm(
                "twice",
                study.study,
                (),
                f"the review cites it under {len(study.review_refs)} numbers "
                f"({', '.join(map(str, study.review_refs))}): one trial",
            )


def _fingerprint(study: Study) -> set[tuple[str, tuple[float, ...]]]:
    return {
        (endpoint, tuple(sorted(value for _, value in medians)))
        for (endpoint, _), medians in medians_by_analysis(study).items()
    }


def _references_twice(references: Sequence[Reference], review: str) -> Iterator[Alarm]:
    for a, b in combinations(references, 2):
        if (a.pmid and a.pmid == b.pmid) or (a.doi and a.doi == b.doi):
            yield Alarm(
                "twice",
                review,
                (),
                f"references {a.ref} and {b.ref} of the review are one paper ({a.first_author} {a.year})",
            )
