"""Study records as text and data. A number that was not seen is named, not printed."""

from collections.abc import Iterator, Sequence

from oligoscope.evidence import Study
from oligoscope.evidence.search import Found
from oligoscope.evidence.wording import number_text


def study_text(study: Study) -> str:
    """Title, reports, alerts and results of a study."""
    lines = [
        f"{study.study}: {study.title}",
        f"  design: {study.design}{', phase ' + study.phase if study.phase else ''}",
        f"  population: {study.population or 'see the reports'}",
    ]
    applicability = f", {study.applicability}" if study.applicability else ""
    tags = f"; {', '.join(study.tags)}" if study.tags else ""
    lines.append(f"  question: {study.relevance}{applicability}; {study.setting}{tags}")
    if study.registry:
        lines.append(f"  registry: {', '.join(study.registry)}{'; status: ' + study.status if study.status else ''}")
    for report in study.reports:
        identifiers = " ".join(f"{key} {value}" for key, value in (("PMID", report.pmid), ("DOI", report.doi)) if value)
        lines.append(
            f"  report {report.id} ({report.published or 'date not known'}): {report.citation} {identifiers}".rstrip()
        )
    lines += [
        f"  arm {arm.id}: {arm.n or '?'} patients{', ' + arm.description if arm.description else ''}"
        for arm in study.arms
    ]
    lines += [f"  caution: {alert}" for alert in study.alerts]
    lines += [f"  {line}" for line in judgements(study)]
    lines += [f"  {study.study}/{result.id}: {number_text(result)} [{result.status}]" for result in study.results]
    return "\n".join(lines) + "\n"


DOMAINS = {"missing": "missing outcomes", "selection": "selection of the result"}
"""Domains of RoB 2 whose names would read oddly alone."""


def judgements(study: Study) -> Iterator[str]:
    """What somebody judged of the study: risk of bias by domain, certainty by endpoint."""
    if bias := study.risk_of_bias:
        domains = bias.model_dump(exclude={"overall", "because"}, exclude_none=True)
        parts = [f"{bias.overall} overall", *(f"{DOMAINS.get(name, name)} {word}" for name, word in domains.items())]
        yield f"risk of bias (RoB 2): {', '.join(parts)}{_because(bias.because)}"
    for each in study.certainty:
        yield f"certainty (GRADE) of {each.endpoint}: {each.judgement}{_because(each.because)}"


def _because(why: str) -> str:
    return f"; {why}" if why else ""


def study_json(study: Study) -> dict[str, object]:
    """A study as data; what was not seen has neither value nor interval."""
    record = study.model_dump(exclude_defaults=True, exclude={"registry_unverified"})
    for result, raw in zip(study.results, record.get("results", []), strict=False):
        if not result.verified:
            for key in ("value", "interval", "quartiles", "p", "note"):
                raw.pop(key, None)
    return record


def found_json(found: Found) -> dict[str, object]:
    """What was found, as data."""
    return {
        "studies": [study_json(study) for study in found.studies],
        "statements": [statement.model_dump() for statement in found.statements],
    }


def list_text(studies: Sequence[Study]) -> str:
    """One line per study: id, year, design, number of results, title."""
    lines = []
    for study in studies:
        year = study.published[:4] if study.published < "9999" else ""
        results = f"{len(study.results):>4} results"
        lines.append(f"{study.study:<28}{year:<6}{_kind(study):<16}{results}  {study.title}")
    return "\n".join([*lines, f"{len(studies)} studies"]) + "\n"


def _kind(study: Study) -> str:
    return "randomised" if study.randomised else "pooled" if "meta-analysis" in study.design else "other"


def search_text(found: Found) -> str:
    """Studies, then statements of the review with how they stand."""
    lines = [f"{s.id} [{s.flag}] {s.quote}{' — ' + s.note if s.note else ''}" for s in found.statements]
    return list_text(found.studies) + ("\nThe review says:\n  " + "\n  ".join(lines) + "\n" if lines else "")
