"""Convert verified study records into a pack: one YAML file per study, and what the source review states,
cites and gets wrong.

    python scripts/convert_evidence.py SOURCE

SOURCE is a folder with evidence/cohorts.yaml, rct.yaml, references.csv, seed_statements.yaml, seed_discrepancies*.md
and knowledge/*.md. Numbers are carried over, never typed: studies from the two YAML files; sources that only the
knowledge files name, and the Lung-molGPA medians, from the tables of those files. Run it again after any of them
changes.
"""

import csv
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "src/oligoscope/knowledge/packs/om_nsclc"
TARGET = PACK / "studies"
TABLES = PACK / "tables"
TRIALS = PACK / "trials"

# Sources that only a knowledge file names: our id, the file, the key (or first words) of its row.
NAMED_IN_KNOWLEDGE = {
    "prasad-2018": ("06-performance-status.md", "PRAS2018"),
    "buccheri-1996": ("06-performance-status.md", "BUCC1996"),
    "eberhardt-2015": ("13-tnm-m-category.md", "TNM8"),
    "fong-2024": ("13-tnm-m-category.md", "TNM9"),
    "recist-1-1": ("14-recist-oligoprogression.md", "RECIST"),
    "zhang-2022": ("01-omd-classification.md", "SEED"),
    "nccn-2018": ("03-guidelines-om-nsclc.md", "NCCN NSCLC (2018-19 text, public copy)"),
}
MOLGPA_ROW = re.compile(r"\| (\d[\d.]*)-(\d[\d.]*) \| (.+?) \| (.+?) \| seen-secondary \|")
MEDIAN = re.compile(r"([\d.]+) \(([\d.]+)-([\d.]+|not reached)\)")


# Words by which the lists of discrepancies call a study.
NAMED_IN_LISTS = {
    "Ashworth": "ashworth-2014", "SINDAS": "sindas", "Iyengar": "iyengar-sabr", "Gomez": "gomez-lct", "STOP": "stop", "SABR-COMET": "sabr-comet", "PEMBRO-RT": "theelen-pooled",
    "SARON": "saron", "HALT": "halt", "Magnuson": "magnuson-2017", "SRS order": "magnuson-2017", "Lehrer": "lehrer-2021", "TRAILOCLORI\\w*": "trailoclori01", "NRG-LU002": "nrg-lu002",
    "NIRVANA-Lung": "nirvana-lung", "OITROLC": "oitrolc", "COLLISION": "collision", "NORTHSTAR": "northstar", "Salvage claim": "gomez-lct", "Conclusion overtaken": "nrg-lu002",
    "Brain metastases": "gondi-2022-astro", "EGFR mutations": "sindas",
}  # fmt: skip
MEASURES = {"hr": "hazard_ratio", "or": "odds_ratio", "p": "p_value", "index": "concordance"}
UNITS = {"months": "month", "days": "day"}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY = re.compile(rf"(\d{{1,2}}) ({'|'.join(MONTHS)})\w* (\d{{4}})")

# What a study's relevance and state say, as words that a pool can ask for.
TAGS = {
    "EGFR-mutant": r"EGFR-mutant",
    "driver-positive": r"driver-positive|on TKI",
    "no actionable driver": r"no actionable driver",
    "mixed histology": r"all histologies|all non-haematological|basket|seven tumour types|breast, prostate",
    "includes polymetastatic": r"polymetastatic",
    "counts organs": r"oligo-?\s?organ",
    "consolidative": r"consolidati|after induction|oligo-residual",
    "immunotherapy era": r"immunotherapy",
}


def main(source: Path) -> int:
    cohorts = yaml.safe_load((source / "evidence/cohorts.yaml").read_text())["studies"]
    trials = yaml.safe_load((source / "evidence/rct.yaml").read_text())["trials"]
    statements = yaml.safe_load((source / "evidence/seed_statements.yaml").read_text())["statements"]
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.yaml"):
        old.unlink()
    records = [study_record(name, raw, randomised=False) for name, raw in cohorts.items()]
    records += [study_record(name, raw, randomised=True) for name, raw in trials.items()]
    records += [named_record(name, source / "knowledge") for name in NAMED_IN_KNOWLEDGE]
    for record in records:
        if record["study"] == "sperduto-2017-molgpa":
            add_molgpa(record, source / "knowledge/05-lung-gpa.md")
        link_statements(record, statements)
        write(TARGET / f"{record['study']}.yaml", lean(in_fields(record)))
    write(PACK / "review/statements.yaml", [lean(statement(s)) for s in statements])
    write(PACK / "review/references.yaml", references(source / "evidence/references.csv"))
    texts = [
        (source / f"evidence/{name}.md").read_text() for name in ("seed_discrepancies", "seed_discrepancies_nonrct")
    ]
    write(
        PACK / "review/discrepancies.yaml",
        [lean(entry) for text in texts for entry in discrepancies(text, statements)],
    )
    return 0


class _Dumper(yaml.SafeDumper):
    """What stands twice is written twice: packs are read without aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140))


def lean(record: Any) -> Any:
    """Without what is not known, except a value: null there means not reached."""
    if isinstance(record, list):
        return [lean(item) for item in record]
    if not isinstance(record, dict):
        return reworded(record) if isinstance(record, str) and "://" not in record else record
    return {
        key: lean(value)
        for key, value in record.items()
        if key in ("value", "results") or value not in (None, "", [], {}, False)
    }


def study_record(study: str, raw: dict[str, Any], *, randomised: bool) -> dict[str, Any]:
    """A record of cohorts.yaml or rct.yaml in the shape of `evidence.model.Study`."""
    reports = [report(study, n, p) for n, p in enumerate(raw.get("publications") or [raw])]
    design = raw.get("design") or ""
    if randomised and "randomi" not in design.lower():
        design = f"randomised; {design}" if design else "randomised"
    numbers = (raw.get("enrolment") or {}).get("arms") or {}
    record = {
        "study": study,
        "title": raw["name"],
        "design": reworded(design),
        "phase": raw.get("phase"),
        **setting(raw),
        "population": population(raw),
        "counting_rule": reworded((raw.get("eligibility") or {}).get("counting_rule") or ""),
        "registry": [
            entry for entry in raw.get("registry") or [] if "not seen" not in entry and "unverified" not in entry
        ],
        "registry_unverified": [entry.split(" (")[0] for entry in raw.get("registry") or [] if "unverified" in entry],
        "n": (raw.get("enrolment") or {}).get("randomised") or raw.get("n"),
        "n_nsclc": (raw.get("enrolment") or {}).get("nsclc"),
        "reports": reports,
        "arms": [
            {"id": name, "n": numbers.get(name), "description": reworded(text or "")}
            for name, text in (raw.get("arms") or {}).items()
        ],
        "eligibility": f"trials/{study}" if (TRIALS / f"{study}.yaml").exists() else None,
        "follow_up": [f for f in (follow_up(f) for f in raw.get("follow_up") or [] if isinstance(f, dict)) if f],
        "in_review": bool(raw.get("named_in_seed")),
        "review_refs": raw.get("seed_refs"),
        "status": reworded(raw.get("status") or "") if randomised else "",
        "alerts": [reworded(alert) for alert in raw.get("alerts") or [] if "helper" not in alert],
        "concern": any("EXPRESSION OF CONCERN" in alert.upper() for alert in raw.get("alerts") or []),
        "contrary": any(
            re.search(r"\bnegative\b", text, re.IGNORECASE)
            for text in [raw.get("status") or "", *(raw.get("alerts") or [])]
        )
        and randomised,
        "results": [],
    }
    taken: dict[str, int] = {}
    for item in raw.get("results") or []:
        converted = result(item, reports)
        name = converted["id"]
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            converted["id"] = f"{name}-{taken[name]}"
        record["results"].append(converted)
    return record


def in_fields(record: dict[str, Any]) -> dict[str, Any]:
    """What the sources say in words, as fields too: how arms were formed, which is which, what was recalled."""
    design = record.get("design", "").lower().replace("randomized", "randomised")
    others = ("non-randomised", "meta-analysis", "pooled", "review", "commentary")
    by_chance = "randomised" in design and not any(word in design for word in others)
    found: dict[str, Any] = {}
    for key, value in record.items():
        found[key] = value
        if key == "design":
            found["allocation"] = "randomised" if by_chance else None
            found["stopped_early"] = "stopped" in design
    found["arms"] = [
        {"id": arm["id"], "role": arm["id"] if arm["id"] in ("experimental", "control") else None, **arm}
        for arm in record.get("arms", [])
    ]
    found["results"] = [_result_in_fields(result) for result in record.get("results", [])]
    return found


def _result_in_fields(result: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in result.items():
        found[key] = value
        if key == "comparison" and (value or "").startswith("control"):
            found["direction"] = "control over experimental"
        if key == "note" and "recalled" in (value or ""):
            found["recalled"] = True
    return found


def setting(raw: dict[str, Any]) -> dict[str, Any]:
    """How near a study is to the question, the state of disease it took, and what sets its population apart."""
    said = raw.get("relevance") or ""
    word = said.split()[0].strip(";,") if said else "unknown"
    state = (raw.get("eligibility") or {}).get("oligo_state") or ""
    text = f"{said} {state}"
    if raw.get("group") == "benchmark" or "not a LAT trial" in (raw.get("design") or ""):
        word = "indirect"
    place = "oligoprogressive" if "oligoprogress" in text else "other" if word == "indirect" else "oligometastatic"
    tags = [tag for tag, pattern in TAGS.items() if re.search(pattern, text, re.IGNORECASE)]
    return {
        "relevance": word if word in ("core", "related", "indirect") else "unknown",
        "setting": place,
        "tags": tags,
        "applicability": said if "(" in said or ";" in said else "",
    }


def follow_up(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "analysis": str(raw["analysis"]) if raw.get("analysis") else None,
        "median_months": raw.get("median_months"),
        "status": status(raw.get("status") or "unverified"),
    }


def status(text: str) -> str:
    return "seen" if text == "seen" else "review only" if text.startswith("seed") else "unverified"


def reworded(text: str) -> str:
    """The product calls its source review the review."""
    text = (
        re.sub(r"\b[Tt]he seed\b|\bseed\b", "the review", text)
        .replace("from memory", "recalled")
        .replace(" (RCT helper)", "")
    )
    if "recalled" not in text:
        return text
    return re.sub(r"(interval|HRs recalled) \(?[\d.]+(?:-|, )[\d.]+\)?", r"\1", text)


def population(raw: dict[str, Any]) -> str:
    if raw.get("population"):
        return reworded(str(raw["population"]))
    eligibility = raw.get("eligibility") or {}
    return "; ".join(
        reworded(str(eligibility[key])) for key in ("counting_rule", "driver_mutations") if eligibility.get(key)
    )


def report(study: str, number: int, raw: dict[str, Any]) -> dict[str, Any]:
    stem = re.sub(r"-\d{4}.*$", "", study) if "publications" not in raw else study
    return {
        "id": f"{stem}-{raw['year']}" if raw.get("year") and number else study if not number else f"{study}-{number}",
        "citation": reworded(raw.get("citation", "")),
        "pmid": str(raw["pmid"]) if raw.get("pmid") else None,
        "doi": raw.get("doi"),
        "published": published(raw.get("citation", ""), raw.get("year")),
        "url": raw.get("main_url") if not raw.get("pmid") and not raw.get("doi") else None,
        "status": raw.get("citation_status") or raw.get("status") or "",
    }


def published(citation: str, year: Any) -> str | None:
    """The day a citation names, the year it went online, or its year."""
    if match := DAY.search(citation):
        return f"{match[3]}-{MONTHS.index(match[2]) + 1:02d}-{int(match[1]):02d}"
    if match := re.search(r"online (\d{4})", citation):
        return match[1]
    return str(year) if year else None


def result(raw: dict[str, Any], reports: list[dict[str, Any]]) -> dict[str, Any]:
    words = [
        raw["endpoint"],
        raw["measure"],
        raw.get("time"),
        short(raw.get("arm") or raw.get("comparison") or "all"),
        raw.get("analysis"),
    ]
    level = raw["ci_level"] / 100 if raw.get("ci_level") else None
    interval = (
        {"low": raw["ci_low"], "high": raw["ci_high"], "level": level}
        if raw.get("ci_low") is not None or raw.get("ci_high") is not None
        else None
    )
    source = raw.get("source") or {}
    same = [
        r["id"]
        for r in reports
        if (source.get("pmid") and r["pmid"] == source["pmid"]) or (source.get("doi") and r["doi"] == source["doi"])
    ]
    by_analysis = [
        r["id"]
        for r in reports
        if raw.get("analysis") and str(raw["analysis"]) in f"{r['id']} {r['citation']} {r['published']}"
    ]
    review = {"value": raw["seed_value"], "quote": raw.get("seed_quote")}
    return {
        "id": slug(" ".join(str(word) for word in words if word)),
        "report": (by_analysis or same or [reports[0]["id"]])[0],
        "analysis": raw.get("analysis"),
        "endpoint": raw["endpoint"],
        "measure": MEASURES.get(raw["measure"], raw["measure"]),
        "population": raw.get("population"),
        "arm": raw.get("arm"),
        "comparison": raw.get("comparison"),
        "value": raw["value"],
        "interval": interval,
        "p": {"value": raw["p"], "operator": raw.get("p_op") or "=", "sides": raw.get("p_sides")}
        if raw.get("p") is not None
        else None,
        "unit": UNITS.get(str(raw.get("unit")), raw.get("unit")),
        "time": raw.get("time"),
        "n": raw.get("n"),
        "locator": source.get("locator"),
        "url": source.get("url") if not same else None,
        "status": status(raw["status"]),
        "note": reworded(raw["note"]) if raw.get("note") else None,
        "in_review": review if any(value is not None for value in review.values()) else None,
    }


def link_statements(record: dict[str, Any], statements: list[dict[str, Any]]) -> None:
    """The statement of the review that each quoted result belongs to."""
    mine = [s for s in statements if any(e.split(":")[1] == record["study"] for e in s.get("evidence") or [])]
    for item in record["results"]:
        quote = plain((item.get("in_review") or {}).get("quote") or "")
        found = next(
            (
                s["id"]
                for s in mine
                for text in (s["quote"], s.get("corrected", ""))
                if quote and text and (quote in plain(text) or plain(text) in quote)
            ),
            None,
        )
        if found:
            item["in_review"] = {"statement": found, **item["in_review"]}


def plain(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", " ", text.lower()).strip()


def statement(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": raw["id"],
        "section": raw["section"],
        "quote": raw["quote"],
        "corrected": raw.get("corrected"),
        "kind": raw["kind"],
        "topic": raw["topic"],
        "refs": raw.get("refs"),
        "studies": [entry.split(":")[1] for entry in raw.get("evidence") or []],
        "flag": "review only" if raw["flag"] == "seed-only" else raw["flag"],
        "note": reworded(raw.get("note") or ""),
    }


def references(path: Path) -> list[dict[str, Any]]:
    keys = ("first_author", "year", "title", "journal", "pmid", "doi", "mapping")
    with path.open(encoding="utf-8") as file:
        return [
            lean({"ref": int(row["ref"]), **{key: reworded(row[key]) for key in keys}, "status": status(row["status"])})
            for row in csv.DictReader(file)
        ]


ITEM = re.compile(r"^(?:(\d+)\.|- \*\*(N\d+)\*\*) `([A-D])` (?:\[([S\d, ]+)\] )?(.+)$")


def discrepancies(text: str, told: list[dict[str, Any]]) -> Any:
    """Each listed difference, with the statements it names, or quotes, and the studies it names."""
    for line in text.splitlines():
        if match := ITEM.match(line):
            number, letter, weight, named, said = match.groups()
            links = re.findall(r"https?://[^\s;)]+", said)
            body = re.sub(
                r"\s*(?:Seen|Verify in)[^.]*: ?(?:https?://.*|as N.*|see .*|same.*|address.*|the .*|PMID.*|cohorts.*|ESTRO.*)$",
                "",
                said,
            )
            quoted = [plain(part) for part in re.findall(r'"([^"]{5,})"', said)]
            linked = [
                s["id"]
                for s in told
                if any(part and (part in plain(s["quote"]) or part in plain(s.get("corrected", ""))) for part in quoted)
            ]
            yield {
                "id": letter or f"R{number}",
                "weight": weight,
                "statements": [part.strip() for part in named.split(",")] if named else linked,
                "studies": [
                    study
                    for word, study in NAMED_IN_LISTS.items()
                    if re.search(rf"\b{word}\b", said.split(". ")[0][:90], re.IGNORECASE)
                ],
                "text": reworded(body.replace("**", "")).replace("Seed:", "Review:").replace("Seed ", "Review "),
                "sources": [link for link in links if "://" in link],
            }


def short(arm: str) -> str:
    """An arm's name up to its explanation."""
    return arm.split(":")[0]


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace(" = ", " ")).strip("-")


def named_record(study: str, knowledge: Path) -> dict[str, Any]:
    """A source that only a knowledge file names, from its row there."""
    file, key = NAMED_IN_KNOWLEDGE[study]
    row = next(line for line in (knowledge / file).read_text().splitlines() if line.startswith(f"| {key} |"))
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    whole, seen = cells[1].replace("`", ""), cells[-1].strip(" |").replace("`", "")
    citation = re.split(r", PMID |\. DOI ", whole)[0]
    pmid, doi = re.search(r"PMID (\d+)", row), re.search(r"DOI (\S+?)[,;. )|]", row)
    year = re.search(r"\b(19|20)\d\d\b", citation) or re.search(r"\b(19|20)\d\d\b", row)
    return {
        "study": study,
        "title": citation.split(". ")[0] if study != "nccn-2018" else "NCCN guideline NSCLC, 2018-19 text",
        "design": "source named in the knowledge base",
        "population": "",
        "registry": [],
        "reports": [
            {
                "id": study,
                "citation": citation
                if study != "nccn-2018"
                else "NCCN guideline NSCLC, 2018-19 text (public copy); the current version was not seen",
                "pmid": pmid[1] if pmid else None,
                "doi": doi[1] if doi else None,
                "published": year[0] if year else None,
                "status": seen,
            }
        ],
        "arms": [],
        "alerts": [],
        "concern": False,
        "results": [],
    }


def add_molgpa(record: dict[str, Any], path: Path) -> None:
    """Replace recalled medians by those of the authors' calculator code (knowledge file 05)."""
    record["results"] = [r for r in record["results"] if r["status"] == "seen"]
    found = []
    for low, high, adeno, other in MOLGPA_ROW.findall(path.read_text()):
        for arm, cell in (("adenocarcinoma", adeno), ("non-adenocarcinoma", other)):
            match = MEDIAN.search(cell)
            if not match:
                continue
            top = None if match[3] == "not reached" else float(match[3])
            found.append(
                {
                    "id": slug(f"OS median {arm} {low} {high}"),
                    "report": record["reports"][0]["id"],
                    "endpoint": "OS",
                    "measure": "median",
                    "population": "brain metastases of NSCLC",
                    "arm": f"{arm}, score {low}-{high}",
                    "value": float(match[1]),
                    "quartiles": {"low": float(match[2]), "high": top},
                    "unit": "months",
                    "locator": "authors' official calculator code, as of 2020-09-16",
                    "status": "seen",
                    "note": "from initial treatment of the brain metastases; seen in the calculator's code, which cites the paper",
                }
            )
    record["results"] += found


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
