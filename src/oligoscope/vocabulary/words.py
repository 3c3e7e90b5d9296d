"""The words of a case: every field with its definition, unit and allowed values.

Schema, template and dictionary are derived from here.

Codes (LOINC, SNOMED CT, ICD-10) are shown where a verified source gives them; none has been verified yet, so none is
printed.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from oligoscope.vocabulary.values import (
    Choice,
    Day,
    FieldType,
    Flag,
    OpenChoice,
    Procedure,
    Quantity,
    Scale,
    SizeAboveZero,
    Text,
    Value,
)


def known(definition: str, kind: FieldType, **extra: Any) -> Any:
    """A field that may be unknown, and is when the chart is silent."""
    return Field(default_factory=kind.unknown, description=definition, **extra)


class Section(BaseModel):
    """A part of a case. A key that is not a field is refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


_FLAG, _DAY, _TEXT = Flag(), Day(), Text()
_AGE = Quantity("years", 0, 120, whole=True)
_SEX = Choice({"female": "", "male": "", "other": ""})
_ECOG = Scale("ECOG performance status", (0, 1, 2, 3, 4), {5: "ECOG 5 means dead: this case cannot be assessed"})
_KPS = Scale("Karnofsky", tuple(range(10, 101, 10)), {0: "KPS 0 means dead: this case cannot be assessed"})
_HISTOLOGY = Choice(
    {
        "adenocarcinoma": "adenocarcinoma",
        "squamous_cell_carcinoma": "squamous cell carcinoma",
        "non_adenocarcinoma": "NSCLC, not adenocarcinoma, not further named",
        "large_cell_carcinoma": "large cell carcinoma",
        "nsclc_nos": "NSCLC, not otherwise specified",
        "other": "another histology of NSCLC",
    },
    {
        "squamous": "squamous_cell_carcinoma",
        "large_cell": "large_cell_carcinoma",
        "adeno": "adenocarcinoma",
        "non-adenocarcinoma": "non_adenocarcinoma",
        "nos": "nsclc_nos",
    },
)
_GENE = Choice(
    {"positive": "an alteration was found", "negative": "tested, none found"}, {"pos": "positive", "neg": "negative"}
)
_PERCENT = Quantity("percent", 0, 100)
_MONTHS = Quantity("months", 0, 600)
_INTERVAL = Quantity("months", -1200, 1200)
_T = Choice(dict.fromkeys(("TX", "T0", "Tis", "T1", "T1a", "T1b", "T1c", "T2", "T2a", "T2b", "T3", "T4"), ""))
_N = Choice({"N0": "no regional node", "N1": "", "N2": "", "N3": "", "NX": "regional nodes cannot be assessed"})
_PRIMARY_STATUS = Choice(
    {
        "controlled": "treated, no sign of growth",
        "progressing": "growing",
        "untreated": "not treated yet",
        "treated_with_lat": "treated together with the metastases by local ablative therapy",
    }
)
_SIDE = Choice({"left": "", "right": "", "midline": "", "bilateral": ""})
_CLASS = Choice(
    {
        "egfr_tki": "EGFR tyrosine kinase inhibitor",
        "alk_tki": "ALK tyrosine kinase inhibitor",
        "other_targeted": "another targeted drug",
        "chemotherapy": "chemotherapy without immunotherapy",
        "immunotherapy": "immune checkpoint inhibitor alone",
        "chemo_immunotherapy": "immune checkpoint inhibitor with chemotherapy",
        "other": "any other",
    },
    {
        "ici": "immunotherapy",
        "io": "immunotherapy",
        "checkpoint_inhibitor": "immunotherapy",
        "chemo": "chemotherapy",
        "chemoimmunotherapy": "chemo_immunotherapy",
        "immunotherapy_chemotherapy": "chemo_immunotherapy",
    },
)
_RESPONSE = Choice(
    {"CR": "complete response", "PR": "partial response", "SD": "stable disease", "PD": "progressive disease"}
)
_DONE = Procedure({"done": "done", "not_done": "not done"})
_BRAIN = Procedure(
    {"done": "MRI done", "ct": "contrast CT instead of MRI", "not_done": "no brain imaging"}, {"ct_contrast": "ct"}
)
_ORGAN = Choice(
    {
        "lung": "lung (contralateral, or judged a metastasis)",
        "pleura": "pleural nodule",
        "pericardium": "pericardial nodule",
        "brain": "brain",
        "bone": "skeleton: all bones are one organ",
        "liver": "liver",
        "adrenal": "adrenal gland: both are one organ",
        "distant_nodes": "non-regional lymph node (regional nodes belong to primary.n)",
        "skin_soft_tissue": "skin or soft tissue",
        "kidney": "kidney",
        "spleen": "spleen",
        "other": "any other organ",
    },
    {
        "skeleton": "bone",
        "distant_node": "distant_nodes",
        "distant_lymph_node": "distant_nodes",
        "distant_lymph_nodes": "distant_nodes",
        "skin": "skin_soft_tissue",
        "soft_tissue": "skin_soft_tissue",
    },
)
_LOCATION = OpenChoice(
    {
        "supratentorial": "brain",
        "infratentorial": "brain",
        "brainstem": "brain",
        "spine": "bone",
        "non_spine": "bone",
        "ipsilateral": "lung: the side of the primary",
        "contralateral": "lung: the other side",
        "elsewhere": "any other place, in words",
    }
)
_ZONE = Choice({"peripheral": "", "central": "", "ultracentral": ""})
_LESION_RESPONSE = Choice(
    {
        "progression": "grew",
        "new": "not there on earlier imaging (counts as progression)",
        "stable": "neither grew nor shrank enough to count",
        "at_diagnosis": "seen at first diagnosis, with nothing earlier to compare",
        "partial_response": "shrank",
        "complete_response": "gone",
    },
    {
        "progressing": "progression",
        "pd": "progression",
        "sd": "stable",
        "response": "partial_response",
        "responding": "partial_response",
        "pr": "partial_response",
        "cr": "complete_response",
    },
)
_SIZE = SizeAboveZero("cm", 0, 50)
_MM = Quantity("mm", 0, 5000)
_CYCLES = Quantity("cycles", 0, 200, whole=True)
_MODALITY = Choice(
    {"sabr": "stereotactic radiotherapy", "radiotherapy": "other radiotherapy", "surgery": "", "thermal_ablation": ""}
)
_ENDPOINT = Choice({"OS": "overall survival", "PFS": "progression-free survival", "LC": "local control"})
METASTASIS_UNLESS_SAID = Value((True,), given="true")


class Patient(Section):
    """The person, the tumour's biology and the history of the disease."""

    age: Annotated[Value, _AGE] = known("Age at assessment", _AGE)
    birth_date: Annotated[Value, _DAY] = known("Date of birth; used when age is not given", _DAY)
    sex: Annotated[Value, _SEX] = known("Sex", _SEX)
    ecog: Annotated[Value, _ECOG] = known("ECOG performance status as recorded", _ECOG)
    kps: Annotated[Value, _KPS] = known("Karnofsky performance status as recorded", _KPS)
    histology: Annotated[Value, _HISTOLOGY] = known("Histology of the primary", _HISTOLOGY)
    egfr: Annotated[Value, _GENE] = known("EGFR alteration", _GENE)
    egfr_variant: Annotated[Value, _TEXT] = known("EGFR variant, for example exon19del or L858R", _TEXT)
    alk: Annotated[Value, _GENE] = known("ALK fusion", _GENE)
    ros1: Annotated[Value, _GENE] = known("ROS1 fusion", _GENE)
    kras_g12c: Annotated[Value, _GENE] = known("KRAS G12C mutation", _GENE)
    pdl1_tps_percent: Annotated[Value, _PERCENT] = known("PD-L1 tumour proportion score", _PERCENT)
    life_expectancy_months: Annotated[Value, _MONTHS] = known("Life expectancy as judged by the team", _MONTHS)
    interstitial_lung_disease: Annotated[Value, _FLAG] = known("Interstitial lung disease", _FLAG)
    symptomatic_site: Annotated[Value, _FLAG] = known("A metastasis or the primary causes symptoms", _FLAG)
    hist_polymetastatic: Annotated[Value, _FLAG] = known(
        "Polymetastatic disease at any time before the current diagnosis of OMD", _FLAG
    )
    hist_oligometastatic: Annotated[Value, _FLAG] = known(
        "Oligometastatic disease before the current diagnosis of OMD", _FLAG
    )
    primary_dx_date: Annotated[Value, _DAY] = known("Date of diagnosis of the primary cancer", _DAY)
    omd_dx_date: Annotated[Value, _DAY] = known("Date of the first diagnosis of OMD", _DAY)
    interval_months: Annotated[Value, _INTERVAL] = known(
        "Months from primary diagnosis to first OMD; used when the dates are not given", _INTERVAL
    )
    on_active_systemic_therapy: Annotated[Value, _FLAG] = known(
        "Under active systemic therapy at the current diagnosis of OMD; else read from systemic_therapy", _FLAG
    )
    any_lesion_progressive: Annotated[Value, _FLAG] = known(
        "Any metastasis progressive or new on current imaging; else read from the lesions", _FLAG
    )
    other_disease_controlled: Annotated[Value, _FLAG] = known(
        "All disease that is not progressing is controlled; else read from lesions and primary", _FLAG
    )
    radiotherapy_planned: Annotated[Value, _FLAG] = known("Radiotherapy to the metastases is planned", _FLAG)


class Primary(Section):
    """The primary tumour and its regional nodes."""

    t: Annotated[Value, _T] = known("T category", _T)
    n: Annotated[Value, _N] = known("N category; pathological where available", _N)
    side: Annotated[Value, _SIDE] = known("Side of the primary", _SIDE)
    status: Annotated[Value, _PRIMARY_STATUS] = known("State of the primary now", _PRIMARY_STATUS)
    treatment: Annotated[Value, _TEXT] = known("Treatment of the primary", _TEXT)


class SystemicTherapy(Section):
    """One line of systemic therapy."""

    drugs: Annotated[Value, _TEXT] = known("Drugs", _TEXT)
    class_: Annotated[Value, _CLASS] = known("Class of the drugs", _CLASS, alias="class")
    start: Annotated[Value, _DAY] = known("First day", _DAY)
    stop: Annotated[Value, _DAY] = known("Last day", _DAY)
    ongoing: Annotated[Value, _FLAG] = known("Being given now; a stop date says that it is not", _FLAG)
    best_response: Annotated[Value, _RESPONSE] = known("Best response by RECIST 1.1", _RESPONSE)
    months: Annotated[Value, _MONTHS] = known("Months given so far", _MONTHS)
    cycles: Annotated[Value, _CYCLES] = known("Cycles given so far", _CYCLES)


class Staging(Section):
    """The work-up that was done, with its date where known."""

    pet_ct: Annotated[Value, _DONE] = known("18F-FDG PET-CT", _DONE)
    brain_mri: Annotated[Value, _BRAIN] = known("Brain imaging: MRI, or contrast CT", _BRAIN)
    liver_mri: Annotated[Value, _DONE] = known("Dedicated liver MRI", _DONE)
    pleural_thoracoscopy: Annotated[Value, _DONE] = known(
        "Thoracoscopy with biopsies of distant ipsilateral pleural sites", _DONE
    )
    mediastinal_pathology: Annotated[Value, _DONE] = known("Pathological staging of the mediastinum", _DONE)
    biopsy_of_metastasis: Annotated[Value, _DONE] = known("Biopsy of a metastasis", _DONE)
    biopsy_risk_exceeds_benefit: Annotated[Value, _FLAG] = known(
        "The team judges that biopsy of the metastasis risks more than it helps", _FLAG
    )
    mediastinum_influences_treatment: Annotated[Value, _FLAG] = known(
        "Pathology of the mediastinum would influence the treatment strategy", _FLAG
    )


class Recist(Section):
    """Sums of target lesions by RECIST 1.1."""

    baseline_sum_mm: Annotated[Value, _MM] = known("Sum of target lesions at baseline", _MM)
    nadir_sum_mm: Annotated[Value, _MM] = known("Smallest sum so far", _MM)
    current_sum_mm: Annotated[Value, _MM] = known("Sum now", _MM)
    new_lesion: Annotated[Value, _FLAG] = known("A new lesion since the last imaging", _FLAG)
    non_target_progression: Annotated[Value, _FLAG] = known("Unequivocal progression of non-target disease", _FLAG)
    targets_resolved: Annotated[Value, _FLAG] = known("All targets gone and every node under 10 mm short axis", _FLAG)
    progression_confirmed: Annotated[Value, _FLAG] = known(
        "Progression under immunotherapy confirmed at 4-8 weeks (iCPD)", _FLAG
    )


class Lesion(Section):
    """One metastasis.

    `metastasis: false` marks a listed lesion that is judged not to be one, such as a second primary.
    """

    id: Annotated[Value, _TEXT] = known("Name of the lesion, once per case", _TEXT)
    organ: Annotated[Value, _ORGAN] = known("Organ", _ORGAN)
    side: Annotated[Value, _SIDE] = known("Side", _SIDE)
    location: Annotated[Value, _LOCATION] = known("Place within the organ", _LOCATION)
    zone: Annotated[Value, _ZONE] = known("Zone of a lung lesion", _ZONE)
    size_cm: Annotated[Value, _SIZE] = known("Longest diameter", _SIZE)
    response: Annotated[Value, _LESION_RESPONSE] = known("Course on current imaging", _LESION_RESPONSE)
    prior_radiotherapy: Annotated[Value, _FLAG] = known("Irradiated before", _FLAG)
    metastasis: Annotated[Value, _FLAG] = Field(
        default=METASTASIS_UNLESS_SAID,
        description="Is a metastasis; a listed lesion is one unless this says false or unknown",
    )


class LocalTreatment(Section):
    """Local ablative therapy given to one lesion."""

    lesion: Annotated[Value, _TEXT] = known("Lesion id, or primary", _TEXT)
    modality: Annotated[Value, _MODALITY] = known("Modality", _MODALITY)
    date: Annotated[Value, _DAY] = known("Date", _DAY)
    total_dose_gy: Annotated[Value, Quantity("Gy", 0, 200)] = known("Total dose", Quantity("Gy", 0, 200))
    fractions: Annotated[Value, Quantity("fractions", 1, 60, whole=True)] = known(
        "Number of fractions", Quantity("fractions", 1, 60, whole=True)
    )


class Outcome(Section):
    """What happened."""

    endpoint: Annotated[Value, _ENDPOINT] = known("Endpoint", _ENDPOINT)
    event: Annotated[Value, _FLAG] = known("The event happened; false means censored", _FLAG)
    date: Annotated[Value, _DAY] = known("Date of the event or of censoring", _DAY)


class Case(Section):
    """One case: a chart at one date."""

    case: Annotated[Value, _TEXT] = known("Name of the case", _TEXT)
    assessed: Annotated[Value, _DAY] = known("Date the questions are asked at; today when absent", _DAY)
    patient: Patient = Field(default_factory=Patient)
    primary: Primary = Field(default_factory=Primary)
    systemic_therapy: tuple[SystemicTherapy, ...] | None = Field(
        None, description="Lines of systemic therapy, newest last; [] means none was given"
    )
    staging: Staging = Field(default_factory=Staging)
    recist: Recist = Field(default_factory=Recist)
    all_sites_treatable: Annotated[Value, _FLAG] = known(
        "All sites can safely be treated with curative intent, as judged by the tumour board", _FLAG
    )
    diffuse_disease: Annotated[Value, _FLAG] = known(
        "Effusion, ascites, lymphangitic, leptomeningeal or diffuse marrow disease", _FLAG
    )
    malignant_effusion: Annotated[Value, _FLAG] = known("Malignant pleural or pericardial effusion", _FLAG)
    lesions_complete: Annotated[Value, _FLAG] = known("The list of lesions is all there is", _FLAG)
    lesions: tuple[Lesion, ...] | None = Field(None, description="Metastases; [] means none was seen")
    local_treatment: tuple[LocalTreatment, ...] | None = Field(None, description="Local ablative therapy given")
    outcomes: tuple[Outcome, ...] | None = Field(None, description="Follow-up")
