"""What each figure of a registry's report shows, and does not show, in words."""

import math

from oligoscope.cohort.analysis.curves import Divided, Line
from oligoscope.cohort.analysis.endpoints import FIRST_LAT
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.imputed import Imputed
from oligoscope.cohort.analysis.missing import Missing
from oligoscope.cohort.analysis.models import Single, Together
from oligoscope.cohort.analysis.patients import Asked, Patients
from oligoscope.cohort.analysis.refused import OF_NOTE, Refused, plural
from oligoscope.cohort.analysis.subgroups import MOST, Subgroups
from oligoscope.cohort.analysis.table_one import BALANCED
from oligoscope.cohort.analysis.treatment import Compared, Treated
from oligoscope.cohort.analysis.weighting import Weighted
from oligoscope.report.registry.drawing import months_text, ratio_text
from oligoscope.report.registry.figures import ratio_and_p
from oligoscope.report.survival_text import p_text
from oligoscope.synthesis.survival import Gray, Quantile

ORIGIN_WORDS = {
    "omd_dx_date": "the diagnosis of this episode (omd_dx_date)",
    "primary_dx_date": "the diagnosis of the primary (primary_dx_date)",
    FIRST_LAT: "the first local therapy",
    "assessed": "the day of the assessment (assessed)",
}


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[0].upper()}{words[1:]}{'' if words[-1] in '.?!' else '.'}" if words else ""


def asked_words(asked: Asked) -> str:
    """`Overall survival, in months from …`."""
    return sentence(
        f"{asked.endpoint.title}, in months from {ORIGIN_WORDS[asked.origin]}; the event is {asked.endpoint.event}"
    )


def whole_words(line: Line, patients: Patients) -> str:
    """All patients in a sentence or two."""
    said = f"{line.events:,} of {plural(line.n, 'patient')} had the event."
    if line.median is not None:
        said += f" Half of them lived without it for {quantile_words(line.median)}."
    shares = ", ".join(f"{100 * share.value:.0f} % at {share.months:g} months" for share in line.shares)
    if shares:
        said += f" {'The event had come to' if patients.competing else 'Still without it were'} {shares}."
    said += f" The median follow-up is {quantile_words(line.follow_up)} (reverse Kaplan-Meier)."
    return said


def quantile_words(found: Quantile) -> str:
    """`13.5 months (12.4 to 14.5)`."""
    if found.value is None:
        return "a time that was not reached"
    return f"{months_text(found.value)} months ({ends_words(found.low, found.high)})"


def ends_words(low: float | None, high: float | None) -> str:
    """An interval in months."""
    return f"{months_text(low)} to {months_text(high)}"


def divided_words(divided: Divided, patients: Patients) -> str:
    """What curves by a factor show."""
    settled = [line for line in divided.lines if line.is_settled]
    if patients.competing:
        end = patients.asked.endpoint
        said = [f"Each line is the share to whom {end.event} had come, while {end.competing} competes."]
    else:
        said = ["Each line is the share still without the event; a group's line ends where nobody is followed on."]
        known = [line for line in settled if line.median is not None and line.median.value is not None]
        if known:
            medians = [(line.median.value, line.label) for line in known if line.median and line.median.value]
            (low, shortest), (high, longest) = min(medians), max(medians)
            said.append(
                f"Medians run from {months_text(low)} months ({shortest}) to {months_text(high)} months ({longest})."
            )
    if isinstance(divided.test, Refused):
        said.append(f"The groups are not tested: {divided.test.reason}.")
    else:
        kind = "the log-rank test of cause-specific hazards" if patients.competing else "the log-rank test"
        kind = "Gray's test" if isinstance(divided.test, Gray) else kind
        said.append(f"That all groups are alike: {p_text(divided.test.p)} by {kind}, of all groups together.")
    if divided.left_out:
        small = ", ".join(f"{label} ({n:,})" for label, n in divided.left_out)
        said.append(f"Too few to be shown: {small}.")
    share = divided.n_unsettled / max(patients.n, 1)
    if divided.n_unsettled:
        said.append(f"In {plural(divided.n_unsettled, 'patient')} ({100 * share:.0f} %) the group is not settled.")
    if share > OF_NOTE:
        said.append("That is more than a fifth: whether the others are like them the registry cannot say.")
    said.append("The groups differ in other things too; no line says what would become of a patient who changed group.")
    return " ".join(said)


def single_words(singles: tuple[Single, ...]) -> str:
    """What the forest of one factor at a time shows."""
    shown = [single for single in singles if single.ratios]
    refused = len(singles) - len(shown)
    said = [
        "Each ratio compares the hazard of a group with that of the group named in brackets, or of one unit more; "
        "above 1 the event comes sooner. One factor at a time: what goes along with it is in the ratio."
    ]
    if refused:
        said.append(f"{plural(refused, 'factor has', 'factors have')} no ratio, for the reason that stands there.")
    return " ".join(said)


def together_words(together: Together) -> str:
    """What the model of all factors shows."""
    said = [
        f"All factors in one model, in the {plural(together.n, 'patient')} of whom every one is settled "
        f"({together.n_left_out:,} others are left out): {together.events:,} events for {together.terms} coefficients, "
        f"{together.events / max(together.terms, 1):.0f} for each."
    ]
    if together.concordance is not None and together.concordance_se is not None:
        value, error = together.concordance, together.concordance_se
        pairs = f"{100 * value:.0f} of 100 pairs (C {value:.3f}, error {error:.3f})"
        said.append(f"The model orders two patients rightly in {pairs}.")
    if together.strata:
        named = ", ".join(factor.label for factor in together.strata)
        said.append(f"The hazards by {named} are not proportional, so the model is stratified by it.")
    if together.proportional is not None:
        said.append(f"That the other hazards are proportional: {p_text(together.proportional)}.")
    said.append("A ratio here is what is left of a factor when the others in the model are alike.")
    return " ".join(said)


def imputed_words(found: Imputed) -> str:
    """What the model with drawn values rests on."""
    most = max(found.drawn, key=lambda each: each.share)
    whom = f"a sample of {found.n:,} patients" if found.is_sample else f"all {found.n:,} patients"
    said = [
        f"The same model in {whom} ({found.events:,} events): what is not settled is drawn {found.imputations} times "
        "from what it goes along with, the outcome included, and the results are pooled (Rubin's rules).",
        f"Most often drawn is {most.factor.label} ({100 * most.share:.0f} %).",
        "It holds where what is missing depends on what is recorded; where it depends on itself, neither model does.",
    ]
    return " ".join(said)


def treated_words(treated: Treated) -> str:
    """What the ways of comparing therapy show, and how far the naive one is off."""
    said = [
        f"{plural(treated.n_treated, 'patient')} had local therapy after time zero, {treated.n_untreated:,} had none "
        "recorded (a patient without an entry counts as not treated)."
    ]
    ways = {name: way for name, way in treated.ways if isinstance(way, Compared)}
    if ways and isinstance(treated.naive, Compared):
        name, state = next(iter(ways.items()))
        said.append(
            f"Who is treated later had to live until then: {treated.immortal_months:,.0f} person-months were lived "
            "before the therapy. Counted for it, as the struck-through comparison does, they move the ratio to "
            f"{ratio_text(math.exp(treated.naive.coef))}; {name} it is "
            f"{ratio_and_p(state.coef, state.low, state.high, state.p)}."
        )
    if treated.adjusted_for:
        said.append(f"Adjusted for: {', '.join(treated.adjusted_for)}.")
    said.append(
        "None of these ways removes what made doctors treat one patient and not another; a registry shows who was "
        "treated, not what treatment does."
    )
    if treated.n_unclear:
        said.append(f"{plural(treated.n_unclear, 'patient')} with a therapy whose day is not known are left out.")
    if treated.n_earlier:
        said.append(f"In {plural(treated.n_earlier, 'patient')} a therapy lies before time zero and does not count.")
    return " ".join(said)


def weighted_words(found: Weighted) -> str:
    """What weighting shows, and how strong something unmeasured would have to be."""
    way = found.compared
    known = [row.after for row in found.balance if row.after is not None]
    said = [
        f"Of those followed beyond {found.landmark:g} months, who was treated by then and who was not are weighted to "
        f"be alike in the factors: {ratio_and_p(way.coef, way.low, way.high, way.p)}.",
        f"The weighted patients count as much as {found.effective:,.0f} of {way.treated + way.untreated:,}; the "
        f"largest weight is {found.largest_weight:.1f}.",
    ]
    if known:
        said.append(
            "Rings are the standardised differences before, discs after weighting; the largest left is "
            f"{max(known):.2f} ({'balance' if max(known) < BALANCED else 'no balance'} by the usual {BALANCED})."
        )
    end = found.e_value_of_the_end
    rest = "the interval holds 1 as it is" if end == 1 else f"{end:.2f} to move the interval to 1"
    said.append(
        "Something unmeasured would have to go along with both therapy and event by a risk ratio of "
        f"{found.e_value:.2f} each to explain the ratio away (E-value); {rest}."
    )
    return " ".join(said)


def subgroup_words(found: tuple[tuple[Factor, Subgroups | Refused], ...], is_sample: bool) -> str:
    """What the ratios by subgroup show."""
    tested = [each for _, each in found if isinstance(each, Subgroups)]
    low = [each.factor.label for each in tested if each.p < 0.05]
    said = [
        f"Therapy is a state that begins on its day. {plural(len(tested), 'factor')} can be tested, each by one test "
        "that the ratio is alike in all its groups; a group has no P of its own."
    ]
    if is_sample:
        said.append(f"They are compared in a seeded sample of {MOST:,} patients.")
    chance = f"of {len(tested)} tests {0.05 * len(tested):.1f} fall below 0.05 by chance alone"
    said.append(f"Below 0.05: {', '.join(low)}; {chance}." if low else f"None is below 0.05; {chance}.")
    return " ".join(said)


def missing_words(missing: Missing, patients: Patients) -> str:
    """What the map of missing values shows."""
    most = missing.gaps[0] if missing.gaps else None
    said = [f"Every factor of the model is settled in {plural(missing.complete, 'patient')} of {patients.n:,}."]
    if most and most.n:
        said.append(f"Most often not settled is {most.factor.label} ({100 * most.every:.0f} %).")
    said.append("Where a bar is longer with the event than without it, those left out are not like those kept.")
    return " ".join(said)
