"""A registry's record becomes the draft of a trial card: plain criteria as tests by their sentences, others quoted.

A draft is unverified: it loads like any card, is listed, and no patient is held against it until a person has read the
record and confirmed it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from oligoscope.literature.clients.registry import at
from oligoscope.literature.criteria import EXCLUSION, Criterion, Readings, read_bounds, read_criteria
from oligoscope.literature.runs import Version

_PHASES = {"EARLY_PHASE1": "early I", "PHASE1": "I", "PHASE2": "II", "PHASE3": "III", "PHASE4": "IV"}
_HOW = """\
# A draft, made by a program from the record of {number} as of {dated}. Nobody has confirmed it: it is listed, and no
# patient is held against it. To confirm it, read the record ({address}):
# - each criterion: does `when` say what its sentence says? Then status: seen. Otherwise correct it or move it to check.
# - each sentence under check: a criterion that the chart answers, one to ask (ask), or of no use here.
# - what counts as a lesion goes to counting_rule; then take out card_status: unverified.
"""
_ADDRESS = "https://clinicaltrials.gov/study/"


def card_of(version: Version, known: Readings) -> dict[str, Any]:
    """The card, by the keys of a trial of a pack. Status and version date are those of the record."""
    study = version.content
    criteria, check = _parted(_criteria(study, known))
    status = _text(study, "statusModule", "overallStatus")
    count = at(study, "designModule", "enrollmentInfo", "count")
    card = {
        "trial": version.number.lower(),
        "title": _text(study, "identificationModule", "briefTitle"),
        "nct": version.number,
        "card_status": "unverified",
        "phase": "/".join(_PHASES.get(str(each), str(each)) for each in _list(study, "designModule", "phases")),
        "enrolment": count if isinstance(count, int) else None,
        "status": known.status.get(status, status.lower().replace("_", " ")),
        "status_date": version.dated,
        "arms": "; ".join(_labels(study, "armsInterventionsModule", "armGroups", "label")),
        "primary_endpoint": "; ".join(_labels(study, "outcomesModule", "primaryOutcomes", "measure")),
        "protocol_versions": [{"date": version.dated, "change": "the registry's record of which this draft was made"}],
        "criteria": criteria,
        "check": check,
    }
    return {name: value for name, value in card.items() if value not in ("", None, [])}


def card_text(card: Mapping[str, object]) -> str:
    """The file of a card, with how to confirm it."""
    dated = card.get("status_date") or "an unknown day"
    how = _HOW.format(number=card["nct"], dated=dated, address=f"{_ADDRESS}{card['nct']}")
    # Days stay text: without quotes YAML would read them as dates.
    return how + yaml.safe_dump(dict(card), sort_keys=False, allow_unicode=True, width=118)


def _criteria(study: Mapping[str, object], known: Readings) -> list[Criterion]:
    module = "eligibilityModule"
    minimum, maximum, sex = (_text(study, module, name) for name in ("minimumAge", "maximumAge", "sex"))
    return [
        *read_bounds(minimum, maximum, sex, known),
        *read_criteria(_text(study, module, "eligibilityCriteria"), known),
    ]


def _parted(criteria: list[Criterion]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Sentences that read as tests, and those to be read."""
    read: dict[tuple[str, str], dict[str, str]] = {}
    check = []
    for each in criteria:
        if each.field:
            read.setdefault((each.part, each.sentence), {})[each.field] = each.test
        else:
            check.append({"text": f"read this ({each.part or 'no heading'}): {each.sentence}", "status": "unverified"})
    tests = [
        {
            "id": f"c{place}",
            "when": {name: _test(test) for name, test in when.items()},
            "text": f"{'excluded: ' if part == EXCLUSION else ''}“{sentence}”",
            "status": "unverified",
        }
        for place, ((part, sentence), when) in enumerate(read.items(), 1)
    ]
    return tests, check


def _test(test: str) -> str | int:
    return int(test) if test.isdecimal() else test


def _text(study: Mapping[str, object], *path: str) -> str:
    return str(at(study, *path) or "")


def _list(study: Mapping[str, object], *path: str) -> list[object]:
    found = at(study, *path)
    return found if isinstance(found, list) else []


def _labels(study: Mapping[str, object], module: str, name: str, key: str) -> Iterator[str]:
    return (str(at(each, key)) for each in _list(study, module, name) if at(each, key))
