"""JSON files: ClinicalTrials.gov (one record, a page, lines of records), Europe PMC, PubMed summaries, plain lists."""

import json
from collections.abc import Iterator

from oligoscope.literature.reading.model import Read, Remark
from oligoscope.literature.record import Record, record_of

_TRIAL_MODULES = "protocolSection"


def read_json(text: str) -> Read:
    """All records of a file; several documents in one file are read one after another."""
    records: list[Record] = []
    refused: list[Remark] = []
    quirks: list[Remark] = []
    form = "JSON"
    for line, document in _documents(text, refused):
        found = _read(document, line)
        form = found.form if found.records or form == "JSON" else form
        records += found.records
        refused += found.refused
        quirks += found.quirks
    return Read(form, tuple(records), tuple(refused), tuple(quirks))


def _documents(text: str, refused: list[Remark]) -> Iterator[tuple[int, object]]:
    """(line, document) of each; what is broken is named with its line, and ends the reading of its line."""
    decoder = json.JSONDecoder()
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        line = text.count("\n", 0, place) + 1
        try:
            document, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError as error:
            refused.append(Remark(error.lineno, f"broken JSON: {error.msg} at column {error.colno}; not read"))
            after = text.find("\n{", place)
            place = len(text) if after < 0 else after
            continue
        yield line, document


def _read(document: object, line: int) -> Read:
    if isinstance(document, list):
        return _listed(document, line)
    if not isinstance(document, dict):
        return Read("JSON", refused=(Remark(line, "a value that is no record"),))
    if _TRIAL_MODULES in document:
        return Read("ClinicalTrials.gov JSON", (_trial(document, line),))
    if "studies" in document:
        return _page(document, line)
    if "resultList" in document:
        records = tuple(_europe(each, line) for each in _list(document, "resultList", "result"))
        count = document.get("hitCount")
        quirks = (
            (Remark(line, f"{len(records)} of {count} hits: one page of several"),) if count != len(records) else ()
        )
        return Read("Europe PMC JSON", records, quirks=quirks)
    if "esearchresult" in document:
        return Read("ESearch JSON", refused=(Remark(line, "the answer of a search: ids only, fetch the records"),))
    if isinstance(document.get("result"), dict) and "uids" in document["result"]:
        summaries = document["result"]
        uids = [str(uid) for uid in summaries["uids"]]
        return Read("PubMed summaries (JSON)", tuple(_summary(summaries[uid], line) for uid in uids))
    for listed in document.values():
        if isinstance(listed, list) and listed and all(isinstance(each, dict) for each in listed):
            return _listed(listed, line)
    return Read("JSON", refused=(Remark(line, f"no records among {', '.join(map(str, document))[:100]}"),))


def _page(document: dict[str, object], line: int) -> Read:
    """A page of trials. Its total, where the registry counted, says how many there are in all."""
    records = tuple(_trial(each, line) for each in _list(document, "studies"))
    total = document.get("totalCount")
    more = bool(document.get("nextPageToken")) or (isinstance(total, int) and total > len(records))
    quirks = (
        (Remark(line, f"{len(records)} of {total or 'more'} trials: one page of several, the others are not here"),)
        if more
        else ()
    )
    return Read("ClinicalTrials.gov JSON", records, quirks=quirks)


def _listed(listed: list[object], line: int) -> Read:
    """A plain list of records, with names such as title, doi, pmid."""
    records: list[Record] = []
    refused: list[Remark] = []
    for each in listed:
        if isinstance(each, dict) and _TRIAL_MODULES in each:
            records.append(_trial(each, line))
        elif isinstance(each, dict) and ("title" in each or "doi" in each or "pmid" in each):
            records.append(_plain(each, line))
        else:
            refused.append(Remark(line, f"no record: {str(each)[:80]}"))
    return Read("JSON", tuple(records), tuple(refused))


def _at(document: object, *path: str) -> object:
    for name in path:
        document = document.get(name) if isinstance(document, dict) else None
    return document


def _list(document: object, *path: str) -> list[object]:
    found = _at(document, *path)
    return found if isinstance(found, list) else []


def _texts(document: object, *path: str) -> list[str]:
    """The text at a path, or the texts of a list."""
    found = _at(document, *path)
    parts = found if isinstance(found, list) else [found]
    return [str(each) for each in parts if isinstance(each, (str, int)) and str(each).strip()]


def _kept(values: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: each for name, each in values.items() if each}


def _trial(document: object, line: int) -> Record:
    study = _at(document, _TRIAL_MODULES)
    status = ("statusModule",)
    values = {
        "title": [
            *_texts(study, "identificationModule", "officialTitle"),
            *_texts(study, "identificationModule", "briefTitle"),
        ],
        "abstract": [
            *_texts(study, "descriptionModule", "briefSummary"),
            *_texts(study, "descriptionModule", "detailedDescription"),
        ],
        "authors": _texts(study, "sponsorCollaboratorsModule", "leadSponsor", "name"),
        "year": _texts(study, *status, "studyFirstSubmitDate") or _texts(study, *status, "startDateStruct", "date"),
        "registry": _texts(study, "identificationModule", "nctId"),
        "kind": ["Registry record"],
        "keywords": [
            *_texts(study, "conditionsModule", "conditions"),
            *_texts(study, "conditionsModule", "keywords"),
        ],
        "status": _texts(study, *status, "overallStatus"),
        "version": _texts(study, *status, "lastUpdatePostDateStruct", "date")
        or _texts(study, *status, "lastUpdateSubmitDate"),
        "eligibility": _texts(study, "eligibilityModule", "eligibilityCriteria"),
        "has_results": ["yes"] if _at(document, "hasResults") or _at(document, "resultsSection") else [],
    }
    return record_of(values, line, _kept(values))


def _europe(document: object, line: int) -> Record:
    values = {
        "title": _texts(document, "title"),
        "abstract": _texts(document, "abstractText"),
        "authors": [name for text in _texts(document, "authorString") for name in text.rstrip(".").split(", ")],
        "year": _texts(document, "pubYear"),
        "journal": _texts(document, "journalTitle"),
        "volume": _texts(document, "journalVolume"),
        "issue": _texts(document, "issue"),
        "pages": _texts(document, "pageInfo"),
        "doi": _texts(document, "doi"),
        "pmid": _texts(document, "pmid"),
        "pmcid": _texts(document, "pmcid"),
        "kind": [each for text in _texts(document, "pubType") for each in text.split("; ")],
    }
    return record_of(values, line, _kept(values))


def _summary(document: object, line: int) -> Record:
    ids = [each for each in _list(document, "articleids") if isinstance(each, dict)]
    values = {
        "title": _texts(document, "title"),
        "authors": [name for each in _list(document, "authors") for name in _texts(each, "name")],
        "year": _texts(document, "pubdate"),
        "journal": [*_texts(document, "fulljournalname"), *_texts(document, "source")],
        "volume": _texts(document, "volume"),
        "issue": _texts(document, "issue"),
        "pages": _texts(document, "pages"),
        "doi": [str(each.get("value")) for each in ids if each.get("idtype") == "doi"],
        "pmid": _texts(document, "uid"),
        "kind": _texts(document, "pubtype"),
    }
    return record_of(values, line, _kept(values))


def _plain(document: dict[str, object], line: int) -> Record:
    fields = {str(name).lower(): texts for name in document if (texts := _texts(document, name))}
    names = ("title", "abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "pmcid")
    return record_of({name: fields.get(name, []) for name in names}, line, fields)
