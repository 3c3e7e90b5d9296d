"""What must be told beside the decisions."""

from collections.abc import Iterator
from typing import NamedTuple

from oligoscope.assess.patient import Assessment
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
    return (option for option, settled in _settled(assessment) if settled.possible == (model.APPLIES,))


def flags_beyond(assessment: Assessment) -> Iterator[Told]:
    """What would have to be told, certainly or perhaps, if what is assumed of the chart were not so."""
    return (each for each in _settled(assessment) if model.APPLIES in each[1].beyond)


def flags_settled(assessment: Assessment) -> dict[str, Settled]:
    """What the tables say of every flag, by its id."""
    return {option.id: settled for option, settled in _settled(assessment)}


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


def _settled(assessment: Assessment) -> Iterator[Told]:
    for table in assessment.knowledge.tables:
        if isinstance(table, model.Options) and table.role == "flags":
            for option in table.options:
                yield option, assessment.settled[table.name][option.id]
