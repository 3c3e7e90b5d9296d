"""A rebuilt comparison as a study file of the evidence: its results have the status computed and carry their quality.

No pool takes them for verified: they stand out like other numbers that nobody read in print, and say why.
"""

import re

import yaml

from oligoscope.errors import NotAllowed
from oligoscope.evidence.model import Study
from oligoscope.report.ipd import Patients

REPORT = "figure"
_HEAD = """# Rebuilt from a published figure; no number here was read in print. Fill in the publication and the roles of
# the arms (experimental, control) and the unit of the medians; leave status: computed as it is.
"""


def ipd_draft(found: Patients, study: str, endpoint: str) -> str:
    """The file. study: its id.  endpoint: as the evidence calls it.  Raises NotAllowed for a poor reconstruction, for
    one arm alone, and for an id that is none.
    """
    compared = found.compared
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", study):
        raise NotAllowed(
            "evidence-draft", study, "a file named by small letters, digits and hyphens", "it names the study"
        )
    if compared.verdict == "poor":
        problem = "the reconstruction is poor: it would enter the evidence as if it could be relied on"
        raise NotAllowed("evidence-draft", study, "a verdict of good or usable", problem, "read the figure again")
    if not compared.ratios or all(each.value is None for each in compared.ratios):
        raise NotAllowed("evidence-draft", study, "two arms with a hazard ratio", "there is nothing to compare")
    arms = [
        {"id": arm.rebuilt.drawn.name, "n": arm.curve.n, "description": "as the figure names it"}
        for arm in compared.arms
    ]
    document = {
        "study": study,
        "title": f"{study}: rebuilt from a published figure",
        "design": "patients rebuilt from a published Kaplan-Meier figure",
        "relevance": "unknown",
        "reports": [{"id": REPORT, "citation": "the publication of the figure: fill in", "status": "computed"}],
        "arms": arms,
        "results": [*_ratios(found, endpoint), *_medians(found, endpoint)],
    }
    Study.model_validate(document)
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)


def _ratios(found: Patients, endpoint: str) -> list[dict[str, object]]:
    return [
        {
            **_result(endpoint, f"hr-{i}"),
            "measure": "hazard_ratio",
            "comparison": f"{each.arm} vs {each.against}",
            "value": round(each.value, 6),
            "interval": {"low": round(each.low, 6), "high": round(each.high, 6), "level": 0.95},
            "unit": "ratio",
            "note": f"{each.arm} over {each.against}, unadjusted. {_quality(found)}",
        }
        for i, each in enumerate(found.compared.ratios, 1)
        if each.value is not None and each.low is not None and each.high is not None
    ]


def _medians(found: Patients, endpoint: str) -> list[dict[str, object]]:
    rows = []
    for i, arm in enumerate(found.compared.arms, 1):
        median = arm.curve.quantile().value
        rows.append(
            {
                **_result(endpoint, f"median-{i}"),
                "measure": "median",
                "arm": arm.rebuilt.drawn.name,
                "value": None if median is None else round(median, 6),
                "n": arm.curve.n,
                "events": int(arm.curve.events.sum()) or None,
                "note": f"in the unit of the figure. Reconstruction {arm.verdict}, RMSE {arm.rmse:.4f}, greatest "
                f"distance {arm.max_distance:.4f}",
            }
        )
    return rows


def _result(endpoint: str, name: str) -> dict[str, object]:
    slug = re.sub(r"[^a-z0-9]+", "-", endpoint.lower()).strip("-")
    return {"id": f"{slug}-{name}", "report": REPORT, "endpoint": endpoint, "population": "all", "status": "computed"}


def _quality(found: Patients) -> str:
    compared = found.compared
    unmet = [each.says for arm in compared.arms for each in arm.violations] + [v.says for v in compared.violations]
    met = f"not met: {'; '.join(unmet)}" if unmet else "everything given is met"
    return f"{found.made_by}; verdict {compared.verdict}; {met}"
