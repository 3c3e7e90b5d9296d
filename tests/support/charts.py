"""Random charts with unknowns, sets, intervals, partial dates and incomplete lists, as a case and as a cohort's rows
alike.
"""

import copy
import datetime
import random
from collections.abc import Iterator

from oligoscope.assess.examples import as_document
from oligoscope.chart.consistency import checks_of
from oligoscope.chart.document import build_case
from oligoscope.chart.problems import CaseError
from oligoscope.spelling import spell
from oligoscope.vocabulary.fields import FieldSpec, list_fields, scalar_fields
from oligoscope.vocabulary.values import Choice, Day, Flag, HowMany, Procedure, Quantity, Scale, Text

ASSESSED, TODAY = "2024-06-30", datetime.date(2024, 7, 1)
Row = dict[str, str]
Chart = tuple[Row, list[Row] | None, list[Row] | None]


def accepted(chart: Chart) -> bool:
    """Whether a chart says nothing impossible."""
    try:
        build_case(as_document(*chart), "chart", TODAY)
    except CaseError:
        return False
    return True


class Charts:
    """A seeded source of charts. `p_unknown`: how often a field is left out."""

    def __init__(self, seed: int, p_unknown: float = 0.3) -> None:
        self.random, self.p_unknown = random.Random(seed), p_unknown

    def chart(self) -> Chart:
        """(scalar columns, lesions, systemic therapies) as text, which a reader accepts."""
        while not accepted(chart := self._chart()):
            pass
        return chart

    def _chart(self) -> Chart:
        self.p_unknown = self.random.choice((0.0, 0.05, 0.3, 0.6))
        row = {"assessed": ASSESSED}
        for spec in scalar_fields():
            if spec.name not in ("assessed", "case", "birth_date") and self.random.random() >= self.p_unknown:
                row[spec.column] = self.value(spec)
        if self.random.random() < 0.3:
            row.pop("age", None)
            row["birth_date"] = self.day(1930, 1980)
        for name in ("hist_polymetastatic", "hist_oligometastatic", "diffuse_disease"):
            if name in row and self.random.random() < 0.5:
                row[name] = "false"
        if row.get("diffuse_disease") == "false" and row.get("malignant_effusion") == "true":
            row["malignant_effusion"] = "false"
        lesions = [self.item("lesions") for _ in range(self.random.choice((0, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8)))]
        therapies = [self.item("systemic_therapy") for _ in range(self.random.choice((0, 1, 1, 2)))]
        self.in_time(row, therapies)
        agreed(row, lesions, therapies)
        return {**row, **self.planned()}, lesions, therapies or None

    def planned(self) -> Row:
        """Radiotherapy that is planned, in the numbered columns of a flat file; none in half of the charts."""
        found: Row = {}
        for number in range(1, 1 + self.random.choice((0, 0, 1, 2))):
            specs = [spec for spec in list_fields("planned_radiotherapy") if not isinstance(spec.kind, Text)]
            values = {spec.column: self.value(spec) for spec in specs if self.random.random() >= self.p_unknown}
            values.setdefault("start", "2024")  # An item without any field is not there.
            found |= {f"planned_radiotherapy{number}_{name}": value for name, value in values.items()}
        return found

    def in_time(self, row: Row, therapies: list[Row]) -> None:
        """Make most charts possible: what comes first is dated first. Partial dates sort before what they leave open."""
        if "primary_dx_date" in row and "omd_dx_date" in row:
            row["primary_dx_date"], row["omd_dx_date"] = sorted((row["primary_dx_date"], row["omd_dx_date"]))
        if "first_metastasis_date" in row:
            days = [row[name] for name in ("primary_dx_date", "omd_dx_date") if name in row]
            first_episode = row.get("hist_polymetastatic") == row.get("hist_oligometastatic") == "false"
            row["first_metastasis_date"] = row.get("omd_dx_date", "2023") if first_episode or not days else days[0]
        if "primary_dx_date" in row and self.random.random() < 0.8:
            row.pop("interval_months", None)
        for line in therapies:
            for name in ("start", "stop", "last_dose", "next_dose"):
                if name in line:
                    line[name] = max(line[name], row.get("primary_dx_date", ""))
            if line.get("start", "") > "2023-05":
                line.pop("months", None)
            if line.get("intent") == "palliative" and "start" in line:
                line["start"] = max(line["start"], row.get("first_metastasis_date", row.get("omd_dx_date", "")))

    def item(self, name: str) -> Row:
        found = {}
        for spec in list_fields(name):
            if isinstance(spec.kind, HowMany):
                if self.random.random() < 0.05:
                    found[spec.column] = self.random.choice(("1", "2", "3"))
            elif (
                not isinstance(spec.kind, Text) and spec.name != "metastasis" and self.random.random() >= self.p_unknown
            ):
                found[spec.column] = self.value(spec)
        if name == "lesions" and self.random.random() < 0.1:
            found["metastasis"] = self.random.choice(("false", "true", "false|true"))
        if "start" in found and "stop" in found:
            found["start"], found["stop"] = sorted((found["start"], found["stop"]))
            if found["stop"] < found["start"][:4]:
                found.pop("stop")
        if "stop" in found and found.get("ongoing") == "true":
            found["ongoing"] = "false"
        if found.get("response") == "new":
            found["prior_radiotherapy"] = "false"
        if name == "lesions" and "organ" not in found:
            found["side"] = "left"
        if not found:
            found["start" if name == "systemic_therapy" else "side"] = (
                "2023-01" if name == "systemic_therapy" else "left"
            )
        return found

    def value(self, spec: FieldSpec) -> str:
        kind, choose = spec.kind, self.random
        if isinstance(kind, Procedure) and choose.random() < 0.4:
            return self.day(2023, 2024)
        if isinstance(kind, Choice):
            return self.some(list(kind.labels))
        if isinstance(kind, Flag):
            return self.some(["true", "false"])
        if isinstance(kind, Scale):
            return self.some([spell(step) for step in kind.steps])
        if isinstance(kind, Day):
            return self.day(1930, 1980) if spec.name == "birth_date" else self.day(2021, 2024)
        if isinstance(kind, Quantity):
            return self.quantity(kind)
        return "text"

    def some(self, labels: list[str]) -> str:
        if self.random.random() < 0.12:
            return "|".join(self.random.sample(labels, min(len(labels), self.random.choice((2, 3)))))
        return self.random.choice(labels)

    def day(self, first: int, last: int) -> str:
        year, month, day = self.random.randint(first, last), self.random.randint(1, 12), self.random.randint(1, 31)
        month = min(month, 5) if year == 2024 else month
        if self.random.random() < 0.2:
            return self.random.choice((f"{year}", f"{year}-{month:02d}")) if year < 2024 else f"{year}-{month:02d}"
        day = min(day, 28) if month == 2 else min(day, 30)
        return f"{year}-{month:02d}-{self.random.choice((day, 30 if month != 2 else 28, 1)):02d}"

    def quantity(self, kind: Quantity) -> str:
        nice = {
            "years": (60, 69, 70, 75),
            "months": (1, 2.9, 3, 6, 6.1, 12),
            "cycles": (1, 3, 4, 6),
            "mm": (0, 18, 30, 40, 48, 50),
            "cm": (0.4, 1.2, 2, 3, 4.1, 5.5),
            "mL": (0.5, 3.9, 4, 9.9, 12),
            "points": (3, 11, 12),
        }
        numbers = [n for n in nice.get(kind.unit, (1, 2, 3)) if not kind.whole or n == int(n)]
        a, b = sorted(self.random.choice(numbers) for _ in range(2))
        roll = self.random.random()
        if roll < 0.08:
            return f"{a:g}..{b:g}"
        if roll < 0.16:
            return f"{self.random.choice(('<', '<=', '>', '>=') if a > 0 else ('>', '>='))}{a:g}"
        if roll < 0.2:
            return f"{a:g}|{b:g}"
        return f"{a:g}"


ONE_ORGAN = {
    "lung": ("zone", "distance_proximal_bronchial_tree_cm", "distance_main_bronchus_trachea_cm", "distance_chest_wall_cm", "distance_mediastinum_cm",
             "distance_brachial_plexus_cm"),
    "bone": ("sins", "epidural_disease", "symptomatic_cord_compression"),
    "brain": ("mass_effect", "resection", "v12_ml"),
}  # fmt: skip
"""Fields of lesions that only one organ has."""
MAKE_THE_ZONE = (
    "abuts_proximal_bronchial_tree", "overlaps_great_vessel", "overlaps_oesophagus", "distance_proximal_bronchial_tree_cm", "abuts_mediastinal_pleura",
)  # fmt: skip
PLACES = {
    "brain": ("supratentorial", "infratentorial", "brainstem"), "bone": ("spine", "femur", "other_bone", "non_spine"),
}  # fmt: skip
VOLUMES = ("largest_brain_metastasis_volume_ml", "total_brain_metastasis_volume_ml")


def agreed(row: Row, lesions: list[Row], therapies: list[Row]) -> None:
    """Leave out one of two fields that could contradict each other, or one in three charts would be left."""
    for name, others in {
        "kras": ["kras_g12c"], "progressing_sites_treatable": ["all_sites_treatable"], "primary_n2_subgroup": ["primary_n"],
        "primary_treated_locally": ["primary_status"], "primary_occult": ["primary_t", "primary_status"],
        "staging_imaged_by": ["staging_current_imaging"], "recist_nadir_sum_mm": ["recist_baseline_sum_mm"],
    }.items():  # fmt: skip
        if any(other in row for other in others):
            row.pop(name, None)
    if any(item.get("response", "") in ("new", "progression") for item in lesions):
        row.pop("any_lesion_progressive", None)
    for item in lesions:
        _agreed_lesion(item)
        if item.get("response") == "new":
            row.pop("recist_new_lesion", None)
        if row.get("staging_biopsy_of_metastasis") == "not_done":
            item.pop("biopsy", None)
        item.setdefault("side", "left")
    if any("volume_ml" in item for item in lesions):
        for name in VOLUMES:
            row.pop(name, None)
    if VOLUMES[0] in row:
        row.pop(VOLUMES[1], None)
    for line in therapies:
        days = sorted(line[name] for name in ("start", "last_dose", "stop") if name in line)
        line |= dict(zip([name for name in ("start", "last_dose", "stop") if name in line], days, strict=True))
        line.pop("next_dose", None) if days else None


def _agreed_lesion(item: Row) -> None:
    for organ, names in ONE_ORGAN.items():
        if item.get("organ") != organ:
            for name in names:
                item.pop(name, None)
    if "zone" in item:
        for name in MAKE_THE_ZONE:
            item.pop(name, None)
    if "distance_proximal_bronchial_tree_cm" in item:
        item.pop("distance_main_bronchus_trachea_cm", None)
    if item.get("location", "spine") != "spine":
        item.pop("sins", None)
    for organ, places in PLACES.items():
        if set(item.get("location", "").split("|")) & set(places) and item.get("organ") != organ:
            item.pop("location")
    if item.get("side") == "midline" and item.get("organ") in ("adrenal", "kidney"):
        item["side"] = "left"
    if "count" in item:
        item.pop("size_cm", None)
        item.pop("volume_ml", None)
    if item.get("response") == "new":
        for name in ("treated", "episode"):
            item.pop(name, None)
    if "treated" in item or item.get("treatment_date", "") < "2024-06":
        item.pop("treatment_date", None)
    if set(item.get("origin", "").split("|")) <= {"second_primary", "benign"}:
        item.pop("origin", None)


# Fields that say outright what a list or another field says too: filled in only where the other is silent.
STATED = {
    "on_active_systemic_therapy", "any_lesion_progressive", "other_disease_controlled", "interval_months", "kps", "ecog", "age", "birth_date", "lesions_complete",
    "progressing_sites_treatable", "first_metastasis_date", *VOLUMES,
}  # fmt: skip


def _together(filled: Chart, said: Chart, own: Chart) -> Iterator[tuple[Row, Row, Row]]:
    """Row by row what was filled in, what that was before fields were left out, and what the chart said; rows that were
    added have said nothing.
    """
    yield filled[0], said[0], own[0]
    for now, before, mine in zip(filled[1:], said[1:], own[1:], strict=True):
        for n, entry in enumerate(now or []):
            yield entry, (before or [])[n], (mine or [])[n] if n < len(mine or []) else {}


def corrects_the_interval(chart: Chart) -> bool:
    """Whether dates overrule the interval that a chart tells (R-11: the dates win, with a check)."""
    case = build_case(as_document(*chart), "chart", TODAY)
    return any("the dates win" in check.text for check in checks_of(case, TODAY))


class Filler:
    """Fills in what a chart leaves open, without changing what it says: the charts that it may turn out to be.

    A date that overrules the interval told before is no such thing: it corrects the chart, which the check says.
    """

    def __init__(self, charts: Charts) -> None:
        self.charts, self.random = charts, charts.random

    def fill(self, chart: Chart) -> Chart:
        """A chart that says more; in the few cases where twenty are impossible, the chart itself."""
        filled = (self._fill(chart) for _ in range(20))
        # Where the dates overrule the interval already, more of them correct nothing.
        told = "interval_months" in chart[0] and not corrects_the_interval(chart)
        return next((each for each in filled if accepted(each) and not (told and corrects_the_interval(each))), chart)

    def _fill(self, chart: Chart) -> Chart:
        row, lesions, therapies = chart
        kept = {name for name in STATED if "|" in row.get(name, "")}
        filled = {
            spec.column: row[spec.column] if spec.column in kept else self.narrowed(row[spec.column], spec)
            for spec in scalar_fields()
            if spec.column in row
        }
        for spec in scalar_fields():
            if (
                spec.column not in row
                and spec.column not in STATED
                and spec.name != "case"
                and self.random.random() < 0.6
            ):
                filled[spec.column] = self.single(spec)
        filled |= {name: value for name, value in row.items() if name.startswith("planned_radiotherapy")}
        if row.get("malignant_effusion") == "true":
            filled["diffuse_disease"] = "true"
        elif filled.get("diffuse_disease") == "false":
            filled["malignant_effusion"] = "false"
        elif filled.get("malignant_effusion") == "true":
            filled["diffuse_disease"] = "true"
        self.fill_alternatives(row, filled)
        more, lines = self.fill_lesions(row, filled, lesions), self.fill_therapies(row, therapies)
        said = copy.deepcopy((filled, more or [], lines or []))
        agreed(filled, more or [], lines or [])
        # What the chart said itself stays, narrowed as it was.
        for now, before, own in _together((filled, more, lines), said, (row, lesions, therapies)):
            now |= {name: before[name] for name in own if name in before}
        return filled, more, lines

    def fill_alternatives(self, row: Row, filled: Row) -> None:
        """Of fields that stand for each other, at most one where none was given."""
        for pair in (("kps", "ecog"), ("age", "birth_date")):
            if not set(pair) & set(row) and self.random.random() < 0.5:
                name = self.random.choice(pair)
                filled[name] = self.single(next(spec for spec in scalar_fields() if spec.column == name))
        if "interval_months" in row:
            for name in ("primary_dx_date", "omd_dx_date"):
                if name not in row:
                    filled.pop(name, None)

    def fill_lesions(self, row: Row, filled: Row, lesions: list[Row] | None) -> list[Row] | None:
        if lesions is None:
            return None
        specs = {spec.column: spec for spec in list_fields("lesions")}
        found = [self.fill_item(item, specs) for item in lesions]
        done = (row.get("staging_pet_ct", ""), row.get("staging_brain_mri", ""))
        proved = (
            done[0][:1] in ("d", "1", "2")
            and "|" not in done[0]
            and done[1][:1] in ("d", "c", "1", "2")
            and "not_done" not in done[1]
        )
        if (
            "lesions_complete" not in row
            and not proved
            and not (done[0].startswith(("done", "2")) or done[1].startswith(("done", "ct", "2")))
        ):
            found += [self.fill_item(self.one_more(), specs) for _ in range(self.random.choice((0, 0, 1, 3)))]
            filled["lesions_complete"] = "true"
        return found

    def one_more(self) -> Row:
        """A metastasis that is there now: what is said of the listed ones by name stays true."""
        item = {name: value for name, value in self.charts.item("lesions").items() if name != "metastasis"}
        return {**item, "response": self.random.choice(("stable", "progression", "new", "partial_response"))}

    def fill_item(self, item: Row, specs: dict[str, FieldSpec]) -> Row:
        found = {name: self.narrowed(value, specs[name]) for name, value in item.items()}
        for name, spec in specs.items():
            if (
                name not in item
                and name not in ("metastasis", "location", "count", "origin", "resection")
                and not isinstance(spec.kind, Text)
                and self.random.random() < 0.6
            ):
                found[name] = self.single(spec)
        if "location" in item:
            found["location"] = item["location"]  # says outright what the sides say too
        if "response" not in item and found.get("response") == "complete_response":
            found["response"] = "stable"  # a course left out means that the lesion is there
        return found

    def fill_therapies(self, row: Row, therapies: list[Row] | None) -> list[Row] | None:
        """Dates and months of a therapy stand for each other; a stop date says that it is not ongoing, and a course may
        say what the intent was.

        These stay as they are.
        """
        if therapies is None:
            return None
        specs = {spec.column: spec for spec in list_fields("systemic_therapy")}
        kept = ("start", "stop", "months", "ongoing", "intent")
        found = []
        for item in therapies:
            new = {
                name: value for name, value in self.fill_item(item, specs).items() if name in item or name not in kept
            }
            found.append({**new, **{name: item[name] for name in kept if name in item}})
        return found

    def narrowed(self, text: str, spec: FieldSpec) -> str:
        """One of the values that the text leaves open, now and then all of them still."""
        if self.random.random() < 0.3:
            return text
        if "|" in text:
            return self.random.choice(text.split("|"))
        if isinstance(spec.kind, Quantity) and ".." in text:
            return self.random.choice(text.split(".."))
        if isinstance(spec.kind, Quantity) and text[0] in "<>":
            number = float(text.strip("<>="))
            near = number if "=" in text else number + (1 if text[0] == ">" else -1 if number >= 1 else 0)
            return f"{near:g}" if "=" in text or near != number else text
        if isinstance(spec.kind, Day) and len(text) in (4, 7):
            return f"{text}-01-15" if len(text) == 4 else f"{text}-17"
        return text

    def single(self, spec: FieldSpec) -> str:
        while True:
            value = self.charts.value(spec)
            if (
                "|" not in value
                and ".." not in value
                and value[0] not in "<>"
                and not (isinstance(spec.kind, (Day, Procedure)) and len(value) in (4, 7))
            ):
                return value
