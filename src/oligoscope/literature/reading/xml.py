"""XML files: PubMed, EndNote, ClinicalTrials.gov's old form, articles of PubMed Central.

Read with defusedxml: entities are refused, and nothing that a DOCTYPE line names is ever fetched.
"""

import re
from collections.abc import Callable, Iterator
from xml.etree.ElementTree import Element, ParseError

from oligoscope.literature.reading.model import Read, Remark
from oligoscope.literature.record import Record, record_of

_NO_RECORDS = {
    "eSearchResult": "the answer of a search (ESearch): it names ids only, fetch the records (EFetch)",
    "eLinkResult": "links between records (ELink): ids only, fetch the records (EFetch)",
    "ePostResult": "ids that were posted (EPost), and no records",
    "eSpellResult": "a spelling (ESpell), and no records",
    "eInfoResult": "a description of a database (EInfo), and no records",
    "html": "a page of HTML, where records were expected: the search did not answer with its data",
}


def read_xml(content: bytes) -> Read:
    """All records of a file, whichever of the known kinds it is."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    if re.search(rb"<html\b", content[:2000], re.IGNORECASE):
        return Read("HTML", refused=(Remark(1, _NO_RECORDS["html"]),))
    try:
        root: Element = fromstring(content)
    except ParseError as error:
        return Read("XML", refused=(Remark(error.position[0], f"broken XML ({error}): nothing of it was read"),))
    except DefusedXmlException as error:
        return Read("XML", refused=(Remark(1, f"XML that defines entities ({type(error).__name__}): not read"),))
    for form, tag, one in _KINDS:
        found = [root] if root.tag == tag else list(root.iter(tag))
        if found:
            return _read(form, tag, found, one, content)
    if root.tag in ("PubmedArticleSet", "records", "pmc-articleset"):
        said = " ".join(" ".join(root.itertext()).split())[:120]
        return Read("XML", quirks=(Remark(1, f"a set without any record{': ' if said else ''}{said}"),))
    reason = _NO_RECORDS.get(root.tag, f"XML of a kind that is not known (<{root.tag}>)")
    return Read("XML", refused=(Remark(1, reason),))


def _read(form: str, tag: str, found: list[Element], one: "Callable[[Element, int], Record]", content: bytes) -> Read:
    lines = _lines(content, tag)
    quirks: list[Remark] = []
    records = []
    for element in found:
        line = next(lines, 1)
        record = one(element, line)
        if not record.title:
            quirks.append(Remark(line, "a record without a title"))
        records.append(record)
    return Read(form, tuple(records), quirks=tuple(quirks))


def _lines(content: bytes, tag: str) -> Iterator[int]:
    """The lines on which elements begin."""
    line, last = 1, 0
    for found in re.finditer(rb"<" + tag.encode() + rb"[\s>/]", content):
        line += content.count(b"\n", last, found.start())
        last = found.start()
        yield line


def _text(element: Element | None) -> str:
    """All text in an element: titles hold markup."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _texts(element: Element, path: str) -> list[str]:
    return [text for each in element.findall(path) if (text := _text(each))]


def _fields(values: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: each for name, each in values.items() if any(each)}


def _pubmed(article: Element, line: int) -> Record:
    sections = []
    for part in article.findall(".//Abstract/AbstractText"):
        label = part.get("Label", "")
        sections.append(f"{label}: {_text(part)}" if label else _text(part))
    people = article.findall(".//AuthorList/Author")
    names = [", ".join(filter(None, (_text(p.find("LastName")), _text(p.find("ForeName"))))) for p in people]
    values = {
        "title": [*_texts(article, ".//ArticleTitle"), *_texts(article, ".//VernacularTitle")]
        or _texts(article, ".//BookTitle"),
        "abstract": sections or [_text(each) for each in article.findall(".//OtherAbstract/AbstractText")],
        "authors": [name or _text(p.find("CollectiveName")) for name, p in zip(names, people, strict=True)],
        "year": [
            *_texts(article, ".//JournalIssue/PubDate/Year"),
            *_texts(article, ".//JournalIssue/PubDate/MedlineDate"),
            *_texts(article, ".//ArticleDate/Year"),
            *_texts(article, ".//Book/PubDate/Year"),
        ],
        "journal": [*_texts(article, ".//Journal/Title"), *_texts(article, ".//MedlineTA")],
        "volume": _texts(article, ".//JournalIssue/Volume"),
        "issue": _texts(article, ".//JournalIssue/Issue"),
        "pages": _texts(article, ".//Pagination/MedlinePgn") or _texts(article, ".//Pagination/StartPage"),
        "doi": _texts(article, ".//Article/ELocationID[@EIdType='doi']")
        + _texts(article, "./PubmedData/ArticleIdList/ArticleId[@IdType='doi']"),
        "pmid": _texts(article, "./MedlineCitation/PMID") or _texts(article, ".//PMID"),
        "pmcid": _texts(article, "./PubmedData/ArticleIdList/ArticleId[@IdType='pmc']"),
        "registry": _texts(article, ".//DataBank/AccessionNumberList/AccessionNumber"),
        "kind": _texts(article, ".//PublicationTypeList/PublicationType"),
        "language": _texts(article, ".//Article/Language"),
        "keywords": [*_texts(article, ".//KeywordList/Keyword"), *_texts(article, ".//MeshHeading/DescriptorName")],
        "corrections": [
            f"{each.get('RefType', '')} {_text(each.find('PMID'))}".strip()
            for each in article.findall(".//CommentsCorrectionsList/CommentsCorrections")
        ],
    }
    return record_of(values, line, _fields(values))


def _endnote(record: Element, line: int) -> Record:
    kind = record.find("ref-type")
    values = {
        "title": _texts(record, "titles/title"),
        "abstract": _texts(record, "abstract"),
        "authors": _texts(record, "contributors/authors/author"),
        "year": _texts(record, "dates/year"),
        "journal": [*_texts(record, "periodical/full-title"), *_texts(record, "titles/secondary-title")],
        "volume": _texts(record, "volume"),
        "issue": _texts(record, "number") or _texts(record, "issue"),
        "pages": _texts(record, "pages"),
        "doi": _texts(record, "electronic-resource-num") + _texts(record, "urls/related-urls/url"),
        "accession": _texts(record, "accession-num") + _texts(record, "urls/related-urls/url"),
        "keywords": _texts(record, "keywords/keyword"),
        "language": _texts(record, "language"),
        "notes": [*_texts(record, "notes"), *_texts(record, "research-notes"), *_texts(record, "caption")],
        "kind": [kind.get("name", "")] if kind is not None else [],
        "url": _texts(record, "urls/related-urls/url"),
    }
    others = {
        child.tag: [_text(child)] for child in record if _text(child) and child.tag not in ("contributors", "titles")
    }
    return record_of(values, line, {**others, **_fields(values)})


def _trial(study: Element, line: int) -> Record:
    values = {
        "title": [*_texts(study, "official_title"), *_texts(study, "brief_title")],
        "abstract": [*_texts(study, "brief_summary"), *_texts(study, "detailed_description")],
        "authors": _texts(study, "sponsors/lead_sponsor/agency"),
        "year": _texts(study, "study_first_submitted") or _texts(study, "start_date"),
        "registry": _texts(study, "id_info/nct_id"),
        "kind": ["Registry record"],
        "keywords": [*_texts(study, "condition"), *_texts(study, "keyword")],
        "url": _texts(study, "required_header/url"),
        "status": _texts(study, "overall_status"),
        "eligibility": _texts(study, "eligibility/criteria"),
    }
    return record_of(values, line, _fields(values))


def _summary(summary: Element, line: int) -> Record:
    def items(*names: str) -> list[str]:
        return [_text(each) for each in summary.iter("Item") if each.get("Name") in names and _text(each)]

    values = {
        "title": items("Title", "BookTitle"),
        "authors": items("Author"),
        "year": items("PubDate"),
        "journal": items("FullJournalName", "Source"),
        "volume": items("Volume"),
        "issue": items("Issue"),
        "pages": items("Pages"),
        "doi": items("DOI", "doi"),
        "pmid": items("pubmed"),
        "kind": items("PubType"),
    }
    return record_of(values, line, _fields({"Id": _texts(summary, "Id"), **values}))


def _article(article: Element, line: int) -> Record:
    front = ".//article-meta"
    names = article.findall(f"{front}//contrib[@contrib-type='author']/name")
    values = {
        "title": _texts(article, f"{front}/title-group/article-title"),
        "abstract": _texts(article, f"{front}/abstract"),
        "authors": [", ".join(filter(None, (_text(n.find("surname")), _text(n.find("given-names"))))) for n in names],
        "year": _texts(article, f"{front}/pub-date/year"),
        "journal": _texts(article, ".//journal-title"),
        "volume": _texts(article, f"{front}/volume"),
        "issue": _texts(article, f"{front}/issue"),
        "pages": _texts(article, f"{front}/fpage"),
        "doi": _texts(article, f"{front}/article-id[@pub-id-type='doi']"),
        "pmid": _texts(article, f"{front}/article-id[@pub-id-type='pmid']"),
        "pmcid": [f"PMC{each}" for each in _texts(article, f"{front}/article-id[@pub-id-type='pmc']")],
        "kind": [article.get("article-type", "")],
    }
    return record_of(values, line, _fields(values))


_KINDS: tuple[tuple[str, str, Callable[[Element, int], Record]], ...] = (
    ("PubMed XML", "PubmedArticle", _pubmed),
    ("PubMed XML (books)", "PubmedBookArticle", _pubmed),
    ("EndNote XML", "record", _endnote),
    ("ClinicalTrials.gov XML", "clinical_study", _trial),
    ("PubMed summaries (XML)", "DocSum", _summary),
    ("PubMed Central XML", "article", _article),
)
