"""The words in which studies are selected, pooled and compared: a pack's, not the program's."""

from pydantic import BaseModel, ConfigDict, Field


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, coerce_numbers_to_str=True)


class Review(_Record):
    """The source review. study: its own record among the studies.  searched: the day up to which it looked, ISO."""

    study: str = ""
    searched: str = "1900-01-01"


class Population(_Record):
    """A population that a pool can be asked for by name: the studies of one setting without those of a tag."""

    setting: str
    without: str


class Moderator(_Record):
    """The tag by which a pool is divided, and what the other studies are called."""

    tag: str
    otherwise: str


class Frequencies(_Record):
    """Which rates are told as numbers of 100 patients: by endpoint, what such a patient is; at which times."""

    endpoints: dict[str, str] = {}
    times: list[str] = []


class Registry(_Record):
    """What the survival report of a registry looks at, where nobody says otherwise.

    divided_by: fields, facts or tables, a curve for each of their groups.  table_by: whose groups stand side by side in
    its first table.  factors: of the Cox models.  validated: tables whose published survival it is held against.
    labels: what some of them, and some of their levels, are called there.
    """

    divided_by: list[str] = []
    table_by: str = ""
    factors: list[str] = []
    validated: list[str] = []
    labels: dict[str, str] = {}


class Terms(_Record):
    """What appraisal.yaml says.

    treatment: what the studies hold against none; a ratio below 1 favours it.  settings: states of disease that
    studies are about, the one first that is asked for when none is.  populations: further ones, by name.  preferred: a
    word in a result's population; where a study prints such results apart, they count.  cautions: tags that a reader
    must know of.
    frequencies: how a trial's findings are told to whom its population fits.
    registry: what its survival report looks at.
    endpoints, tables: of which drift is told.  candidate: the answer, `TABLE=OUTCOME`, that makes a patient one.
    """

    review: Review = Field(default_factory=Review)
    treatment: str = "the treatment"
    settings: list[str] = []
    populations: dict[str, Population] = {}
    preferred: str = ""
    cautions: list[str] = []
    moderator: Moderator | None = None
    frequencies: Frequencies = Field(default_factory=Frequencies)
    registry: Registry = Field(default_factory=Registry)
    endpoints: list[str] = []
    tables: list[str] = []
    candidate: str = ""

    @property
    def usual(self) -> str:
        """The population that is asked for when none is named."""
        return self.settings[0] if self.settings else ANY


ANY = "any"
"""Every population."""
