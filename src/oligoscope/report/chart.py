"""The chart as it was read, in words: so that a typing error is seen."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from oligoscope.assess.patient import Assessment
from oligoscope.report.language import Language
from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.values import Value
from oligoscope.vocabulary.words import Lesion, LocalTreatment, SystemicTherapy

OTHER = "Other"
_HEADER = ("case", "assessed")
"""They stand at the top of the page."""


@dataclass(frozen=True)
class LesionRow:
    """One lesion. where, size, course, remarks: in words.  The rest as the chart has it, for the body map."""

    name: str
    where: str
    size: str
    course: str
    remarks: tuple[str, ...]
    organ: str
    side: str
    location: str
    zone: str
    size_cm: str
    response: str
    treated: bool

    @property
    def text(self) -> str:
        """The lesion in one phrase."""
        return ", ".join(filter(None, [" ".join(filter(None, [self.where, self.size])), self.course, *self.remarks]))


def chart_lines(assessment: Assessment, language: Language) -> list[tuple[str, str]]:
    """(what, in words) of everything that the chart says but its lesions; what it does not say is left out."""
    groups = dict(language.forms)
    placed = {field for forms in groups.values() for field in forms}
    groups[OTHER] = {
        spec.name: f"{spec.definition.partition(';')[0]}: {{}}"
        for spec in scalar_fields()
        if spec.name not in placed and spec.name not in _HEADER
    }
    lines = []
    for name, forms in groups.items():
        said = [_said(assessment.given.get(field), form, language) for field, form in forms.items()]
        if text := " · ".join(filter(None, said)):
            lines.append((name, text))
    if assessment.case.systemic_therapy is not None:
        lines.append(("Therapy", _therapies(assessment.case.systemic_therapy, language)))
    return lines


def _said(value: Value | None, form: str | Sequence[str], language: Language) -> str:
    if value is None or value.is_unknown:
        return ""
    if isinstance(form, str):
        return form.format(language.given(value))
    yes, no = form
    if value.labels == (True,):
        return yes
    return no if value.labels == (False,) else f"{yes}{language.words['or']}{no}"


def _therapies(lines: tuple[SystemicTherapy, ...], language: Language) -> str:
    if not lines:
        return language.words["before"]
    return " · ".join(_therapy(line, language) for line in reversed(lines))


def _therapy(line: SystemicTherapy, language: Language) -> str:
    """One line of therapy: what, with which intent, from when to when, for how long, with what response."""
    parts = [drug(line, language)]
    if not line.intent.is_unknown:
        parts.append(language.given(line.intent))
    if not line.start.is_unknown:
        parts.append(f"since {language.given(line.start)}")
    if not line.stop.is_unknown:
        parts.append(f"until {language.given(line.stop)}")
    elif line.ongoing.labels == (True,):
        parts.append("ongoing")
    for value, unit in ((line.months, "months"), (line.cycles, "cycles")):
        if not value.is_unknown:
            parts.append(f"{language.given(value)} {unit}")
    if not line.best_response.is_unknown:
        parts.append(f"best {language.given(line.best_response)}")
    return ", ".join(parts)


def drug(line: SystemicTherapy, language: Language) -> str:
    """The drugs of a line as written, else their class."""
    if not line.drugs.is_unknown:
        return line.drugs.given.replace("|", " + ")
    return language.given(line.class_) if not line.class_.is_unknown else "a drug not named"


def lesion_rows(assessment: Assessment, language: Language) -> list[LesionRow]:
    """Every lesion of the chart, in its order."""
    treatments: dict[str, list[LocalTreatment]] = {}
    for entry in assessment.case.local_treatment or ():
        treatments.setdefault(entry.lesion.given, []).append(entry)
    names = assessment.item_names("lesions") if assessment.case.lesions else []
    said = next(each.said for each in lists() if each.name == "lesions")
    rows, untreated = [], dict[Hashable, LesionRow]()
    for lesion, name in zip(assessment.case.lesions or (), names, strict=True):
        if name in treatments:
            rows.append(_lesion(lesion, name, treatments[name], language))
            continue
        key = said(lesion)
        if key not in untreated:
            untreated[key] = _lesion(lesion, name, (), language)
        rows.append(replace(untreated[key], name=name))
    return rows


def _lesion(lesion: Lesion, name: str, treatments: Iterable[LocalTreatment], language: Language) -> LesionRow:
    side = language.given(lesion.side) if not lesion.side.is_unknown else ""
    places = [language.given(v) for v in (lesion.location, lesion.zone) if not v.is_unknown]
    organ = language.given(lesion.organ) if not lesion.organ.is_unknown else "organ not recorded"
    remarks = [*(_treatment(entry, language) for entry in treatments)]
    if lesion.prior_radiotherapy.labels == (True,):
        remarks.append("irradiated before")
    if str(lesion.metastasis) not in ("true", "presumed"):
        remarks.append("not a metastasis" if lesion.metastasis.labels == ("false",) else "perhaps not a metastasis")
    return LesionRow(
        name=name,
        where=" ".join(filter(None, [side, organ, f"({', '.join(places)})" if places else ""])),
        size=f"{language.given(lesion.size_cm)} cm" if not lesion.size_cm.is_unknown else "",
        course=language.given(lesion.response) if not lesion.response.is_unknown else "course not recorded",
        remarks=tuple(remarks),
        organ=str(lesion.organ),
        side=str(lesion.side),
        location=str(lesion.location),
        zone=str(lesion.zone),
        size_cm=str(lesion.size_cm),
        response=str(lesion.response),
        treated=bool(list(treatments)) or lesion.prior_radiotherapy.labels == (True,),
    )


def _treatment(entry: LocalTreatment, language: Language) -> str:
    """One local treatment: SABR 50 Gy in 5, 1 June 2023."""
    what = language.given(entry.modality) if not entry.modality.is_unknown else "treated locally"
    dose = f" {language.given(entry.total_dose_gy)} Gy" if not entry.total_dose_gy.is_unknown else ""
    parts = f" in {language.given(entry.fractions)}" if dose and not entry.fractions.is_unknown else ""
    when = f", {language.given(entry.date)}" if not entry.date.is_unknown else ""
    return f"{what}{dose}{parts}{when}"
