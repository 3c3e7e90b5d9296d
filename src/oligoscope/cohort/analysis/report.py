"""Every analysis of one registry and one endpoint, each made or refused."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from oligoscope.cohort.analysis.adjusted import balanced_therapy, cloned
from oligoscope.cohort.analysis.curves import Divided, Line, divided, overall
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.imputed import Imputed, imputed
from oligoscope.cohort.analysis.missing import Missing, missing
from oligoscope.cohort.analysis.models import Single, Together, multivariable, univariable
from oligoscope.cohort.analysis.patients import Patients
from oligoscope.cohort.analysis.refused import (
    FEW_PATIENTS,
    MOST_WITHOUT_OUTCOME,
    OF_NOTE,
    Refused,
    plural,
)
from oligoscope.cohort.analysis.subgroups import Subgroups, subgroups
from oligoscope.cohort.analysis.table_one import TableOne, table_one
from oligoscope.cohort.analysis.treatment import Treated, treated
from oligoscope.cohort.analysis.weighting import Weighted


@dataclass(frozen=True)
class Survival:
    """What is estimated, where anything is."""

    whole: Line | Refused
    curves: tuple[tuple[Factor, Divided | Refused], ...]
    single: tuple[Single, ...]
    together: Together | Refused
    imputed: Imputed | Refused
    treated: Treated | Refused
    weighted: Weighted | Refused
    subgroups: tuple[tuple[Factor, Subgroups | Refused], ...]


@dataclass(frozen=True)
class Report:
    """cautions: what a reader must know before any number is used."""

    patients: Patients
    table: TableOne | Refused
    missing: Missing | Refused
    survival: Survival | Refused
    cautions: tuple[str, ...]

    @property
    def departures(self) -> tuple[str, ...]:
        """What departed from the written plan: settings, numbers that did not come, and analyses that are refused."""
        plan = self.patients.asked.plan
        if not plan:
            return ()
        found = [*plan.departures, *plan.fallen_short(self.patients.n, self.patients.events)]
        if isinstance(self.survival, Refused):
            return (*found, f"no survival is estimated: {self.survival.reason}")
        for factor, each in self.survival.curves:
            found += [f"curves by {factor.label}: {each.reason}"] if isinstance(each, Refused) else []
        found += [f"{each.factor.label}: {each.refused}" for each in self.survival.single if each.refused]
        together = self.survival.together
        return (*found, *([f"all factors together: {together.reason}"] if isinstance(together, Refused) else []))


Tell = Callable[[str], None]


def analyse(patients: Patients, tell: Tell = lambda _: None) -> Report:
    """The whole report. tell: is told what is being worked out."""
    reason = nothing_to_estimate(patients)
    if patients.n < FEW_PATIENTS:
        few = Refused(f"{plural(patients.n, 'patient')} analysed: fewer than {FEW_PATIENTS}")
        return Report(patients, few, few, Refused(reason), ())
    tell("describing")
    table, gaps = table_one(patients), missing(patients)
    if reason:
        return Report(patients, table, gaps, Refused(reason), ())
    return Report(patients, table, gaps, _survival(patients, tell), tuple(_cautions(patients)))


def _survival(patients: Patients, tell: Tell) -> Survival:
    curves = []
    for factor in patients.asked.divided_by:
        tell(f"curves by {factor.label}")
        curves.append((factor, divided(patients, factor)))
    tell("models")
    single, together = univariable(patients), multivariable(patients)
    drawn = imputed(patients, () if isinstance(together, Refused) else together.strata, tell)
    tell("local therapy")
    found = treated(patients)
    if isinstance(found, Refused):
        return Survival(overall(patients), tuple(curves), single, together, drawn, found, found, ())
    tell("local therapy, as in a trial")
    found = replace(found, ways=(*found.ways, *cloned(patients)))
    balanced = balanced_therapy(patients)
    return Survival(
        overall(patients), tuple(curves), single, together, drawn, found, balanced, tuple(subgroups(patients, tell))
    )


def nothing_to_estimate(patients: Patients) -> str:
    """Why nothing is estimated; "" where something may be."""
    accepted = max(patients.n_accepted, 1)
    if patients.n < FEW_PATIENTS:
        return f"{plural(patients.n, 'patient')} can be analysed: fewer than {FEW_PATIENTS}"
    if patients.n_without_outcome / accepted > MOST_WITHOUT_OUTCOME:
        share = 100 * patients.n_without_outcome / accepted
        return f"the outcome is missing in {share:.0f} % of the patients: who is left is a selection, not the registry"
    if not patients.events:
        return f"nobody had the event ({patients.asked.endpoint.event}): no survival, median or ratio can be told"
    return ""


def late_entry(patients: Patients) -> list[str]:
    """The caution that is due where patients came under observation after time zero."""
    if not patients.is_truncated:
        return []
    late = int(patients.frame["entry"].is_not_null().sum())
    said = f"{plural(late, 'patient')} came under observation after time zero and count from then on"
    return [f"{said}: nobody who died before could be in the registry"]


def _cautions(patients: Patients) -> list[str]:
    found = []
    share = patients.n_without_outcome / max(patients.n_accepted, 1)
    if share > OF_NOTE:
        found.append(
            f"the outcome is missing in {100 * share:.0f} % of the patients; those with it may not be like them"
        )
    found += late_entry(patients)
    at_once = int((patients.frame["time"] == 0).sum())
    if at_once:
        found.append(f"{plural(at_once, 'patient')} had the event or were last seen on the day of time zero itself")
    if patients.competing:
        found.append(
            f"{patients.asked.endpoint.competing} competes ({patients.competing:,} patients): incidence is shown, "
            "never one minus a Kaplan-Meier curve; hazard ratios are cause-specific"
        )
    return found
