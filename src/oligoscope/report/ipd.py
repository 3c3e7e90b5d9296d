"""Rebuilt patients as text, as data and as files."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from oligoscope.report.survival_text import p_text, ratio, reached, table
from oligoscope.report.wording import DISCLAIMER
from oligoscope.synthesis.reconstruction import Comparison, Quality, Ratio, Violation
from oligoscope.synthesis.reconstruction.compare import GOOD, POOR, SIDEWAYS

METHODS = {
    "constrained": "hidden Markov model over readings and numbers at risk (ensemble)",
    "guyot": "Guyot 2012, from one number at risk to the next (one set)",
    "iterative": "Guyot's steps over cleaned readings, as described for IPDfromKM 2021 (one set)",
}


@dataclass(frozen=True)
class Patients:
    """What was rebuilt, with the number of sets, the seed and the method by which it can be rebuilt again."""

    compared: Comparison
    sets: int
    seed: int
    method: str = "constrained"

    @property
    def made_by(self) -> str:
        """The method in words, and what it needs to give the same patients again."""
        again = f", {self.sets} sets, seed {self.seed}" if self.method == "constrained" else ""
        return METHODS[self.method] + again


def ipd_json(found: Patients) -> dict[str, object]:
    """Each arm with its quality, hazard ratios with their intervals, what is not met, and the verdict."""
    compared = found.compared
    ratios = [_ratio_json(each) for each in compared.ratios]
    of_sets = "mean of the sets, interval by Rubin's rules" if found.sets > 1 else "one set, interval of chance only"
    nothing = {"value": None, "low": None, "high": None, "reason": "there is one arm"}
    return {
        "variant": {
            "name": found.method,
            "method": METHODS[found.method],
            "sets": found.sets,
            "seed": found.seed,
            "censoring": "evenly spread between numbers at risk, or by the marks of the figure",
            "hr": f"Cox, Efron, unadjusted; {of_sets}",
            "distance": f"vertical, after {SIDEWAYS:g} of the axis sideways",
            "good": f"RMSE up to {GOOD[0]:g}, distance up to {GOOD[1]:g}, nothing violated, drops of few events",
            "poor": f"RMSE above {POOR[0]:g} or distance above {POOR[1]:g}",
        },
        "status": "computed",
        "verdict": compared.verdict,
        "arms": [_arm_json(arm) for arm in compared.arms],
        "hr": ratios[0] if ratios else nothing,
        "ratios": ratios,
        "p": compared.p,
        "violations": [_violation_json(each) for each in compared.violations],
    }


def _arm_json(arm: Quality) -> dict[str, object]:
    median = arm.curve.quantile().value
    return {
        "arm": arm.rebuilt.drawn.name,
        "n": arm.curve.n,
        "events": int(arm.curve.events.sum()),
        "events_low": arm.events_range[0],
        "events_high": arm.events_range[1],
        "median": median,
        "median_low": arm.median_range[0],
        "median_high": arm.median_range[1],
        "median_reason": None if median is not None else "survival does not come down to one half",
        "rmse": arm.rmse,
        "max_distance": arm.max_distance,
        "verdict": arm.verdict,
        "notes": list(arm.notes),
        "violations": [_violation_json(each) for each in arm.violations],
    }


def _violation_json(found: Violation) -> dict[str, object]:
    return {"constraint": found.constraint, "given": found.given, "found": found.found, "says": found.says}


def _ratio_json(found: Ratio) -> dict[str, object]:
    return {
        "arm": found.arm,
        "against": found.against,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "sets_low": found.least,
        "sets_high": found.most,
        "reason": found.reason or None,
    }


def ipd_text(found: Patients) -> str:
    """The arms, the ratios, what is not met, the verdict."""
    compared = found.compared
    rows = [("arm", "n", "events", "median", "RMSE", "distance", "verdict"), *map(_row, compared.arms)]
    is_one = found.method != "constrained"
    how = METHODS[found.method] if is_one else f"{found.sets} sets (seed {found.seed})"
    lines = [f"Patients rebuilt from a curve: {how}", *table(rows)]
    lines += [_ratio_line(each, is_one=is_one) for each in compared.ratios]
    if compared.ratios:
        lines.append(f"  log-rank test: {p_text(compared.p)}")
    lines += [f"  {arm.rebuilt.drawn.name}: {note}" for arm in compared.arms for note in arm.notes]
    unmet = [(arm.rebuilt.drawn.name, each) for arm in compared.arms for each in arm.violations]
    unmet += [("all arms", each) for each in compared.violations]
    lines += ["", "NOT MET" if unmet else "Everything given is met."]
    lines += [f"  {name}, {each.constraint}: {each.says}" for name, each in unmet]
    lines += [
        "",
        f"Verdict: {compared.verdict}. RMSE and distance are those of the readings from the curve of the patients;",
        f"{SIDEWAYS:.1%} of the axis is allowed sideways. The patients are computed, not observed: when each was",
        "censored is known between two numbers at risk only, and who had which traits not at all.",
    ]
    return "\n".join([*lines, DISCLAIMER]) + "\n"


def _row(arm: Quality) -> tuple[str, ...]:
    low, high = arm.events_range
    events = str(int(arm.curve.events.sum())) + (f" ({low} to {high})" if low < high else "")
    median = reached(arm.curve.quantile().value)
    return (
        arm.rebuilt.drawn.name,
        str(arm.curve.n),
        events,
        median,
        f"{arm.rmse:.4f}",
        f"{arm.max_distance:.4f}",
        arm.verdict,
    )


def _ratio_line(found: Ratio, *, is_one: bool) -> str:
    head = f"  {found.arm} against {found.against}: "
    if found.value is None:
        return f"{head}no hazard ratio: {found.reason}"
    sets = "of chance only" if is_one else f"the sets lie between {ratio(found.least)} and {ratio(found.most)}"
    return f"{head}hazard ratio {ratio(found.value)} (95 % CI {ratio(found.low)} to {ratio(found.high)}); {sets}"


def ipd_files(found: Patients) -> dict[str, str]:
    """`ipd.csv` with the patients, `quality.json`, and `overlay.svg`: readings and rebuilt curves, to check by eye."""
    content = {"schema": 1, **ipd_json(found)}
    return {
        "ipd.csv": "".join(_patients(found.compared)),
        "quality.json": json.dumps(content, indent=1, ensure_ascii=False) + "\n",
        "overlay.svg": _overlay(found.compared),
    }


def _patients(compared: Comparison) -> Iterator[str]:
    """One row per patient; entry where somebody came in late."""
    is_late = any((arm.member.entry > 0).any() for arm in compared.arms)
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["arm", "time", "event", *(["entry"] if is_late else [])])
    for arm in compared.arms:
        name = arm.rebuilt.drawn.name
        name = f"'{name}" if name[:1] in "=+-@" else name  # A spreadsheet would run it as a formula.
        for time, event, entry in zip(arm.member.time, arm.member.event, arm.member.entry, strict=True):
            late = [f"{max(entry, 0):.6g}"] if is_late else []
            writer.writerow([name, f"{time:.6g}", int(event), *late])
    yield page.getvalue()


def _overlay(compared: Comparison) -> str:
    """The figure redrawn: readings as dots, rebuilt curves as steps, given numbers at risk below and rebuilt ones."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context({"svg.hashsalt": "oligoscope", "svg.fonttype": "none"}):
        figure, axes = pyplot.subplots(figsize=(9, 5.5), layout="constrained")
        for i, arm in enumerate(compared.arms):
            drawn, curve, colour = arm.rebuilt.drawn, arm.curve, f"C{i}"
            time, height = np.concatenate([[0.0], curve.times]), np.concatenate([[1.0], curve.survival])
            label = f"{drawn.name}: {curve.n} patients, {int(curve.events.sum())} events, {arm.verdict}"
            axes.step(time, height, where="post", color=colour, linewidth=1, label=label)
            axes.plot(drawn.time, drawn.survival, ".", color=colour, markersize=3, alpha=0.5)
            for when, count in zip(drawn.risk_time, drawn.at_risk, strict=True):
                axes.annotate(
                    f"{count:g}",
                    (when, 0),
                    (0, -28 - 11 * i),
                    "data",
                    "offset points",
                    ha="center",
                    color=colour,
                    fontsize=8,
                )
        axes.set_ylim(0, 1.02)
        axes.set_xlim(left=0)
        axes.set_ylabel("survival")
        axes.legend(frameon=False, title="dots: read from the figure; steps: rebuilt; below: given numbers at risk")
        page = io.StringIO()
        figure.savefig(page, format="svg", metadata={"Date": None})
        pyplot.close(figure)
    return page.getvalue()
