"""A study taken out of its report: the form that people fill in, what two of them entered otherwise, and whether each
number stands in the sentence that is quoted for it.

The form is a study file of the evidence (`oligoscope.evidence`): filled in, it is one. Numbers are entered by people;
what the abstract says with numbers in it stands beside the form as remarks, and is no entry.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from oligoscope.evidence.model import Publication, Result, Study
from oligoscope.literature.paper import Page, misplaced, sentences_of
from oligoscope.literature.record import Record, doi_of

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_NUMBER = re.compile(r"\d")
_WORD = re.compile(r"[a-z0-9]+")
NAMED_BY = {"reports": "id", "arms": "id", "results": "id", "certainty": "endpoint"}
"""The lists of a study, each with the field by which two people's entries are held against each other."""


@dataclass(frozen=True)
class Difference:
    """What two extractions say otherwise. place: `results.pfs-hr.value`.  None: not there."""

    place: str
    one: object
    other: object


@dataclass(frozen=True)
class Doubt:
    """A result whose quote does not carry its number, or does not stand in the abstract."""

    result: str
    problem: str


def study_name(record: Record) -> str:
    """The first author and the year, as a study is called: `doe-2024`.

    >>> study_name(Record(authors=("Doe, Jane",), year=2024)), study_name(Record(title="A trial"))
    ('doe-2024', 'a-trial')
    """
    author = record.authors[0].partition(",")[0] if record.authors else record.title[:40]
    words = _WORD.findall(author.lower())
    return "-".join([*words, *([str(record.year)] if record.year else [])]) or "study"


def same_study(record: Record, studies: Iterable[Study]) -> Study | None:
    """The study that a record is of: one of its reports is this one, else it has the record's number in a registry."""
    by_number = None
    for study in studies:
        if any(is_report(record, each) for each in study.reports):
            return study
        if set(record.registry) & set(study.registry):
            by_number = by_number or study
    return by_number


def is_report(record: Record, report: Publication) -> bool:
    """Whether a record is a report of a study, by its PMID or DOI."""
    same_doi = bool(record.doi) and doi_of(report.doi or "") == record.doi
    return same_doi or (bool(record.pmid) and report.pmid == record.pmid)


def form(record: Record, name: str, pages: Sequence[Page] = ()) -> str:
    """A study file with what the record says of the report, and without any number. pages: of its PDF."""
    first = record.authors[0] if record.authors else "?"
    citation = " ".join(filter(None, [first, record.journal, str(record.year or "")]))
    report = {"id": name, "citation": citation, "pmid": record.pmid, "doi": record.doi, "published": record.year}
    lines = [
        "# Fill in every line that is commented out. A number has the sentence it stands in (quote) and its place",
        "# (locator: abstract, page 5, table 2). status: seen, once you have read it in the report itself.",
        f"study: {_scalar(name)}",
        f"title: {_scalar(record.title)}",
        "# design: randomised phase II",
        "# allocation: randomised   # or synthesis, other",
        f"registry: [{', '.join(map(_scalar, record.registry))}]",
        f"reports: [{{{', '.join(f'{key}: {_scalar(value)}' for key, value in report.items() if value)}}}]",
        "# arms: [{id: lat, role: experimental, n: ?}, {id: control, role: control, n: ?}]",
        "results: []",
        f"# - {{id: pfs-hr, report: {name}, endpoint: PFS, measure: hazard_ratio, comparison: lat vs control,",
        "#    value: ?, interval: {low: ?, high: ?, level: 0.95}, unit: ratio, locator: ?, quote: ?, status: seen}",
        "# Risk of bias (RoB 2), each low, some concerns or high; certainty (GRADE) high, moderate, low or very low:",
        "# risk_of_bias: {overall: ?, randomisation: ?, deviations: ?, missing: ?, measurement: ?, selection: ?,",
        "#    because: ?}",
        "# certainty: [{endpoint: PFS, judgement: ?, because: ?}]",
        "# Sentences of the abstract that have numbers, to be checked in the report:",
        *(f"#   {sentence}" for sentence in sentences_with_numbers(record.abstract)),
        *(_of_pdf(pages) if pages else ()),
    ]
    return "\n".join(lines) + "\n"


def _of_pdf(pages: Sequence[Page]) -> Iterator[str]:
    yield "# Sentences of the PDF that have numbers; tables and figures are to be read there:"
    yield from (f"#   page {page}: {sentence}" for page, sentence in sentences_of(pages) if _NUMBER.search(sentence))
    for page in pages:
        if not page.flow.strip():
            yield f"#   page {page.number} has no text: look at it"


def sentences_with_numbers(text: str) -> list[str]:
    """The sentences of a text in which a digit stands.

    >>> sentences_with_numbers("We randomised 49 patients. It was good. PFS was 11.9 months.")
    ['We randomised 49 patients.', 'PFS was 11.9 months.']
    """
    flat = " ".join(text.split())
    return [each for each in _SENTENCE.split(flat) if _NUMBER.search(each)]


def differences(one: Study, other: Study) -> list[Difference]:
    """What two people entered otherwise, field by field; results, arms and reports by their ids."""
    mine, theirs = dict(_entries(one)), dict(_entries(other))
    places = dict.fromkeys([*mine, *theirs])
    return [
        Difference(place, mine.get(place), theirs.get(place))
        for place in places
        if mine.get(place) != theirs.get(place)
    ]


def doubts(study: Study, abstract: str = "", pages: Sequence[Page] = ()) -> list[Doubt]:
    """Results whose quote is missing, has not their numbers, or is not where it is said to be.

    abstract: of the record.  pages: of the PDF.
    """
    flat = " ".join(abstract.split())
    return [Doubt(result.id, problem) for result in study.results for problem in _problems(result, flat, pages)]


def _problems(result: Result, abstract: str, pages: Sequence[Page]) -> Iterator[str]:
    if not result.quote:
        yield "no sentence is quoted for it"
        return
    quote = " ".join(result.quote.split())
    interval = result.interval
    numbers = [result.value, *((interval.low, interval.high) if interval else ()), result.p.value if result.p else None]
    missing = [f"{number:g}" for number in numbers if number is not None and not _stands_in(number, quote)]
    if missing:
        yield f"{', '.join(missing)} does not stand in its quote"
    if result.locator == "abstract" and abstract and quote not in abstract:
        yield "its quote does not stand in the abstract"
    if pages and (problem := misplaced(quote, result.locator or "", pages)):
        yield problem


def _stands_in(number: float, text: str) -> bool:
    """Whether a number is written in a text, with as many zeros as may be (0.5, .50, 0·5)."""
    written = re.findall(r"(?<![\d.])\d*\.?\d+", text.replace("·", ".").replace(",", "."))
    return any(abs(float(each) - number) < 1e-9 for each in written)


def _entries(study: Study) -> Iterator[tuple[str, object]]:
    """Every field that says something, by its place; entries of lists by what they are called."""
    for name, value in study.model_dump(exclude_defaults=True).items():
        if name not in NAMED_BY:
            yield from _fields(name, value)
            continue
        for entry in value:
            yield from _fields(f"{name}.{entry[NAMED_BY[name]]}", entry)


def _fields(place: str, value: object) -> Iterator[tuple[str, object]]:
    if not isinstance(value, Mapping):
        yield place, value
        return
    for name, inner in value.items():
        yield from _fields(f"{place}.{name}", inner)


def _scalar(value: object) -> str:
    """A value of YAML on one line; text is always quoted."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''").replace("\n", " ") + "'"
