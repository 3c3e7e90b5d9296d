"""Flags: what certainly must be told, and what may have to be, with what it depends on."""

from pathlib import Path
from typing import Any

import pytest
import yaml

import oligoscope as osc

EXAMPLE = yaml.safe_load((Path(__file__).parents[2] / "examples/complete.yaml").read_text())
CONTRARY, SUPPORT = "EV-1-contrary", "EV-1-egfr"


def flags(**patient: Any) -> dict[str, Any]:
    """Those about the evidence of the immunotherapy era, for a chart with this patient. None: not recorded."""
    merged = {k: v for k, v in {**EXAMPLE["patient"], **patient}.items() if v is not None}
    answer = osc.assess({**EXAMPLE, "patient": merged})
    assert answer.decisions["lat-candidacy"].possible == ("CONDITIONAL",)
    return {flag.id: flag for flag in answer.flags}


@pytest.mark.parametrize(
    ("egfr", "alk", "contrary", "support"),
    [
        ("negative", "negative", "yes", None),
        ("positive", "negative", None, "yes"),
        ("positive", None, None, "yes"),
        ("negative", "positive", None, None),
        (None, "positive", None, "may"),
        (None, "negative", "may", "may"),
        ("unknown", "negative", "may", "may"),
        ("negative", None, "may", None),
        (None, None, "may", "may"),
    ],
)
def test_evidence_by_driver(egfr: str | None, alk: str | None, contrary: str | None, support: str | None) -> None:
    """R-14: it applies where both are negative, may where one is not recorded, and is not shown where one is positive."""
    found = flags(egfr=egfr, alk=alk)
    assert (found[CONTRARY].applies if CONTRARY in found else None) == contrary
    assert (found[SUPPORT].applies if SUPPORT in found else None) == support


def test_what_may_apply_says_under_which_condition_and_what_is_not_recorded() -> None:
    found = flags(egfr=None, alk=None)[CONTRARY]
    assert found.text.startswith("Applies if there is no driver: EGFR and ALK not recorded. Contrary evidence for")
    assert found.depends_on == ("egfr", "alk")
    found = flags(alk=None, egfr="negative")[CONTRARY]
    assert found.text.startswith("Applies if there is no driver: ALK not recorded. ")
    assert found.depends_on == ("alk",)


def test_what_applies_says_no_condition() -> None:
    found = flags(egfr="negative", alk="negative")[CONTRARY]
    assert found.text.startswith("Contrary evidence for driver-negative disease")
    assert found.depends_on == ()


def test_what_rests_on_more_than_the_named_fields_is_not_told() -> None:
    """While the decision itself is open, its evidence is not shown under a condition that names the driver only."""
    merged = {k: v for k, v in EXAMPLE["patient"].items() if k not in ("egfr", "alk", "ecog")}
    answer = osc.assess({**EXAMPLE, "patient": merged})
    assert len(answer.decisions["lat-candidacy"].possible) > 1
    assert not {CONTRARY, SUPPORT} & {flag.id for flag in answer.flags}
