"""The words of a case: every field with its definition, unit and allowed values.

Schema, template and dictionary are derived from here.

Codes (LOINC, SNOMED CT, ICD-10) are shown where a verified source gives them; none has been verified yet, so none is
printed.
"""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from oligoscope.vocabulary.values import (
    Choice,
    Day,
    FieldType,
    Flag,
    HowMany,
    Name,
    Names,
    OpenChoice,
    PresumedFlag,
    Procedure,
    Quantity,
    Scale,
    SizeAboveZero,
    Text,
    Value,
)


@dataclass(frozen=True)
class Unremarkable:
    """What a field that is left out is taken for, where the chart is kept by exception."""

    value: Value


def field(
    definition: str,
    kind: FieldType,
    silent: Value | None = None,
    alias: str | None = None,
    unremarkable: str | None = None,
) -> Any:
    """A field of one kind. silent: what it means when the chart does not mention it; else it is unknown.

    unremarkable: what clinicians leave out, as a chart writes it; never a count, a stage, a driver, a history, a date.
    """
    default = silent if silent is not None else replace(kind.unknown(), left_out=True)
    found: Any = Field(default_factory=lambda: default, description=definition, alias=alias)
    found.metadata.append(kind)
    if unremarkable is not None:
        found.metadata.append(Unremarkable(kind.parse(unremarkable)))
    return found


@dataclass(frozen=True)
class ListRole:
    """What readers need to know of a list beside its items' fields.

    item: what one entry is called, and how its numbered columns begin in a flat file (lesion1_organ). none_if_empty: a
    registry that has the list means "none was seen" for a patient without an entry; else such a list is not known.
    follow_up: its dates may lie after the day of the assessment.  planned: they may lie in the future.  named_by: the
    field whose labels may begin its columns in a flat file, instead of item and number (os_date).
    """

    item: str
    none_if_empty: bool = False
    follow_up: bool = False
    planned: bool = False
    named_by: str = ""


def entries(definition: str, role: ListRole) -> Any:
    """A list of items, None when the chart does not have it."""
    found: Any = Field(default=None, description=definition)
    found.metadata.append(role)
    return found


class Section(BaseModel):
    """A part of a case. A key that is not a field is refused, so that a misspelt one is not lost."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


_FLAG, _DAY, _TEXT, _NAME = Flag(words=("flag",)), Day(), Text(), Name()
_AGE = Quantity("years", 0, 120, whole=True)
_SEX = Choice({"female": "", "male": "", "other": ""}, words=("sex",))
_ECOG = Scale(
    "ECOG performance status", (0, 1, 2, 3, 4), {5: "ECOG 5 means dead: this case cannot be assessed"}, words=("ecog",)
)
_KPS = Scale(
    "Karnofsky", tuple(range(10, 101, 10)), {0: "KPS 0 means dead: this case cannot be assessed"}, words=("kps",)
)
_HISTOLOGY = Choice(
    {
        "adenocarcinoma": "adenocarcinoma",
        "squamous_cell_carcinoma": "squamous cell carcinoma",
        "non_adenocarcinoma": "NSCLC, not adenocarcinoma, not further named",
        "large_cell_carcinoma": "large cell carcinoma",
        "adenosquamous_carcinoma": "adenosquamous carcinoma",
        "large_cell_neuroendocrine_carcinoma": "large cell neuroendocrine carcinoma",
        "sarcomatoid_carcinoma": "sarcomatoid carcinoma",
        "nsclc_nos": "NSCLC, not otherwise specified",
        "other": "another histology of NSCLC",
    },
    words=("histology",),
)
_ALTERATION = {"positive": "an alteration was found", "negative": "tested, none found"}
_EGFR, _ALK, _ROS1, _KRAS = (Choice(_ALTERATION, words=("gene", gene)) for gene in ("egfr", "alk", "ros1", "kras_g12c"))
_GENE = Choice(_ALTERATION, words=("gene",))
_SMOKING = Choice({"never": "never smoked", "former": "smoked, and stopped", "current": "smokes"}, words=("smoking",))
_PERCENT = Quantity("percent", 0, 100)
_OF_PREDICTED = Quantity("percent", 0, 250)
_MONTHS = Quantity("months", 0, 600)
_HOURS = Quantity("hours", 0, 10_000)
_INTERVAL = Quantity("months", -1200, 1200)
_T = Choice(
    dict.fromkeys(("TX", "T0", "Tis", "T1", "T1a", "T1b", "T1c", "T2", "T2a", "T2b", "T3", "T4"), ""), words=("t",)
)
_N = Choice(
    {"N0": "no regional node", "N1": "", "N2": "", "N3": "", "NX": "regional nodes cannot be assessed"}, words=("n",)
)
_N2 = Choice({"N2a": "N2a of TNM 9", "N2b": "N2b of TNM 9"})
_CATEGORY_BY = Choice(
    {
        "clinical": "c: before treatment, by imaging and biopsy",
        "pathological": "p: from the operation",
        "after_therapy": "yp or yc: after neoadjuvant therapy",
    },
    words=("category_by",),
)
_PRIMARY_STATUS = Choice(
    {
        "controlled": "treated, no sign of growth",
        "progressing": "growing",
        "untreated": "not treated yet",
        "treated_with_lat": "treated together with the metastases by local ablative therapy",
    },
    words=("primary_status",),
)
_SIDE = Choice({"left": "", "right": "", "midline": "", "bilateral": ""}, words=("side",))
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
    words=("class",),
)
_RESPONSE = Choice(
    {"CR": "complete response", "PR": "partial response", "SD": "stable disease", "PD": "progressive disease"},
    words=("response",),
)
_DONE = Procedure({"done": "done", "not_done": "not done"}, words=("done",))
_BRAIN = Procedure(
    {"done": "MRI done", "ct": "contrast CT instead of MRI", "not_done": "no brain imaging"},
    words=("done", "brain_imaging"),
)
_BRAIN_CT = Procedure({"done": "done", "not_done": "not done"}, words=("done", "brain_ct"))
_IMAGING = Choice(
    {"pet_ct": "PET-CT", "ct": "CT", "mri": "MRI", "pet_mri": "PET-MRI", "other": "any other"}, words=("imaging",)
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
    words=("organ",),
)
_LOCATION = OpenChoice(
    {
        "supratentorial": "brain",
        "infratentorial": "brain",
        "brainstem": "brain",
        "spine": "bone",
        "femur": "bone: the thigh bone, which is not irradiated like others",
        "other_bone": "bone: neither spine nor femur",
        "non_spine": "bone: not the spine, femur or another",
        "ipsilateral": "lung: the side of the primary",
        "contralateral": "lung: the other side",
        "elsewhere": "any other place, in words",
    },
    words=("location",),
)
_RESECTION = Choice(
    {
        "none": "neither resected nor to be resected",
        "planned": "to be resected, radiotherapy before",
        "done": "resected: what is left is the cavity",
    },
    words=("resection",),
)
_ZONE = Choice({"peripheral": "", "central": "", "ultracentral": ""}, words=("zone",))
_LESION_RESPONSE = Choice(
    {
        "progression": "grew",
        "new": "not there on earlier imaging (counts as progression)",
        "stable": "neither grew nor shrank enough to count",
        "at_diagnosis": "seen at first diagnosis, with nothing earlier to compare",
        "partial_response": "shrank",
        "complete_response": "gone",
    },
    words=("lesion_response",),
)
_EPISODE = Choice({"this": "first seen in this episode", "earlier": "first seen in an episode before"})
_ORIGIN = Choice(
    {
        "lung_cancer": "the biopsy shows this lung cancer",
        "second_primary": "another cancer",
        "benign": "no cancer",
    },
    words=("origin",),
)
_COUNT = HowMany("lesions", 1, 50, whole=True)
_SIZE = SizeAboveZero("cm", 0, 50)
_GAP = Quantity("cm", 0, 50)
_VOLUME = Quantity("mL", 0, 2000)
# The upper end of the score was read in no source here; 100 only keeps a wrong column out.
_SINS = Quantity("points", 0, 100, whole=True)
_MM = Quantity("mm", 0, 5000)
_CYCLES = Quantity("cycles", 0, 200, whole=True)
_MODALITY = Choice(
    {"sabr": "stereotactic radiotherapy", "radiotherapy": "other radiotherapy", "surgery": "", "thermal_ablation": ""},
    words=("modality",),
)
_TECHNIQUE = Choice(
    {"sabr": "stereotactic radiotherapy, radiosurgery of the brain too", "radiotherapy": "other radiotherapy"},
    words=("technique",),
)
_SITE = Choice(
    {
        "brain": "inside the skull",
        "thorax": "the chest, primary and its nodes too",
        "abdomen_or_pelvis": "the abdomen or the pelvis",
        "other": "any other place",
    },
    words=("site",),
)
_ENDPOINT = Choice(
    {
        "OS": "overall survival",
        "PFS": "progression-free survival",
        "LC": "local control",
        "DSS": "disease-specific survival",
    },
    words=("endpoint",),
)
_CAUSE = Choice({"cancer": "died of the cancer", "other": "died of something else"}, words=("cause",))
_INTENT = Choice(
    {
        "palliative": "for metastatic disease",
        "adjuvant": "after local therapy of the primary with curative intent",
        "neoadjuvant": "before local therapy of the primary with curative intent",
        "curative_chemoradiation": "part of chemoradiation with curative intent",
    },
    words=("intent",),
)
_CHARTING = Choice(
    {
        "complete": "what is left out is not known",
        "by_exception": "what is left out is unremarkable, where the field has such a value",
    },
    words=("charting",),
)
_INTACT = _RESECTION.parse("none")
_LISTED_AS = PresumedFlag(words=("flag",))
# A lesion without a word on its course is there, its course not recorded; only a chart that says unknown leaves open
# whether it is gone.
_THERE = Value(tuple(label for label in _LESION_RESPONSE.labels if label != "complete_response"))


class Patient(Section):
    """The person, the tumour's biology and the history of the disease."""

    age: Value = field("Age at assessment", _AGE)
    birth_date: Value = field("Date of birth; used when age is not given", _DAY)
    sex: Value = field("Sex", _SEX)
    ecog: Value = field("ECOG performance status as recorded", _ECOG)
    kps: Value = field("Karnofsky performance status as recorded", _KPS)
    histology: Value = field("Histology of the primary", _HISTOLOGY)
    egfr: Value = field("EGFR alteration", _EGFR)
    egfr_variant: Value = field("EGFR variant, for example exon19del or L858R", _TEXT)
    alk: Value = field("ALK fusion", _ALK)
    ros1: Value = field("ROS1 fusion", _ROS1)
    kras: Value = field("KRAS alteration of any kind", _GENE)
    kras_g12c: Value = field("KRAS G12C mutation", _KRAS)
    braf: Value = field("BRAF alteration", _GENE)
    met_exon14: Value = field("MET exon 14 skipping alteration", _GENE)
    ret: Value = field("RET fusion", _GENE)
    her2: Value = field("HER2 alteration", _GENE)
    ntrk: Value = field("NTRK fusion", _GENE)
    pdl1_tps_percent: Value = field("PD-L1 tumour proportion score", _PERCENT)
    life_expectancy_months: Value = field("Life expectancy as judged by the team", _MONTHS, unremarkable=">6")
    smoking: Value = field("Smoking", _SMOKING)
    operable: Value = field("Can be operated on, as judged by the team", _FLAG)
    fev1_percent_predicted: Value = field("FEV1 as a share of what is predicted", _OF_PREDICTED)
    dlco_percent_predicted: Value = field("DLCO as a share of what is predicted", _OF_PREDICTED)
    interstitial_lung_disease: Value = field("Interstitial lung disease", _FLAG, unremarkable="false")
    symptomatic_site: Value = field("A metastasis or the primary causes symptoms", _FLAG, unremarkable="false")
    hist_polymetastatic: Value = field("Polymetastatic disease at any time before the current diagnosis of OMD", _FLAG)
    hist_oligometastatic: Value = field("Oligometastatic disease before the current diagnosis of OMD", _FLAG)
    primary_dx_date: Value = field("Date of diagnosis of the primary cancer", _DAY)
    first_metastasis_date: Value = field(
        "Day of the first metastasis of any number; where both histories are false it is that of omd_dx_date", _DAY
    )
    omd_dx_date: Value = field("Day of the diagnosis of this episode of OMD", _DAY)
    last_contact_date: Value = field("Last day on which the patient was known to be alive", _DAY)
    interval_months: Value = field(
        "Months from primary diagnosis to first metastasis; used when the dates are not given", _INTERVAL
    )
    on_active_systemic_therapy: Value = field(
        "Under active systemic therapy at the current diagnosis of OMD; else read from systemic_therapy", _FLAG
    )
    any_lesion_progressive: Value = field(
        "Any metastasis progressive or new on current imaging; else read from the lesions", _FLAG
    )
    other_disease_controlled: Value = field(
        "All disease that is not progressing is controlled; else read from lesions and primary", _FLAG
    )
    largest_brain_metastasis_volume_ml: Value = field(
        "Volume of the largest brain metastasis; else read from the lesions", _VOLUME
    )
    total_brain_metastasis_volume_ml: Value = field(
        "Volume of all brain metastases together; else read from the lesions", _VOLUME
    )
    radiotherapy_planned: Value = field("Radiotherapy to the metastases is planned", _FLAG)


class Primary(Section):
    """The primary tumour and its regional nodes."""

    t: Value = field("T category", _T)
    t_by: Value = field("How the T category was found", _CATEGORY_BY)
    n: Value = field("N category; pathological where available", _N)
    n_by: Value = field("How the N category was found", _CATEGORY_BY)
    n2_subgroup: Value = field("Subgroup of N2 in TNM 9", _N2)
    occult: Value = field("No primary tumour was found", _FLAG)
    side: Value = field("Side of the primary", _SIDE)
    status: Value = field("State of the primary now", _PRIMARY_STATUS)
    treatment: Value = field("Treatment of the primary", _TEXT)
    treated_locally: Value = field(
        "The primary itself was operated on, irradiated or ablated with curative intent", _FLAG
    )


class SystemicTherapy(Section):
    """One line of systemic therapy."""

    drugs: Value = field("Drugs", _NAME)
    class_: Value = field("Class of the drugs", _CLASS, alias="class")
    intent: Value = field("What the line is given for", _INTENT)
    start: Value = field("First day", _DAY)
    stop: Value = field("Last day", _DAY)
    ongoing: Value = field("Being given now; a stop date says that it is not", Flag(words=("flag", "ongoing")))
    best_response: Value = field("Best response by RECIST 1.1", _RESPONSE)
    months: Value = field("Months given so far", _MONTHS)
    cycles: Value = field("Cycles given so far", _CYCLES)
    last_dose: Value = field("Day of the last dose so far", _DAY)
    next_dose: Value = field("Day the next dose is due", _DAY)
    hours_before_radiotherapy: Value = field(
        "Hours from the last dose to the planned radiotherapy; for pauses of hours, which days do not tell", _HOURS
    )
    anti_vegf: Value = field("Holds a drug against VEGF or its receptor; else read from the drugs", _FLAG)


class Staging(Section):
    """The work-up that was done, with its date where known."""

    pet_ct: Value = field("18F-FDG PET-CT", _DONE)
    brain_mri: Value = field("Brain imaging: MRI, or contrast CT", _BRAIN)
    brain_ct: Value = field(
        "CT of the brain; a contrast CT that stands in for the MRI is written as brain_mri: ct", _BRAIN_CT
    )
    current_imaging: Value = field("The imaging that the courses of lesions are read from", _DONE)
    imaged_by: Value = field("What kind of imaging that is", _IMAGING)
    liver_mri: Value = field("Dedicated liver MRI", _DONE)
    pleural_thoracoscopy: Value = field("Thoracoscopy with biopsies of distant ipsilateral pleural sites", _DONE)
    mediastinal_pathology: Value = field("Pathological staging of the mediastinum", _DONE)
    biopsy_of_metastasis: Value = field("Biopsy of a metastasis", _DONE)
    biopsy_risk_exceeds_benefit: Value = field(
        "The team judges that biopsy of the metastasis risks more than it helps", _FLAG
    )
    mediastinum_influences_treatment: Value = field(
        "Pathology of the mediastinum would influence the treatment strategy", _FLAG
    )


class Recist(Section):
    """Sums of target lesions by RECIST 1.1."""

    baseline_sum_mm: Value = field("Sum of target lesions at baseline", _MM)
    nadir_sum_mm: Value = field("Smallest sum so far", _MM)
    current_sum_mm: Value = field("Sum now", _MM)
    new_lesion: Value = field("A new lesion since the last imaging", _FLAG)
    non_target_progression: Value = field("Unequivocal progression of non-target disease", _FLAG)
    targets_resolved: Value = field("All targets gone and every node under 10 mm short axis", _FLAG)
    progression_confirmed: Value = field("Progression under immunotherapy confirmed at 4-8 weeks (iCPD)", _FLAG)


class Lesion(Section):
    """One metastasis.

    `metastasis: false` marks a listed lesion that is judged not to be one, such as a second primary.
    """

    id: Value = field("Name of the lesion, once per case", _NAME)
    count: Value = field(
        "For how many like it this entry stands; each is then a lesion of its own, named L1-1, L1-2",
        _COUNT,
        silent=_COUNT.parse(1),
    )
    organ: Value = field("Organ", _ORGAN)
    side: Value = field("Side", _SIDE)
    location: Value = field("Place within the organ", _LOCATION)
    zone: Value = field("Zone of a lung lesion", _ZONE)
    distance_proximal_bronchial_tree_cm: Value = field(
        "Distance of a lung lesion from the proximal bronchial tree", _GAP
    )
    abuts_proximal_bronchial_tree: Value = field(
        "Abuts or overlaps the proximal bronchial tree, the trachea or a main bronchus", _FLAG
    )
    distance_main_bronchus_trachea_cm: Value = field(
        "Distance of a lung lesion from the nearest main bronchus or the trachea", _GAP
    )
    distance_chest_wall_cm: Value = field("Distance of a lung lesion from the chest wall; 0 where it abuts it", _GAP)
    distance_mediastinum_cm: Value = field("Distance of a lung lesion from the mediastinum", _GAP)
    distance_brachial_plexus_cm: Value = field("Distance of a lung lesion from the brachial plexus", _GAP)
    abuts_mediastinal_pleura: Value = field("Adjacent to the mediastinal or pericardial pleura", _FLAG)
    overlaps_oesophagus: Value = field("Abuts or overlaps the oesophagus", _FLAG)
    overlaps_great_vessel: Value = field("Abuts or overlaps a great vessel", _FLAG)
    gi_structure_in_range: Value = field(
        "Stomach, duodenum or bowel lies within range of the dose, as judged by the team", _FLAG
    )
    near_vessel_or_bile_duct: Value = field("Within 1 cm of a large vessel or bile duct", _FLAG)
    sins: Value = field("Spinal Instability Neoplastic Score of a spine lesion", _SINS)
    epidural_disease: Value = field("Epidural disease beside a spine lesion", _FLAG)
    symptomatic_cord_compression: Value = field("A spine lesion compresses the cord and causes symptoms by it", _FLAG)
    mass_effect: Value = field("A brain lesion has mass effect", _FLAG)
    resection: Value = field(
        "What surgery does to a brain lesion; left out, it is intact and not to be resected",
        _RESECTION,
        silent=_INTACT,
    )
    resectable: Value = field("Can be resected, as judged by the team", _FLAG)
    size_cm: Value = field("Longest diameter", _SIZE)
    volume_ml: Value = field("Volume", _VOLUME)
    v12_ml: Value = field("Volume of brain that gets 12 Gy or more by the single-fraction plan for it", _VOLUME)
    response: Value = field(
        "Course on current imaging; left out, the lesion is there and its course not recorded",
        _LESION_RESPONSE,
        silent=_THERE,
    )
    episode: Value = field("In which episode it was first seen", _EPISODE)
    prior_radiotherapy: Value = field("Irradiated before", _FLAG, unremarkable="false")
    treated: Value = field("Had local ablative therapy; what was done is written under local_treatment", _FLAG)
    treatment_date: Value = field("Day of the local ablative therapy", _DAY)
    biopsy: Value = field("A biopsy of it was taken", _FLAG)
    origin: Value = field("What a biopsy of it showed", _ORIGIN)
    metastasis: Value = field(
        "Is a metastasis; a listed lesion is presumed to be one, but for a nodule in the lung of the primary",
        _LISTED_AS,
        silent=_LISTED_AS.silent(),
    )


class LocalTreatment(Section):
    """Local ablative therapy given to one lesion."""

    lesion: Value = field("Lesion id, or primary", Name(also=("primary",)))
    modality: Value = field("Modality", _MODALITY)
    date: Value = field("Date", _DAY)
    total_dose_gy: Value = field("Total dose", Quantity("Gy", 0, 200))
    fractions: Value = field("Number of fractions", Quantity("fractions", 1, 60, whole=True))


class PlannedRadiotherapy(Section):
    """Radiotherapy that is planned, of one or several lesions in one course."""

    lesions: Value = field("Ids of the lesions in one course, or primary", Names(also=("primary",)))
    site: Value = field("Where it is given; else read from the lesion", _SITE)
    start: Value = field("First day", _DAY)
    technique: Value = field("Technique", _TECHNIQUE)
    total_dose_gy: Value = field("Total dose", Quantity("Gy", 0, 200))
    fractions: Value = field("Number of fractions", Quantity("fractions", 1, 60, whole=True))


class Outcome(Section):
    """What happened."""

    endpoint: Value = field("Endpoint", _ENDPOINT)
    event: Value = field("The event happened; false means censored", Flag(words=("flag", "event")))
    date: Value = field("Date of the event or of censoring", _DAY)
    months: Value = field(
        "Months from time zero to the event or censoring, where no date is given; who analyses names time zero", _MONTHS
    )
    cause: Value = field("Cause of death", _CAUSE)
    entry_date: Value = field("Day the patient came under observation, where that is later than the start", _DAY)


class Case(Section):
    """One case: a chart at one date."""

    case: Value = field("Name of the case", _TEXT)
    assessed: Value = field("Date the questions are asked at; today when absent", _DAY)
    charting: Value = field(
        "What it means that a field is left out; where this says nothing, that it is not known", _CHARTING
    )
    patient: Patient = Field(default_factory=Patient)
    primary: Primary = Field(default_factory=Primary)
    systemic_therapy: tuple[SystemicTherapy, ...] | None = entries(
        "Lines of systemic therapy, newest last; [] means none was given", ListRole("systemic_therapy")
    )
    staging: Staging = Field(default_factory=Staging)
    recist: Recist = Field(default_factory=Recist)
    all_sites_treatable: Value = field(
        "All sites can safely be treated with curative intent, as judged by the tumour board", _FLAG
    )
    progressing_sites_treatable: Value = field(
        "The growing or new sites can safely be treated, whatever is true of the others", _FLAG
    )
    diffuse_disease: Value = field(
        "Effusion, ascites, lymphangitic, leptomeningeal or diffuse marrow disease", _FLAG, unremarkable="false"
    )
    malignant_effusion: Value = field("Malignant pleural or pericardial effusion", _FLAG, unremarkable="false")
    lesions_complete: Value = field("The list of lesions is all there is", _FLAG)
    lesions: tuple[Lesion, ...] | None = entries(
        "Metastases; [] means none was seen", ListRole("lesion", none_if_empty=True)
    )
    local_treatment: tuple[LocalTreatment, ...] | None = entries(
        "Local ablative therapy given", ListRole("local_treatment", follow_up=True)
    )
    planned_radiotherapy: tuple[PlannedRadiotherapy, ...] | None = entries(
        "Radiotherapy that is planned; [] means none", ListRole("planned_radiotherapy", planned=True)
    )
    outcomes: tuple[Outcome, ...] | None = entries(
        "Follow-up", ListRole("outcome", follow_up=True, named_by="endpoint")
    )
