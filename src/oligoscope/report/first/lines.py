"""What every line of the page is made from, and words that all of them need."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from oligoscope.assess.patient import Assessment
from oligoscope.chart.imported import Imported
from oligoscope.report.language import Language
from oligoscope.report.sources import References
from oligoscope.trials.match import TrialMatch
from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.words import Case

MOST_NAMED = 2
"""Fields and drugs that are named in a line; more are counted."""


@dataclass(frozen=True)
class Lines:
    """What every line of the page is made from. today: the day of the page."""

    assessment: Assessment
    matches: Sequence[TrialMatch]
    language: Language
    today: datetime.date
    references: References
    imported: Imported | None = None


def capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """With a small first letter, unless the word is written in capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


@cache
def definitions() -> dict[str, str]:
    """Of every field of the chart, and every list."""
    found = {spec.name: spec.definition for spec in scalar_fields()}
    for each in lists():
        item = each.item.replace("_", " ")
        found |= {f"{each.name}.{spec.name}": f"{spec.definition} ({item})" for spec in each.fields}
        found[each.name] = Case.model_fields[each.name].description or each.name
    return found
