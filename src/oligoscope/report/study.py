"""One study record as text."""

from oligoscope.evidence import load_study
from oligoscope.report.view import number_text


def study_text(name: str) -> str:
    """Title, reports, alerts and results of a study. A number that was not seen is named, not printed."""
    study = load_study(name)
    lines = [f"{study.study}: {study.title}", f"  design: {study.design}", f"  population: {study.population}"]
    for report in study.reports:
        identifiers = " ".join(f"{key} {value}" for key, value in (("PMID", report.pmid), ("DOI", report.doi)) if value)
        lines.append(f"  report {report.id}: {report.citation} {identifiers}")
    lines += [f"  caution: {alert}" for alert in study.alerts]
    lines += [f"  {study.study}/{result.id}: {number_text(result)} [{result.status}]" for result in study.results]
    return "\n".join(lines) + "\n"
