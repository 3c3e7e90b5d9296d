"""What changed between two days, as text, as data and as one page with the cumulative forest plots."""

from collections.abc import Iterator, Sequence

from oligoscope import __version__
from oligoscope.appraisal.drift import Drift, PoolDrift
from oligoscope.evidence.wording import number_text
from oligoscope.report.forest import cumulative_rows, draw
from oligoscope.report.html import environment
from oligoscope.report.pooled import fit_text, pool_json, reading, sentences, trials
from oligoscope.report.wording import DISCLAIMER
from oligoscope.synthesis.meta import Fit


def drift_text(drift: Drift) -> str:
    """The whole comparison for a terminal."""
    return "\n".join([*_lines(drift), DISCLAIMER]) + "\n"


def _lines(drift: Drift) -> Iterator[str]:
    yield f"What changed from {drift.since} to {drift.until} ({drift.population})"
    for change in drift.pools:
        yield ""
        yield f"{change.endpoint}: {summary(change)}"
        yield from (
            f"  entered: {row.study.study}, {row.study.title} ({row.report.published})" for row in change.entered
        )
        yield from (f"  newer report: {row.study.study} ({row.report.published})" for row in change.renewed)
        told = (said.text for said in sentences(change.after) if said.kind in ("unweighable", "variant"))
        yield from (f"  {text}" for text in told)
    yield ""
    yield "Randomised trials first reported, or reported anew, since"
    yield from (f"  {line}" for line in newcomers(drift))
    yield ""
    yield "Candidacy rules whose strength rests on something published since"
    yield from (
        f"  {r.table} {r.rule} → {r.outcome}: {r.text} [{', '.join(r.because)}, {r.published}]" for r in drift.rules
    )
    yield ""
    yield "Statements of the review that no longer stand as printed"
    for change_of in drift.statements:
        said = change_of.statement
        note = f" — {said.note}" if said.note else ""
        because = ", ".join(study.study for study in change_of.because)
        yield f"  {said.id} {said.flag}: “{said.corrected or said.quote}”{note} [{because}]"
    yield ""


def summary(change: PoolDrift) -> str:
    """Before and after in one line."""
    return f"{_pooled(change.before.fit)}  →  {_pooled(change.after.fit)}"


def _pooled(fit: Fit | None) -> str:
    return f"{trials(fit.k)}, {fit_text(fit)}" if fit else "nothing to pool"


def newcomers(drift: Drift) -> list[str]:
    """One line per trial, with the ratios that were seen."""
    lines = []
    for new in drift.newcomers:
        numbers = "; ".join(number_text(r) for r in new.results if r.whole_population) or "no hazard ratio was seen"
        caution = ", expression of concern" if new.study.concern else ""
        apart = "" if new.pooled else " — not in the pool"
        lines.append(f"{new.study.study} ({new.report.published}{caution}): {numbers}{apart}")
    return lines


def drift_json(drift: Drift) -> dict[str, object]:
    """The comparison as data."""
    return {
        "schema": 1,
        "from": drift.since,
        "to": drift.until,
        "population": drift.population,
        "pools": [
            {
                "endpoint": change.endpoint,
                "before": pool_json(change.before),
                "after": pool_json(change.after),
                "entered": [row.study.study for row in change.entered],
                "renewed": [row.study.study for row in change.renewed],
            }
            for change in drift.pools
        ],
        "trials": [
            {"study": new.study.study, "published": new.report.published, "pooled": new.pooled}
            for new in drift.newcomers
        ],
        "rules": [
            {"table": r.table, "rule": r.rule, "outcome": r.outcome, "text": r.text, "because": list(r.because)}
            for r in drift.rules
        ],
        "statements": [
            {
                "statement": c.statement.id,
                "flag": c.statement.flag,
                "note": c.statement.note,
                "because": [s.study for s in c.because],
            }
            for c in drift.statements
        ],
    }


def _capital(drift: Drift) -> str:
    treatment = next((change.after.terms.treatment for change in drift.pools), "")
    return treatment[:1].upper() + treatment[1:]


def drift_page(drift: Drift, title: str = "", moved: Sequence[str] = ()) -> str:
    """One self-contained page. title, moved: whose answers stand on newer evidence, where that was asked."""
    plots = [
        (
            change,
            summary(change),
            draw(
                cumulative_rows(change.after),
                change.after.terms.treatment,
                f"{change.endpoint}: pooled effect after each trial",
            ).decode(),
            reading(change.after),
        )
        for change in drift.pools
        if change.after.fit
    ]
    return (
        environment()
        .get_template("drift.html")
        .render(
            drift=drift,
            title=title,
            moved=moved,
            treatment=_capital(drift),
            plots=plots,
            newcomers=newcomers(drift),
            version=__version__,
        )
    )
