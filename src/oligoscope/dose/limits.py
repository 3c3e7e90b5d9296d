"""Published limits of organs at risk. Each holds for one number of fractions; between two numbers there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oligoscope.errors import NotAllowed
from oligoscope.spelling import nearest

NOT_VERIFIED = "unverified"


@dataclass(frozen=True)
class Organ:
    """What limits speak of. hard_stop: a plan that fails here must not be given.  also: other names of it."""

    name: str
    label: str
    hard_stop: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limit:
    """What one source allows one organ in one number of fractions.

    id: of its row, which may hold further fractions and organs.  metric: as `dose.metric` reads it.  limit: in `unit`
    (Gy, cc or %); None where the source gives no number that can be held against a plan, which `says` then has.
    kind: at_most or at_least.  level: mandatory, optimal, primary, secondary or none, in the source's own words.
    source: a study; label: what it is called beside a number.  status: how well it was read.  drawn_as: the structure
    that the source means, where it is not just the organ.  pack: whose it is, where not of the packaged knowledge.
    """

    id: str
    organ: str
    fractions: int
    metric: str
    limit: float | None
    unit: str
    kind: str
    level: str
    source: str
    label: str
    status: str
    endpoint: str = ""
    drawn_as: str = ""
    says: str = ""
    caveats: tuple[str, ...] = ()
    pack: str = ""

    @property
    def judges(self) -> bool:
        """Whether a plan can be held against it: it is a number, and its source was read."""
        return self.limit is not None and self.status != NOT_VERIFIED

    @property
    def is_wish(self) -> bool:
        """Whether its source has a milder limit too, which is the one to keep."""
        return self.level in ("optimal", "secondary")


@dataclass(frozen=True)
class Reirradiation:
    """What one source allows an organ over two courses, EQD2 in Gy by this alpha/beta.

    drawn_as: the structure that the source means: of another, which may lie inside it, no limit is told to be met.
    most_gy: of both together.  new_most_gy, new_most_share: of the second course, and of it in both (0 to 1).
    months_between: at least.
    """

    organ: str
    drawn_as: str
    alpha_beta_gy: float
    most_gy: float
    new_most_gy: float
    new_most_share: float
    months_between: int
    source: str
    label: str
    status: str


@dataclass(frozen=True)
class Limits:
    """All limits that are known. judged_by: by number of fractions, the source by which an organ fails (OAR-1).

    reirradiation: by organ, what is published of two courses.
    """

    rows: tuple[Limit, ...]
    organs: Mapping[str, Organ]
    judged_by: Mapping[int, str]
    reirradiation: Mapping[str, Reirradiation] = field(default_factory=dict)

    def of(self, fractions: int, organ: str | None = None) -> tuple[Limit, ...]:
        """The limits for so many fractions, or of one organ only; those of the source that judges come first."""
        found = [row for row in self.rows if row.fractions == fractions and organ in (None, row.organ)]
        places, judging = list(self.organs), self.judged_by.get(fractions)
        return tuple(sorted(found, key=lambda row: (places.index(row.organ), row.source != judging)))

    def organ(self, name: str) -> Organ:
        """The organ of that name, or of another name of it. Raises NotAllowed, with the nearest."""
        names = {other: organ for organ in self.organs.values() for other in (organ.name, *organ.also)}
        written = name.strip().lower().replace(" ", "_").replace("-", "_")
        if written in names:
            return names[written]
        close = nearest(written, names)
        fix = f"did you mean {names[close].name}?" if close else "take one of these"
        raise NotAllowed("organ", name, ", ".join(self.organs), "no limit is known of it", fix)

    def columns(self, organ: str | None = None) -> tuple[int, ...]:
        """The numbers of fractions that there is any limit for."""
        return tuple(sorted({row.fractions for row in self.rows if organ in (None, row.organ)}))
