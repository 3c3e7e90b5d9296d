"""What must be told beside the decisions."""

from collections.abc import Iterator
from typing import NamedTuple

from oligoscope.assess.patient import Assessment
from oligoscope.assess.pauses import pauses_of_case
from oligoscope.assess.told_pauses import flags_of_pauses, is_told, wanting
from oligoscope.tables import model
from oligoscope.tables.reference import Settled

Told = tuple[model.Option, Settled]


class OpenFlag(NamedTuple):
    """What may have to be told: it applies for some value of these chart fields, and nothing else is open.

    text: under which condition, what is not recorded, and then the flag's own words, so that it never reads as certain.
    """

    option: model.Option
    depends_on: tuple[str, ...]
    text: str


def flags_of(assessment: Assessment) -> Iterator[model.Option]:
    """What certainly must be told beside the decisions."""
    yield from (option for option, settled in _settled(assessment) if settled.possible == (model.APPLIES,))
    yield from (option for option, certain in _of_pauses(assessment) if certain)


def flags_beyond(assessment: Assessment) -> Iterator[Told]:
    """What would have to be told, certainly or perhaps, if what is assumed of the chart were not so."""
    return (each for each in _settled(assessment) if model.APPLIES in each[1].beyond)


def flags_settled(assessment: Assessment) -> dict[str, Settled]:
    """What the tables say of every flag, by its id."""
    certain, may = Settled(model.APPLIES, (model.APPLIES,)), Settled(None, (model.APPLIES, model.APPLIES_NOT))
    pauses = {option.id: certain if sure else may for option, sure in _of_pauses(assessment)}
    return {option.id: settled for option, settled in _settled(assessment)} | pauses


def severity(part: model.Option) -> str:
    """How much a flag matters."""
    return str(part.payload.get("severity", "information"))


def open_flags_of(assessment: Assessment) -> Iterator[OpenFlag]:
    """What may have to be told, of the flags whose silence would mislead (`may` of the option)."""
    for option, settled in _settled(assessment):
        may = option.may
        if may and len(settled.possible) > 1 and settled.needs and set(settled.needs) <= set(may.open):
            lacking = " and ".join(may.open[name] for name in settled.needs)
            condition = f"{may.text[0].upper()}{may.text[1:]}: {lacking} not recorded."
            yield OpenFlag(option, settled.needs, f"{condition} {option.text}")
    told = pauses_of_case(assessment.case, assessment.knowledge.pauses)
    for (option, certain), each in zip(_of_pauses(assessment), filter(is_told, told), strict=True):
        if not certain:
            yield OpenFlag(option, wanting(each), option.text)


def _of_pauses(assessment: Assessment) -> list[tuple[model.Option, bool]]:
    """What must, or may have to, be told of pauses that are too short."""
    pauses = assessment.knowledge.pauses
    return list(flags_of_pauses(pauses_of_case(assessment.case, pauses), pauses))


def _settled(assessment: Assessment) -> Iterator[Told]:
    for table in assessment.knowledge.tables:
        if isinstance(table, model.Options) and table.role == "flags":
            for option in table.options:
                yield option, assessment.settled[table.name][option.id]
