"""What must be told beside the decisions."""

from collections.abc import Iterable

from oligoscope.assess.patient import Assessment
from oligoscope.tables import model


def flags_of(assessment: Assessment) -> Iterable[model.Option]:
    """What certainly must be told beside the decisions."""
    for table in assessment.knowledge.tables:
        if isinstance(table, model.Options) and table.role == "flags":
            for option in table.options:
                if assessment.settled[table.name][option.id].possible == (model.APPLIES,):
                    yield option
