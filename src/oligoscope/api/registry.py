"""What decides survival in a registry."""

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oligoscope.api.shared import Day, Packs, day_of, known
from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain
from oligoscope.knowledge import Knowledge
from oligoscope.spelling import nearest

if TYPE_CHECKING:
    from oligoscope.chart.sources import Source
    from oligoscope.cohort.analysis.patients import Asked
    from oligoscope.cohort.analysis.report import Report

REPORT_SCHEMA = 1


@dataclass(frozen=True)
class Reported:
    """A report that lies in a folder. content: report.json.  n_rejected: entries that were not accepted."""

    folder: Path
    content: Mapping[str, Plain]
    n_rejected: int
    said: str

    def __str__(self) -> str:
        return self.said

    def model_dump(self) -> dict[str, Plain]:
        """report.json."""
        return dict(self.content)


def cohort_report(
    source: Path | str,
    target: Path | str,
    *,
    endpoint: str | None = None,
    origin: str | None = None,
    factors: str | Sequence[str] = (),
    divided_by: str | Sequence[str] = (),
    table_by: str = "",
    data_cut: Day = None,
    plan: Path | str | None = None,
    full: bool = False,
    pdf: bool = False,
    mapping: Path | str | None = None,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> Reported:
    """The survival of a registry, in the folder `target`: page, data, figures, rejects, the set that was analysed.

    endpoint: OS (where none is named), PFS, LC or DSS.  origin: the day that time counts from: omd_dx_date,
    primary_dx_date, first_lat or assessed; the first where none is named, and the report says who chose.  factors:
    fields, facts and tables that the Cox models take.  divided_by: whose groups have curves.  table_by: whose groups
    stand in the first table.  Where nothing is named, the pack says (appraisal.yaml).  data_cut: the last day that
    counts; who is followed beyond it is censored there.  plan: a written plan (YAML), whose settings are taken; what is
    asked otherwise, and what fell short of it, is printed with the result.  full: all patients are imputed, cloned and
    compared by subgroup, where else a seeded sample of a large registry is; it takes long.  pdf: the page as PDF too,
    by the Chromium of this machine.  mapping: as for `write_cohort`.  today: the last day that any entry may have.
    Raises OligoscopeError before anything is written.  Needs the package survival.
    """
    from oligoscope.chart.sources.files import find_files
    from oligoscope.cohort.run import other_source

    using, day, target = known(knowledge, evidence), day_of(today), Path(target)
    cut = day_of(data_cut) if data_cut else None
    given = {"endpoint": endpoint, "origin": origin, "factors": names_of(factors), "divided_by": names_of(divided_by)}
    wanted, chosen = asked_of(using, {**given, "table_by": table_by, "data_cut": cut}, Path(plan) if plan else None)
    needs_survival()
    rows = other_source(Path(source), Path(mapping) if mapping else None, None) or find_files(Path(source))
    read = [Path(each) for each in (mapping, plan) if each]
    if pdf:
        from oligoscope.report.pdf import chromium

        chromium()  # Rather refused now than after the work.
    return _write(rows, target, replace(wanted, whole=full), using, day, Path(source).name, chosen, read, pdf)


def asked_of(using: Knowledge, given: Mapping[str, object], plan: Path | None) -> "tuple[Asked, bool]":
    """What is to be done, and whether the program chose time zero."""
    from oligoscope.cohort.analysis.endpoints import ENDPOINTS, ORIGINS
    from oligoscope.cohort.analysis.factors import factor_of, factors_of
    from oligoscope.cohort.analysis.patients import Asked
    from oligoscope.cohort.analysis.plan import departure, read_plan

    written = read_plan(plan) if plan else None
    settings: dict[str, Any] = dict(written.settings) if written else {}
    for name, value in given.items():
        if value:
            if written and settings.get(name, value) != value:
                said = departure(name, settings[name], value)
                written = replace(written, departures=(*written.departures, said))
            settings[name] = value
    usual = using.evidence.terms.registry
    endpoint, day = settings.get("endpoint", "OS"), settings.get("origin", ORIGINS[0])
    if endpoint not in ENDPOINTS:
        raise NotAllowed("endpoint", endpoint, ", ".join(ENDPOINTS), fix=_near(endpoint.upper(), list(ENDPOINTS)))
    if day not in ORIGINS:
        raise NotAllowed("from", day, ", ".join(ORIGINS), "time cannot count from it", _near(day, ORIGINS))
    groups = factors_of(settings.get("divided_by") or usual.divided_by, using, "divided-by")
    for factor in groups:
        if factor.is_number:
            raise NotAllowed("divided-by", factor.name, "what divides patients into groups", "it is a number")
    factors = factors_of(settings.get("factors") or usual.factors, using)
    table = factor_of(settings.get("table_by") or usual.table_by, using, "table-by")
    asked = Asked(ENDPOINTS[endpoint], day, groups, factors, table, settings.get("data_cut"), written)
    return asked, "origin" not in settings


def _near(name: str, known_names: Sequence[str]) -> str:
    close = nearest(name, known_names)
    return f"did you mean {close}?" if close else ""


def names_of(given: str | Sequence[str]) -> list[str]:
    """Names as a list, or as words parted by commas."""
    words = given.split(",") if isinstance(given, str) else given
    return [word.strip() for word in words if word.strip()]


def needs_survival() -> None:
    """Raises NotAllowed where the package that fits is not installed."""
    from importlib.util import find_spec

    if find_spec("survival") is None:
        fix = "run pip install 'oligoscope[survival]'"
        raise NotAllowed("package", "survival", "", "Cox regression needs it, and it is not installed", fix)


def _write(
    rows: "Source",
    target: Path,
    asked: "Asked",
    using: Knowledge,
    day: datetime.date,
    name: str,
    chosen: bool,
    inputs: Sequence[Path],
    is_printed: bool,
) -> Reported:
    from tqdm import tqdm

    from oligoscope.cohort.analysis.patients import n_errors, read_patients
    from oligoscope.cohort.analysis.report import analyse
    from oligoscope.cohort.result import check_target
    from oligoscope.files.writing import working_folder

    check_target(target, FILES, [*rows.inputs(), *inputs])
    with working_folder(target) as folder, tqdm(unit=" patients", delay=2, disable=None) as bar:

        def progress(what: str, n_done: int) -> None:
            bar.set_description(what)
            bar.update(n_done)

        patients = read_patients(rows, asked, using, day, progress)
        report = analyse(patients, lambda what: progress(what, 0))
        content = _lay_out(report, folder, using, name, day, chosen, rows.format)
        if is_printed:
            from oligoscope.report.pdf import pdf

            progress("printing", 0)
            (folder / PRINTED).write_bytes(pdf((folder / PAGE).read_text("utf-8")))
        _publish(folder, target)
    n_rejected = n_errors(patients.rejects)
    said = f"{patients.n} of {patients.n_read} patients analysed, {patients.events} with the event"
    return Reported(target, content, n_rejected, f"{said}, {n_rejected} entries rejected; report in {target}")


PAGE, PRINTED, DATA, REJECTS, FIGURES = "report.html", "report.pdf", "report.json", "rejects.csv", "figures"
SET, DICTIONARY = "analysis_set", "analysis_set_dictionary.csv"
FILES = (PAGE, PRINTED, DATA, REJECTS, f"{SET}.csv", f"{SET}.parquet", DICTIONARY)


def _lay_out(
    report: "Report", folder: Path, using: Knowledge, name: str, day: datetime.date, chosen: bool, form: str
) -> dict[str, Plain]:
    from oligoscope.cohort.analysis.export import exported
    from oligoscope.report.registry.data import report_json
    from oligoscope.report.registry.drawing import as_file
    from oligoscope.report.registry.page import registry_page

    head = {"schema": REPORT_SCHEMA, "registry": name, "knowledge": using.version, "as_of": day.isoformat()}
    content: dict[str, Plain] = head | report_json(report, chosen)
    page = registry_page(report, using, name, day, chosen)
    (folder / PAGE).write_text(page.html, encoding="utf-8", errors="replace")
    (folder / DATA).write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    report.patients.rejects.write_csv(folder / REJECTS)
    frame, dictionary = exported(report.patients)
    frame.write_csv(folder / f"{SET}.csv") if form == "csv" else frame.write_parquet(folder / f"{SET}.parquet")
    dictionary.write_csv(folder / DICTIONARY)
    (folder / FIGURES).mkdir()
    for figure, drawn in page.figures.items():
        (folder / FIGURES / f"{figure}.svg").write_text(as_file(drawn), encoding="utf-8")
    return content


def _publish(folder: Path, target: Path) -> None:
    """Put the results where they belong; figures of an earlier report go, whether this one has such or not."""
    import shutil

    from oligoscope.files.writing import cannot

    try:
        target.mkdir(exist_ok=True)
        if (target / FIGURES).is_dir():
            for old in (target / FIGURES).glob("*.svg"):
                old.unlink()
        (target / FIGURES).mkdir(exist_ok=True)
        for figure in sorted((folder / FIGURES).iterdir()):
            shutil.move(figure, target / FIGURES / figure.name)
        for name in FILES:
            if (folder / name).exists():
                (folder / name).replace(target / name)
            else:
                (target / name).unlink(missing_ok=True)
    except OSError as error:
        raise cannot(target, error) from None


def validate_cohort(
    source: Path | str,
    target: Path | str,
    *,
    endpoint: str | None = None,
    origin: str | None = None,
    tables: str | Sequence[str] = (),
    mapping: Path | str | None = None,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> Reported:
    """A registry held against the published survival of groups: validation.html, validation.json and figures.

    tables: whose groups; where none is named, those that the pack names.  All else as for `cohort_report`.  Each
    published rate or median stands beside the registry's curve at its time; the order of the groups is judged by
    Harrell's and Uno's C, AUC and Brier score, each with its interval.  Raises OligoscopeError.
    """
    from oligoscope.chart.sources.files import find_files
    from oligoscope.cohort.run import other_source

    using, day = known(knowledge, evidence), day_of(today)
    groups = names_of(tables) or using.evidence.terms.registry.validated
    given = {"endpoint": endpoint, "origin": origin, "divided_by": groups}
    asked, chosen = asked_of(using, given, None)
    needs_survival()
    rows = other_source(Path(source), Path(mapping) if mapping else None, None) or find_files(Path(source))
    return _validate(rows, Path(target), asked, using, day, Path(source).name, chosen)


VALIDATION, VALIDATION_DATA = "validation.html", "validation.json"


def _validate(
    rows: "Source", target: Path, asked: "Asked", using: Knowledge, day: datetime.date, name: str, chosen: bool
) -> Reported:
    from oligoscope.cohort.analysis.patients import n_errors, read_patients
    from oligoscope.cohort.analysis.validation import validated
    from oligoscope.cohort.result import check_target
    from oligoscope.files.writing import write_files
    from oligoscope.report.registry.data import asked_json
    from oligoscope.report.registry.drawing import as_file
    from oligoscope.report.registry.validated import validated_json, validated_page

    check_target(target, (VALIDATION, VALIDATION_DATA, REJECTS), rows.inputs())
    patients = read_patients(rows, asked, using, day, lambda _what, _n: None)
    found = list(validated(patients, using)) if patients.n else []
    head = {"schema": REPORT_SCHEMA, "registry": name, "knowledge": using.version, "as_of": day.isoformat()}
    content: dict[str, Plain] = {**head, **asked_json(asked, chosen), "tables": validated_json(found)}
    page = validated_page(found, patients, using, name, day, chosen)
    target.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    files = {VALIDATION: page.html, VALIDATION_DATA: text, REJECTS: patients.rejects.write_csv()}
    files |= {f"{figure}.svg": as_file(drawn) for figure, drawn in page.figures.items()}
    write_files({target / each: content.encode("utf-8", "replace") for each, content in files.items()})
    n_rejected = n_errors(patients.rejects)
    said = f"{patients.n} of {patients.n_read} patients held against {len(found)} tables, {n_rejected} entries rejected"
    return Reported(target, content, n_rejected, f"{said}; {target / VALIDATION}")
