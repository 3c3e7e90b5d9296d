"""Convert verified study records into `src/oligoscope/evidence/studies/`: one YAML a study, only the studies that knowledge cites.

    python scripts/convert_evidence.py SOURCE

SOURCE is a folder with evidence/cohorts.yaml, evidence/rct.yaml and knowledge/*.md. Numbers are carried over, never typed: studies from the two
YAML files; sources that only the knowledge files name, and the Lung-molGPA medians, from the tables of those files. Run it again after either changes.
"""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "src/oligoscope/evidence/studies"
TABLES = ROOT / "src/oligoscope/knowledge/tables"

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


def cited() -> set[str]:
    """Every study id that a fact or table cites, or whose result it expects."""
    found = set()
    for path in [*TABLES.glob("*.yaml"), TABLES.parent / "facts.yaml"]:
        for values in re.findall(r"cites: \[([^\]]*)\]", path.read_text()):
            found |= {value.strip() for value in values.split(",") if value.strip()}
        for values in re.findall(r"expects: \[([^\]]*)\]", path.read_text()):
            found |= {value.strip().split("/")[0] for value in values.split(",") if value.strip()}
    return found


def main(source: Path) -> int:
    cohorts = yaml.safe_load((source / "evidence/cohorts.yaml").read_text())["studies"]
    trials = yaml.safe_load((source / "evidence/rct.yaml").read_text())["trials"]
    TARGET.mkdir(parents=True, exist_ok=True)
    for old in TARGET.glob("*.yaml"):
        old.unlink()
    missing = []
    for study in sorted(cited()):
        if study in NAMED_IN_KNOWLEDGE:
            record = named_record(study, source / "knowledge")
        elif study in cohorts or study in trials:
            record = study_record(study, cohorts.get(study) or trials[study])
        else:
            missing.append(study)
            continue
        if study == "sperduto-2017-molgpa":
            add_molgpa(record, source / "knowledge/05-lung-gpa.md")
        (TARGET / f"{study}.yaml").write_text(yaml.safe_dump(record, sort_keys=False, allow_unicode=True, width=140))
    if missing:
        print(f"not found: {', '.join(missing)}", file=sys.stderr)
        return 1
    return 0


def study_record(study: str, raw: dict[str, Any]) -> dict[str, Any]:
    """A record of cohorts.yaml or rct.yaml in the shape of `evidence.model.Study`."""
    reports = [report(study, n, p) for n, p in enumerate(raw.get("publications") or [raw])]
    record = {
        "study": study,
        "title": raw["name"],
        "design": raw.get("design", ""),
        "population": population(raw),
        "registry": [reworded(entry) for entry in raw.get("registry") or []],
        "reports": reports,
        "arms": [{"id": name, "description": text} for name, text in (raw.get("arms") or {}).items()],
        "alerts": [reworded(alert) for alert in raw.get("alerts") or [] if "helper" not in alert],
        "concern": any("EXPRESSION OF CONCERN" in alert.upper() for alert in raw.get("alerts") or []),
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


def reworded(text: str) -> str:
    """The product calls its source review the review."""
    return re.sub(r"\b[Tt]he seed\b|\bseed\b", "the review", text).replace("from memory", "recalled")


def population(raw: dict[str, Any]) -> str:
    if raw.get("population"):
        return reworded(str(raw["population"]))
    eligibility = raw.get("eligibility") or {}
    return "; ".join(reworded(str(eligibility[key])) for key in ("counting_rule", "driver_mutations") if eligibility.get(key))


def report(study: str, number: int, raw: dict[str, Any]) -> dict[str, Any]:
    stem = re.sub(r"-\d{4}.*$", "", study) if "publications" not in raw else study
    return {
        "id": f"{stem}-{raw['year']}" if raw.get("year") and number else study if not number else f"{study}-{number}",
        "citation": raw.get("citation", ""),
        "pmid": str(raw["pmid"]) if raw.get("pmid") else None,
        "doi": raw.get("doi"),
        "published": str(raw["year"]) if raw.get("year") else None,
        "status": raw.get("citation_status") or raw.get("status") or "",
    }


def result(raw: dict[str, Any], reports: list[dict[str, Any]]) -> dict[str, Any]:
    words = [raw["endpoint"], raw["measure"], raw.get("time"), short(raw.get("arm") or raw.get("comparison") or "all"), raw.get("analysis")]
    interval = {"low": raw["ci_low"], "high": raw["ci_high"], "level": raw["ci_level"]} if raw.get("ci_low") is not None or raw.get("ci_high") is not None else None
    source = raw.get("source") or {}
    same = [r["id"] for r in reports if (source.get("pmid") and r["pmid"] == source["pmid"]) or (source.get("doi") and r["doi"] == source["doi"])]
    return {
        "id": slug(" ".join(str(word) for word in words if word)),
        "report": same[0] if same else reports[0]["id"],
        "analysis": raw.get("analysis"),
        "endpoint": raw["endpoint"],
        "measure": raw["measure"],
        "population": raw.get("population"),
        "arm": raw.get("arm"),
        "comparison": raw.get("comparison"),
        "value": raw["value"],
        "interval": interval,
        "unit": raw.get("unit"),
        "time": raw.get("time"),
        "n": raw.get("n"),
        "locator": source.get("locator"),
        "status": "seen" if raw["status"] == "seen" else "review only" if raw["status"].startswith("seed") else "unverified",
        "note": reworded(raw["note"]) if raw.get("note") else None,
        "in_review": {"value": raw["seed_value"], "quote": raw.get("seed_quote")} if raw.get("seed_value") is not None else None,
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
                "citation": citation if study != "nccn-2018" else "NCCN guideline NSCLC, 2018-19 text (public copy); the current version was not seen",
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
