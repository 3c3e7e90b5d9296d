"""The differences that readers found between the review and its sources, and which of them the audit shows too."""

from collections.abc import Sequence
from dataclasses import dataclass

from oligoscope.appraisal.checks import CHECKS, Alarm
from oligoscope.evidence.review import Discrepancy


@dataclass(frozen=True)
class Known:
    """One difference found by reading. shown: whether the check that it names raises an alarm on it."""

    discrepancy: Discrepancy
    shown: bool

    @property
    def computed(self) -> bool:
        """Whether a machine shows it; a flag that a reader set does not count."""
        return self.shown and CHECKS[self.discrepancy.check].computed


def against_lists(discrepancies: Sequence[Discrepancy], alarms: Sequence[Alarm]) -> list[Known]:
    """The differences of meaning, number or wording, each with whether the check that it names shows it."""
    return [
        Known(entry, any(_shows(alarm, entry) for alarm in alarms)) for entry in discrepancies if entry.weight != "D"
    ]


def _shows(alarm: Alarm, entry: Discrepancy) -> bool:
    """Whether an alarm of its check is on one of its statements; on one of its studies, where it names no statement."""
    if alarm.check != entry.check:
        return False
    if entry.statements and alarm.statements:
        return bool(set(entry.statements) & set(alarm.statements))
    return bool(set(entry.studies) & set(alarm.study.split(", ")))
