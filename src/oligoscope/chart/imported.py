"""What was read of a document in another system's form, and what was not."""

from collections.abc import Mapping
from dataclasses import dataclass

from oligoscope.files.documents import Plain

CONTRADICTION = "contradiction: "
"""How a note begins, after the name of its resource, that tells of two resources that cannot both be so."""


@dataclass(frozen=True)
class Imported:
    """What was read of a FHIR document.

    document: of a case.  n_resources: in all.  used: those that say something of it.  notes: what was not taken, and
    why.  unmapped: how often what stands there that is not read here, by its words.  of_lung: a lung cancer is among
    them.
    """

    document: Mapping[str, Plain]
    n_resources: int
    used: tuple[str, ...]
    notes: tuple[str, ...]
    unmapped: Mapping[str, int]
    of_lung: bool

    @property
    def contradictions(self) -> tuple[str, ...]:
        """The notes that tell of resources that cannot both be so."""
        return tuple(note for note in self.notes if f": {CONTRADICTION}" in note)
