"""The survival of a registry as data: report.json. What is refused has its reason and no number."""

import math

import numpy as np

from oligoscope.cohort.analysis import missing
from oligoscope.cohort.analysis.curves import Divided, Gap, Line
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.imputed import Imputed
from oligoscope.cohort.analysis.models import LifeLost, Ratio, Single, Together
from oligoscope.cohort.analysis.patients import Asked, Floats, n_errors
from oligoscope.cohort.analysis.plan import Plan
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.cohort.analysis.report import Report, Survival
from oligoscope.cohort.analysis.subgroups import Subgroups
from oligoscope.cohort.analysis.table_one import Cell, TableOne
from oligoscope.cohort.analysis.treatment import Compared, Treated
from oligoscope.cohort.analysis.weighting import Weighted
from oligoscope.synthesis.survival import Gray, LogRank, Quantile, Term

Plain = dict[str, object]
VARIANT: Plain = {
    "time": f"whole days; months are days / {DAYS_PER_MONTH}",
    "curve": "Kaplan-Meier, log-log interval, errors by Greenwood",
    "median": "first time with survival at or below 0.5",
    "follow_up": "reverse Kaplan-Meier",
    "incidence": "Aalen-Johansen, log-log interval",
    "difference": "of milestones, by the hybrid of both intervals (Newcombe)",
    "test": "log-rank",
    "model": "Cox, Efron ties, Wald interval on the log hazard ratio",
    "imputation": "chained equations, 5 rounds, event and cumulative hazard among the predictors; levels by linear "
    "discriminants, numbers by predictive mean matching, each on a bootstrap sample; pooled by Rubin's rules",
    "proportional_hazards": "score test on Schoenfeld residuals, time by the Kaplan-Meier transform",
    "restricted_mean": "area under the Kaplan-Meier curve, error by Greenwood",
    "cloned": "therapy within 6 months or none by then; weights by the chance to have kept to the plan, cut at 20",
    "weighted": "stabilised inverse probability of therapy by the landmark, cut at the 1st and 99th percentile",
    "weighted_errors": "robust, by patient; the weights are taken as known",
    "probability_of_therapy": "logistic regression, ridge of 0.01 on standardised terms",
    "e_value": "VanderWeele and Ding, of the risk ratio that the hazard ratio of a common event stands for",
    "subgroups": "therapy as a state; likelihood ratio test of the interaction; above 100,000 patients a sample",
    "table_difference": "standardised: pooled standard deviation, or Yang and Dalton of levels",
    "level": 0.95,
}


def asked_json(asked: Asked, chosen: bool) -> Plain:
    """What was asked for. chosen: by the program, where nobody named a day."""
    return {
        "endpoint": asked.endpoint.code,
        "from": asked.origin,
        "from_chosen_by": "the program" if chosen else "you",
        "divided_by": [factor.name for factor in asked.divided_by],
        "factors": [factor.name for factor in asked.factors],
        "table_by": asked.table_by.name,
        "data_cut": asked.cut.isoformat() if asked.cut else None,
        "full": asked.whole,
    }


def report_json(report: Report, chosen: bool) -> Plain:
    """Everything that the page says, as data."""
    patients = report.patients
    gaps = report.missing
    return {
        **asked_json(patients.asked, chosen),
        "variant": VARIANT,
        "flow": {
            "read": patients.n_read,
            "left_out": [{"reason": lost.reason, "n": lost.n} for lost in patients.lost],
            "analysed": patients.n,
            "events": patients.events,
            "competing": patients.competing,
            "entries_rejected": n_errors(patients.rejects),
        },
        "plan": _plan(patients.asked.plan, list(report.departures)) if patients.asked.plan else None,
        "cautions": list(report.cautions),
        "table": _refused(report.table) if isinstance(report.table, Refused) else _table(report.table),
        "missing": _refused(gaps)
        if isinstance(gaps, Refused)
        else {
            "complete": gaps.complete,
            "factors": [_lacking(gap) for gap in gaps.gaps],
        },
        "settles": [
            {"factor": name, "fields": [{"field": field, "patients": n} for field, n in fields]}
            for name, fields in patients.settles.items()
        ],
        "survival": _refused(report.survival) if isinstance(report.survival, Refused) else _survival(report.survival),
    }


def _plan(plan: Plan, departures: list[str]) -> Plain:
    return {
        "title": plan.title,
        "written": plan.written.isoformat(),
        "question": plan.question or None,
        "departures": departures,
    }


def _lacking(gap: missing.Gap) -> Plain:
    return {
        "factor": gap.factor.name,
        "n": gap.n,
        "share": gap.every,
        "with_event": gap.with_event,
        "without_event": gap.without_event,
    }


def _refused(refused: Refused) -> Plain:
    return {"refused": refused.reason}


def _survival(found: Survival) -> Plain:
    together, treated = found.together, found.treated
    return {
        "overall": _refused(found.whole) if isinstance(found.whole, Refused) else _line(found.whole),
        "groups": [
            {"factor": factor.name, **(_refused(each) if isinstance(each, Refused) else _divided(each))}
            for factor, each in found.curves
        ],
        "univariable": [_single(single) for single in found.single],
        "multivariable": _refused(together) if isinstance(together, Refused) else _together(together),
        "imputed": _refused(found.imputed) if isinstance(found.imputed, Refused) else _imputed(found.imputed),
        "local_therapy": _refused(treated) if isinstance(treated, Refused) else _treated(treated),
        "weighted": _refused(found.weighted) if isinstance(found.weighted, Refused) else _weighted(found.weighted),
        "subgroups": [
            {"factor": factor.name, **(_refused(each) if isinstance(each, Refused) else _subgroups(each))}
            for factor, each in found.subgroups
        ],
    }


def _divided(found: Divided) -> Plain:
    test = found.test
    return {
        "groups": [_line(line) for line in found.lines],
        "too_few": [{"group": label, "n": n} for label, n in found.left_out],
        "not_settled": found.n_unsettled,
        "test": _refused(test) if isinstance(test, Refused) else _test(test),
        "differences": [_gap(gap) for gap in found.gaps],
    }


def _test(test: LogRank | Gray) -> Plain:
    return {"test": "Gray" if isinstance(test, Gray) else "log-rank", "chisq": test.chisq, "df": test.df, "p": test.p}


def _gap(gap: Gap) -> Plain:
    return {
        "group": gap.label,
        "against": gap.against,
        "months": gap.months,
        "value": gap.value,
        "low": gap.low,
        "high": gap.high,
    }


def _line(line: Line) -> Plain:
    return {
        "group": line.label,
        "settled": line.is_settled,
        "n": line.n,
        "events": line.events,
        "competing": line.competing,
        "median": None if line.median is None else _quantile(line.median),
        "follow_up": _quantile(line.follow_up),
        "shares": [{"months": s.months, "value": s.value, "low": s.low, "high": s.high} for s in line.shares],
        "at_risk": list(line.at_risk),
        "months": _numbers(line.months),
        "share": _numbers(line.share),
        "low": _numbers(line.low),
        "high": _numbers(line.high),
    }


def _quantile(found: Quantile) -> Plain:
    return {"value": found.value, "low": found.low, "high": found.high}


def _numbers(values: Floats) -> list[float | None]:
    """With 6 decimals, as figures need them; null for NaN."""
    return [None if np.isnan(value) else round(float(value), 6) for value in values]


def _single(single: Single) -> Plain:
    return {
        "factor": single.factor.name,
        "n": single.n,
        "events": single.events,
        "reference": single.reference or None,
        "events_per_variable": single.per_variable if single.ratios else None,
        "proportional_hazards_p": single.proportional,
        "refused": single.refused or None,
        "ratios": [_ratio(ratio) for ratio in single.ratios],
        "restricted_means": [_life(each) for each in single.instead],
    }


def _ratio(ratio: Ratio) -> Plain:
    hr, low, high = (None if x is None or x > 700 else math.exp(x) for x in (ratio.coef, ratio.low, ratio.high))
    return {
        "term": ratio.name,
        "n": ratio.n,
        "events": ratio.events,
        "hr": hr,
        "low": low,
        "high": high,
        "p": ratio.p,
        "reason": ratio.reason or None,
    }


def _life(each: LifeLost) -> Plain:
    gap = each.months
    return {
        "group": each.name,
        "against": each.against,
        "tau": each.until,
        "months": gap.value,
        "se": gap.se,
        "low": gap.low,
        "high": gap.high,
        "p": gap.p,
    }


def _together(found: Together) -> Plain:
    return {
        "n": found.n,
        "events": found.events,
        "left_out": found.n_left_out,
        "events_per_variable": found.events / max(found.terms, 1),
        "strata": [factor.name for factor in found.strata],
        "concordance": {"value": found.concordance, "se": found.concordance_se},
        "proportional_hazards_p": found.proportional,
        "factors": [_single(single) for single in found.singles],
        "fine_gray": _subdistribution(found.incidence),
    }


def _subdistribution(found: tuple[Term, ...] | Refused | None) -> Plain | None:
    if found is None:
        return None
    if isinstance(found, Refused):
        return _refused(found)
    terms = []
    for term in found:
        shr, low, high = (None if x is None or x > 700 else math.exp(x) for x in (term.coef, term.low, term.high))
        terms.append({"term": term.name, "shr": shr, "low": low, "high": high, "p": term.p})
    return {"terms": terms}


ALONE = "nothing without immortal time stands beside it"


def _treated(found: Treated) -> Plain:
    shown = any(isinstance(way, Compared) for _, way in found.ways)
    return {
        "treated": found.n_treated,
        "untreated": found.n_untreated,
        "day_not_known": found.n_unclear,
        "before_time_zero": found.n_earlier,
        "immortal_person_months": found.immortal_months,
        "without_entry": "counts as not treated",
        "adjusted_for": list(found.adjusted_for),
        "ways": [{"way": name, **_way(way)} for name, way in found.ways],
        # The naive comparison never stands alone.
        "naive": {"struck_through": True, **_way(found.naive)} if shown else {"refused": ALONE},
        "landmark_curves": _refused(found.curves)
        if isinstance(found.curves, Refused)
        else {
            "landmark_months": found.curves.landmark,
            "groups": [_line(line) for line in found.curves.lines],
            "test": _test(found.curves.test) if found.curves.test else None,
        },
    }


def _imputed(found: Imputed) -> Plain:
    return {
        "imputations": found.imputations,
        "n": found.n,
        "events": found.events,
        "sample": found.is_sample,
        "strata": [factor.name for factor in found.strata],
        "factors": [
            {
                "factor": each.factor.name,
                "reference": each.reference or None,
                "share_drawn": each.share,
                "information_missing": each.lost,
                "ratios": [_ratio(ratio) for ratio in each.ratios],
            }
            for each in found.drawn
        ],
    }


def _weighted(found: Weighted) -> Plain:
    return {
        "landmark_months": found.landmark,
        **_way(found.compared),
        "e_value": found.e_value,
        "e_value_of_the_end": found.e_value_of_the_end,
        "largest_weight": found.largest_weight,
        "effective_n": found.effective,
        "balance": [{"factor": b.label, "before": b.before, "after": b.after} for b in found.balance],
    }


def _subgroups(found: Subgroups) -> Plain:
    groups = [
        {
            "group": each.group,
            "n": each.n,
            "events": each.events,
            "hr": math.exp(each.coef),
            "low": math.exp(each.low),
            "high": math.exp(each.high),
        }
        for each in found.groups
    ]
    return {"interaction_p": found.p, "groups": groups}


def _way(way: Compared | Refused) -> Plain:
    if isinstance(way, Refused):
        return _refused(way)
    return {
        "treated": way.treated,
        "untreated": way.untreated,
        "events": way.events,
        "left_out": way.left_out,
        "hr": math.exp(way.coef),
        "low": math.exp(way.low),
        "high": math.exp(way.high),
        "p": way.p,
        "proportional_hazards_p": way.proportional,
    }


def _table(found: TableOne) -> Plain:
    return {
        "by": found.by.name,
        "groups": [{"group": label, "n": n} for label, n in found.groups],
        "rows": [
            {
                "factor": row.label,
                "level": row.level,
                "difference": row.difference,
                "cells": [_cell(cell) for cell in row.cells],
            }
            for row in found.rows
        ],
    }


def _cell(cell: Cell) -> Plain:
    values = (None if value is None or math.isnan(value) else value for value in (cell.first, cell.second))
    return dict(zip(("n", "value", "sd"), (cell.n, *values), strict=True))
