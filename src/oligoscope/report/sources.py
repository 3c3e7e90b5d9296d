"""Sources as numbered references: each named once, at the end, with its identifier, how it was read, and its marks."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from oligoscope.evidence import Result, Store, Study
from oligoscope.evidence.model import Publication
from oligoscope.report.language import Language
from oligoscope.tables.model import UNVERIFIED

RULING, QUOTED, UNREAD, CONCERN, REPLACED = "°", "~", "?", "!", "^"
_MARKS = {"design": RULING, "seen-secondary": QUOTED, "seed": UNREAD, UNVERIFIED: UNREAD}
"""By the status of a rule, the sign at the numbers of its sources."""
_STATUSES = ("seen", "seen-secondary", "seed", UNVERIFIED)
"""How a source was read, the best first: of several uses the worst is told."""


@dataclass(frozen=True)
class Reference:
    """One source. name: first author and year.  identifier: PMID, DOI or address.  status: how it was read."""

    number: int
    name: str
    citation: str
    identifier: str
    status: str
    marks: str


@dataclass
class References:
    """The sources of a page, numbered as they are first named. marks: the signs that were set."""

    store: Store
    language: Language
    _found: dict[str, int] = field(default_factory=dict)
    _uses: dict[str, set[str]] = field(default_factory=dict)
    _reports: dict[str, tuple[Study, Publication]] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)

    def of(self, names: Iterable[str], status: str = "") -> tuple[str, ...]:
        """The numbers of studies, with their marks. status: of the rule that cites them."""
        return tuple(
            self._marked(self._number(self.store.study(name), None, status), _MARKS.get(status, "")) for name in names
        )

    def of_result(self, study: Study, *results: Result) -> tuple[str, ...]:
        """The numbers of the reports that results stand in, with their marks."""
        found = []
        for result in results:
            marks = ("" if result.verified else UNREAD) + (REPLACED if result.superseded_by else "")
            found.append(self._marked(self._number(study, study.report_of(result), result.status), marks))
        return tuple(dict.fromkeys(found))

    def _marked(self, number: str, marks: str) -> str:
        self.marks |= set(marks)
        return number + marks

    def _number(self, study: Study, report: Publication | None, status: str) -> str:
        report = report or study.reports[0]
        number = self._found.setdefault(report.id, len(self._found) + 1)
        self._reports[report.id] = (study, report)
        self._uses.setdefault(report.id, set()).add(status)
        return self._marked(str(number), CONCERN if study.concern else "")

    def listed(self) -> tuple[Reference, ...]:
        """Every source that was named, by its number."""
        return tuple(self._reference(name, number) for name, number in self._found.items())

    def _reference(self, name: str, number: int) -> Reference:
        study, report = self._reports[name]
        uses = [status for status in self._uses[name] if status in _STATUSES]
        read = "seen" if "seen" in report.status else UNVERIFIED if report.status.startswith("recalled") else ""
        worst = read or max(uses, key=_STATUSES.index, default="")
        citation = short(report.citation or study.title)
        author = citation.partition(" et al")[0].rpartition(" ")[0] if " et al" in citation else ""
        named = (
            f"{author} {(report.published or '')[:4]}".strip()
            if author
            else " ".join(citation.split()[:3]).rstrip(",.;")
        )
        status, marks = self.language.status[worst], CONCERN if study.concern else ""
        return Reference(number, named, citation, _identified(report), status, marks)


def _identified(report: Publication) -> str:
    """A publication's identifier; an address without its scheme, so that no page looks as if it loaded it; where there
    is neither, the journal or meeting.
    """
    if report.pmid:
        return f"PMID {report.pmid}"
    if report.doi:
        return f"DOI {report.doi}"
    return (report.url or "").partition("://")[2] or report.citation.partition(" et al. ")[2].partition(" (")[0]


def short(citation: str) -> str:
    """A citation with its first author alone.

    >>> short("Palma DA, Olson R, Harrow S, et al. Lancet 2019;393:2051-2058")
    'Palma DA et al. Lancet 2019;393:2051-2058'
    """
    return re.sub(r"^([^,.]+),.*?,? et al\. ?", r"\1 et al. ", citation)
