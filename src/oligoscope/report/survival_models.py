"""Cox regression, restricted means and cumulative incidence as text and as data."""

import math
from dataclasses import dataclass

from scipy import stats

from oligoscope.files.columns import Sample
from oligoscope.report.survival_text import number, p_text, ratio, rows_json, rows_text, table
from oligoscope.report.wording import DISCLAIMER
from oligoscope.synthesis.survival import Cox, Difference, FineGray, Gray, Incidence, Mean, Reading, Term

FEW_EVENTS = 10
"""Events per coefficient below which the review of peers asks for a warning: estimates then lean to extremes."""


@dataclass(frozen=True)
class Fitted:
    """A Cox model of one table. references: what each factor is compared with."""

    sample: Sample
    fit: Cox
    references: tuple[str, ...]
    strata: str | None
    cluster: str | None
    weights: str | None
    has_entry: bool

    @property
    def cautions(self) -> list[str]:
        """What a reader must know before any number of it is used."""
        fit, found = self.fit, []
        if fit.reason:
            found.append(fit.reason)
        found += [f"{term.name}: {term.reason}" for term in fit.terms if term.reason and term.reason != fit.reason]
        if fit.events < FEW_EVENTS * len(fit.terms):
            each = f"{fit.events} events for {len(fit.terms)} coefficient{'' if len(fit.terms) == 1 else 's'}"
            found.append(f"{each}, fewer than {FEW_EVENTS} for each: too few to be relied on")
        if any(test.p < 0.05 for test in fit.proportional):
            found.append("hazards are not proportional (P < 0.05): a hazard ratio is a mean over time; see rmst")
        if self.weights and not self.cluster:
            found.append("errors take the weights for numbers of patients; name a cluster for robust ones")
        return found


def cox_json(found: Fitted) -> dict[str, object]:
    """Terms, likelihoods, concordance, and the test of proportional hazards."""
    fit = found.fit
    likelihood = _likelihood_ratio(fit)
    return {
        "variant": {
            "model": "Cox",
            "ties": fit.ties,
            "level": fit.level,
            "errors": f"robust, by {found.cluster}" if found.cluster else "of the model",
            "interval": "Wald, on the log hazard ratio",
            "strata": found.strata,
            "weights": found.weights,
            "left_truncation": "entry" if found.has_entry else "none",
            "factors": list(found.references),
            "proportional_hazards": _tested(fit),
            "concordance": "Harrell's, error by the infinitesimal jackknife",
        },
        "rows": rows_json(found.sample),
        "n": fit.n,
        "events": fit.events,
        "terms": [_term_json(term) for term in fit.terms],
        "loglik_null": fit.loglik_null,
        "loglik": fit.loglik,
        "likelihood_ratio": likelihood,
        "concordance": {"value": fit.concordance, "se": fit.concordance_se, "reason": _no_concordance(fit)},
        "proportional_hazards": [
            {"term": test.name, "chisq": test.chisq, "df": test.df, "p": test.p} for test in fit.proportional
        ],
        "proportional_hazards_reason": fit.proportional_reason or None,
        "reason": fit.reason or None,
        "cautions": found.cautions,
    }


def _tested(fit: Cox) -> str:
    ties = ", ties by Breslow" if fit.ties == "exact" else ""
    return f"score test on Schoenfeld residuals, time by the Kaplan-Meier transform{ties}"


def _no_concordance(fit: Cox) -> str | None:
    return None if fit.concordance is not None else fit.reason or "no two patients can be ordered"


def _term_json(term: Term) -> dict[str, object]:
    hr, low, high = _exp(term.coef), _exp(term.low), _exp(term.high)
    return {
        "term": term.name,
        "coef": term.coef,
        "se": term.se,
        "robust_se": term.robust_se,
        "hr": hr,
        "low": low,
        "high": high,
        "z": term.z,
        "p": term.p,
        "reason": term.reason or ("the hazard ratio is too large to be written" if _is_too_large(term) else None),
    }


def _exp(value: float | None) -> float | None:
    """e to the value; None where it does not fit into a number."""
    return None if value is None or value > 709 else math.exp(value)


def _is_too_large(term: Term) -> bool:
    return any(value is not None and value > 709 for value in (term.coef, term.low, term.high))


def _likelihood_ratio(fit: Cox) -> dict[str, object]:
    if fit.loglik is None or fit.loglik_null is None or not fit.df:
        return {"chisq": None, "df": None, "p": None, "reason": fit.reason or "no coefficient was estimated"}
    if fit.reason:
        return {"chisq": None, "df": None, "p": None, "reason": fit.reason}
    chisq = 2 * (fit.loglik - fit.loglik_null)
    return {"chisq": chisq, "df": fit.df, "p": float(stats.chi2.sf(chisq, fit.df)), "reason": None}


def cox_text(found: Fitted) -> str:
    """Hazard ratios first, then what the whole model says."""
    fit = found.fit
    within = f", strata {found.strata}" if found.strata else ""
    lines = [f"Cox regression, {fit.ties} ties{within}: {fit.events} events; {rows_text(found.sample)}"]
    lines += table([("term", "HR", f"{100 * fit.level:g} % CI", "P"), *map(_term_row, fit.terms)])
    lines += [f"  {said}" for said in found.references]
    if fit.concordance is not None:
        lines.append(f"Concordance {fit.concordance:.3f} (error {number(fit.concordance_se, 2)})")
    if fit.proportional:
        tests = ", ".join(f"{test.name} {p_text(test.p)}" for test in fit.proportional)
        lines.append(f"Proportional hazards ({_tested(fit)}): {tests}")
    else:
        lines.append(f"Proportional hazards: not tested, {fit.proportional_reason}")
    lines += [f"caution: {said}" for said in found.cautions]
    errors = f"robust errors by {found.cluster}" if found.cluster else "errors of the model"
    entry = "; patients count from their entry on" if found.has_entry else ""
    lines.append(f"Wald intervals, {errors}{entry}.")
    return "\n".join([*lines, DISCLAIMER]) + "\n"


def _term_row(term: Term) -> tuple[str, ...]:
    hr, low, high = (_exp(value) for value in (term.coef, term.low, term.high))
    ends = "-" if low is None or high is None else f"{ratio(low)} to {ratio(high)}"
    p = "-" if term.p is None else p_text(term.p).removeprefix("P ").removeprefix("= ")
    return term.name, ratio(hr), ends, p


@dataclass(frozen=True)
class Means:
    """Restricted means by group. counts: patients and events of each.  gap: the second group less the first."""

    sample: Sample
    names: tuple[str, ...]
    counts: tuple[tuple[int, int], ...]
    means: tuple[Mean, ...]
    gap: Difference | None
    by: str | None
    has_entry: bool

    @property
    def no_gap(self) -> str | None:
        """Why there is no difference."""
        if self.gap:
            return None
        if len(self.means) != 2:
            return f"a difference is of two groups; there {'is' if len(self.means) == 1 else 'are'} {len(self.means)}"
        reasons = [f"{n}: {m.reason}" for n, m in zip(self.names, self.means, strict=True) if m.reason]
        return "; ".join(reasons) or "no mean has an error, since no event happened before tau"


def rmst_json(found: Means) -> dict[str, object]:
    """Each mean with its error, and the difference with its P value."""
    gap = found.gap
    return {
        "variant": {
            "estimator": "area under the Kaplan-Meier curve up to tau",
            "tau": found.means[0].tau,
            "se": "Greenwood, without a small-sample factor",
            "difference": f"{found.names[1]} less {found.names[0]}, normal approximation" if gap else None,
            "level": 0.95,
            "left_truncation": "entry" if found.has_entry else "none",
        },
        "rows": rows_json(found.sample),
        "groups": [
            {"group": name, "n": n, "events": events, "rmst": mean.value, "se": mean.se, "reason": mean.reason or None}
            for name, (n, events), mean in zip(found.names, found.counts, found.means, strict=True)
        ],
        "difference": {
            "value": gap.value if gap else None,
            "se": gap.se if gap else None,
            "low": gap.low if gap else None,
            "high": gap.high if gap else None,
            "p": gap.p if gap else None,
            "reason": found.no_gap,
        },
    }


def rmst_text(found: Means) -> str:
    """The means, then their difference."""
    tau = found.means[0].tau
    lines = [
        f"Restricted mean survival time up to {tau:g}{f' by {found.by}' if found.by else ''}: {rows_text(found.sample)}"
    ]
    rows = [("group", "n", "events", "mean", "error")]
    for name, (n, events), mean in zip(found.names, found.counts, found.means, strict=True):
        rows.append((name, str(n), str(events), number(mean.value), number(mean.se, 3)))
    lines += table(rows)
    gap = found.gap
    if gap:
        ends = f"{number(gap.low)} to {number(gap.high)}"
        lines.append(f"{found.names[1]} less {found.names[0]}: {number(gap.value)} (95 % CI {ends}), {p_text(gap.p)}")
    elif found.by or any(mean.reason for mean in found.means):
        lines.append(f"no difference: {found.no_gap}" if found.by else f"no mean: {found.means[0].reason}")
    lines.append("Area under the Kaplan-Meier curve, error by Greenwood, interval by the normal approximation.")
    return "\n".join([*lines, DISCLAIMER]) + "\n"


@dataclass(frozen=True)
class Incidences:
    """Cumulative incidences: group, curve, and its readings at the times that were asked for."""

    sample: Sample
    lines: tuple[tuple[str, Incidence, tuple[Reading, ...]], ...]
    by: str | None
    chosen: str
    tests: tuple[Gray, ...] = ()


def cuminc_json(found: Incidences) -> dict[str, object]:
    """One curve for each group and cause; what cannot be told is null, with its reason."""
    return {
        "variant": {
            "estimator": "Aalen-Johansen",
            "se": "infinitesimal jackknife",
            "interval": "log-log of the incidence",
            "level": 0.95,
            "test": "Gray, rho 0" if found.tests else None,
        },
        "rows": rows_json(found.sample),
        "times_chosen_by": found.chosen,
        "tests": [
            {"cause": test.cause, "chisq": test.chisq, "df": test.df, "p": test.p, "reason": test.reason or None}
            for test in found.tests
        ],
        "groups": [
            {
                "group": name,
                "cause": line.cause,
                "n": line.n,
                "events": line.events,
                "times": [reading.time for reading in readings],
                "incidence": [reading.incidence for reading in readings],
                "se": [reading.se for reading in readings],
                "low": [reading.low for reading in readings],
                "high": [reading.high for reading in readings],
                "reasons": [{"time": reading.time, "reason": reading.reason} for reading in readings if reading.reason],
            }
            for name, line, readings in found.lines
        ],
    }


def cuminc_text(found: Incidences) -> str:
    """One small table for each group and cause."""
    lines = [f"Cumulative incidence{f' by {found.by}' if found.by else ''}: {rows_text(found.sample)}"]
    for name, line, readings in found.lines:
        lines += [
            "",
            f"{name}, cause {line.cause}: {line.events} event{'' if line.events == 1 else 's'} of {line.n} patients",
        ]
        lines += table([("time", "incidence", "95 % CI"), *map(_reading_row, readings)])
        lines += [f"  {reason}" for reason in dict.fromkeys(r.reason for r in readings if r.reason)]
    lines.append("")
    lines += [_gray_text(test) for test in found.tests]
    if found.chosen == "the program":
        lines.append("Times chosen by the program; --at gives your own, --curve every step.")
    lines.append("Aalen-Johansen: other causes compete, they do not censor. Interval log-log of the incidence.")
    return "\n".join([*lines, DISCLAIMER]) + "\n"


def _gray_text(test: Gray) -> str:
    if test.chisq is None:
        return f"Gray's test, cause {test.cause}: not made, {test.reason}"
    return f"Gray's test, cause {test.cause}: chi-squared {test.chisq:.2f} on {test.df} df, {p_text(test.p)}"


@dataclass(frozen=True)
class Subdistribution:
    """A Fine-Gray model of one table. references: what each factor is compared with."""

    sample: Sample
    fit: FineGray
    references: tuple[str, ...]

    @property
    def cautions(self) -> list[str]:
        """What a reader must know before any number of it is used."""
        fit = self.fit
        found = [fit.reason] if fit.reason else []
        if fit.events < FEW_EVENTS * len(fit.terms):
            found.append(f"{fit.events} events for {len(fit.terms)} coefficients: fewer than {FEW_EVENTS} for each")
        return found


def finegray_json(found: Subdistribution) -> dict[str, object]:
    """Terms as those of `cox`; hr is a ratio of subdistribution hazards."""
    fit = found.fit
    return {
        "variant": {
            "model": "Fine and Gray, subdistribution hazards",
            "ties": "breslow",
            "censoring": "Kaplan-Meier weights, of all patients together",
            "errors": "sandwich of Fine and Gray's paper, with the part of the censoring",
            "level": fit.level,
            "factors": list(found.references),
        },
        "rows": rows_json(found.sample),
        "cause": fit.cause,
        "n": fit.n,
        "events": fit.events,
        "terms": [_term_json(term) for term in fit.terms],
        "loglik_null": fit.loglik_null,
        "loglik": fit.loglik,
        "reason": fit.reason or None,
        "cautions": found.cautions,
    }


def finegray_text(found: Subdistribution) -> str:
    """Subdistribution hazard ratios, one line each."""
    fit = found.fit
    lines = [f"Fine-Gray regression of cause {fit.cause}: {fit.events} events; {rows_text(found.sample)}"]
    lines += table([("term", "SHR", f"{100 * fit.level:g} % CI", "P"), *map(_term_row, fit.terms)])
    lines += [f"  {said}" for said in found.references]
    lines += [f"caution: {said}" for said in found.cautions]
    lines.append(
        "Above 1 the event comes to more patients, by its own hazard or because less competes; beside it belongs"
    )
    lines.append("the cause-specific ratio (survival cox, other causes censored).")
    return "\n".join([*lines, DISCLAIMER]) + "\n"


def _reading_row(reading: Reading) -> tuple[str, ...]:
    ends = "-" if reading.low is None or reading.high is None else f"{reading.low:.3f} to {reading.high:.3f}"
    return number(reading.time, 6), "-" if reading.incidence is None else f"{reading.incidence:.3f}", ends
