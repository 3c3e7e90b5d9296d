"""The published doses for one lesion without a case: the same tables, asked of a case of one lesion."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oligoscope.api.patient import Answer, assess
from oligoscope.api.result import Result
from oligoscope.api.shared import Packs, known
from oligoscope.chart.opened import open_document
from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain
from oligoscope.knowledge.schedules import MODALITIES, REGIMENS
from oligoscope.vocabulary.fields import list_fields

if TYPE_CHECKING:
    from oligoscope.report.cards import Card

LESION = "lesion"
"""What the one lesion is called."""
BRAIN = "brain"


@dataclass(frozen=True)
class Regimens:
    """What is published for one lesion. card: as a report shows it; None where nothing is published.  answer: the case
    of that lesion, answered.
    """

    card: "Card | None"
    answer: Answer


def regimens(
    organ: str,
    *,
    zone: str | None = None,
    size_cm: float | str | None = None,
    n_brain: int | str | None = None,
    fields: Mapping[str, Plain] | None = None,
    knowledge: Packs = None,
) -> "Result[Regimens]":
    """The published doses for one lesion, those that must not be used, and what to know beside them.

    organ, zone, size_cm: of the lesion, as a case has them (`">5"` and lists of labels, too).  n_brain: how many
    metastases the brain has, of a brain lesion.  fields: more of the lesion (`distance_chest_wall_cm`) or of the
    patient (`ecog`), by name.  What is left out is not known.  Raises OligoscopeError.

    >>> found = regimens("lung", zone="central", size_cm=3.5).model_dump()
    >>> [dose["in_words"] for dose in found["not_to_be_used"] if dose["applies"] == "yes"]
    ['54 to 60 Gy in 3 fractions, BED10 151.2 to 180 Gy']
    """
    from oligoscope.report.terminal import card_text

    using = known(knowledge)
    answer = assess(_case(organ, zone, size_cm, n_brain, fields or {}), knowledge=using)
    card = next((each for each in answer.report().cards if each.name == LESION), None)

    def as_json(found: Regimens) -> dict[str, Plain]:
        return _as_json(found.answer, {table.name: table.role for table in using.item_tables})

    return Result(Regimens(card, answer), as_json, lambda found: card_text(found.card))


def _case(
    organ: str,
    zone: str | None,
    size_cm: float | str | None,
    n_brain: int | str | None,
    fields: Mapping[str, Plain],
) -> dict[str, Plain]:
    """A case of this lesion alone; how many the brain has is proved by imaging of the brain."""
    lesion = {"id": LESION, "organ": organ, "metastasis": True, "zone": zone, "size_cm": size_cm}
    lesions = [{name: value for name, value in lesion.items() if value is not None}]
    document: dict[str, Plain] = {"case": "regimens", "lesions": lesions}
    if n_brain is not None:
        n = _number(organ, n_brain)
        document["staging"] = {"brain_mri": "done"}
        lesions += [{"id": "others", "organ": BRAIN, "metastasis": True, "count": n - 1}] if n > 1 else []
    of_lesion = {spec.name for spec in list_fields("lesions")}
    changes = {f"lesions.{LESION}.{name}" if name in of_lesion else name: value for name, value in fields.items()}
    opened = open_document(document).with_fields(changes)
    return dict(opened.content)


def _number(organ: str, n_brain: int | str) -> int:
    if organ != BRAIN:
        raise NotAllowed("n_brain", n_brain, "", f"the lesion is one of {organ}", "leave it out")
    if not str(n_brain).isdigit() or not 1 <= int(n_brain) <= 50:
        raise NotAllowed("n_brain", n_brain, "a whole number from 1 to 50", fix="count the lesion itself too")
    return int(n_brain)


def _as_json(answer: Answer, roles: Mapping[str, str]) -> dict[str, Plain]:
    found = answer.model_dump()

    def options(role: str) -> list[Plain]:
        tables = [name for name, its in roles.items() if its == role]
        return [{"cautions": [], **each} for name in tables for each in found["options"][name][LESION]]

    beside = found["lesions"][LESION]
    return {
        "knowledge": found["knowledge"],
        "options": options(REGIMENS),
        "not_to_be_used": beside["not_to_be_used"],
        "remarks": beside["remarks"],
        "modalities": options(MODALITIES),
    }
