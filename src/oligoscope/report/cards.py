"""What is published on how to treat each lesion: its doses, those that must not be used, what to know beside them."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from oligoscope.assess.patient import LESION, Assessment
from oligoscope.knowledge.schedules import MODALITIES, NOT_TO_BE_USED, REGIMENS, REMARKS, dose_in_words, schedule_of
from oligoscope.report.chart import LesionRow
from oligoscope.report.first.lines import definitions
from oligoscope.report.language import Language
from oligoscope.report.wording import status_in_words
from oligoscope.tables.model import APPLIES, Option, Options
from oligoscope.tables.reference import Settled

RULING = "design"
"""The status of a rule that no source prints."""


@dataclass(frozen=True)
class CardLine:
    """One option. id: of its rule.  text: the dose, or what it is called.  about: for which lesions it is published, or
    what it says.  source: the study and how well it was read.  depends_on: where it only may apply, on what, in words.
    leading: its silence would mislead, so that a line of the lesion names it.  fractions: all that it may have.
    """

    id: str
    text: str
    about: str
    cautions: tuple[str, ...]
    source: str
    depends_on: tuple[str, ...] = ()
    leading: bool = False
    fractions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Card:
    """One lesion. text: it in words.  brief: the card in a line.  doses: those that fit; may: those that may, by what
    is not recorded.
    """

    name: str
    text: str
    brief: str
    doses: tuple[CardLine, ...]
    may: tuple[CardLine, ...]
    not_to_be_used: tuple[CardLine, ...]
    remarks: tuple[CardLine, ...]
    modalities: tuple[CardLine, ...]


def cards_of(assessment: Assessment, lesions: Sequence[LesionRow], language: Language) -> Iterator[Card]:
    """A card for each lesion of which something is published; one that is gone or not counted has none."""
    tables = [t for t in assessment.knowledge.about(LESION) if isinstance(t, Options) and t.role]
    made: dict[Hashable, Card | None] = {}
    for place, row in enumerate(lesions if tables else ()):
        # Lesions that say the same share their answers: 10,000 of them have some hundreds.
        key = tuple(id(assessment.items[table.name][place]) for table in tables)
        if key not in made:
            made[key] = _card(assessment, tables, place, language)
        if card := made[key]:
            yield replace(card, name=row.name, text=row.text)


def _card(assessment: Assessment, tables: Sequence[Options], place: int, language: Language) -> Card | None:
    told: dict[str, list[CardLine]] = {REGIMENS: [], NOT_TO_BE_USED: [], REMARKS: [], MODALITIES: []}
    for table in tables:
        for option in table.options:
            settled = assessment.items[table.name][place][option.id]
            if _is_told(table, option, settled):
                told[table.role].append(_line(assessment, option, settled))
    if not any(told.values()):
        return None
    sure = tuple(line for line in told[REGIMENS] if not line.depends_on)
    card = Card(
        name="",
        text="",
        brief="",
        doses=sure,
        may=tuple(line for line in told[REGIMENS] if line.depends_on),
        not_to_be_used=tuple(told[NOT_TO_BE_USED]),
        remarks=tuple(told[REMARKS]),
        modalities=tuple(told[MODALITIES]),
    )
    return replace(card, brief=_brief(card, language))


def _is_told(table: Options, option: Option, settled: Settled) -> bool:
    """What applies, and what may: of remarks only those whose silence would mislead (`may` of the option), also where
    they are open only without what is assumed, since an assumption silences no warning.
    """
    if settled.possible == (APPLIES,):
        return True
    if table.role == REMARKS:
        return bool(option.may) and APPLIES in (*settled.possible, *settled.beyond)
    # What is said of a modality (and names none itself) follows it, so that it speaks only where it surely applies.
    return APPLIES in settled.possible and (table.role != MODALITIES or bool(option.payload))


def _line(assessment: Assessment, option: Option, settled: Settled) -> CardLine:
    store = assessment.knowledge.evidence
    ours = option.provenance.status == RULING
    named = "" if ours else "; ".join(store.study(name).title for name in option.provenance.cites)
    sure = settled.possible == (APPLIES,)
    dose = dose_in_words(option)
    isodose = option.payload.get("prescribed_to")
    about = [option.label] if dose else []
    about += [f"prescribed to the {isodose}"] if isodose else []
    about += [option.text] if option.text else []
    strength = [str(option.payload["strength"])] if option.payload.get("strength") else []
    cautions = option.payload.get("cautions", ())
    return CardLine(
        id=option.id,
        text=dose or option.label or option.id,
        about=". ".join(about),
        cautions=(cautions,) if isinstance(cautions, str) else tuple(map(str, cautions)),  # type: ignore[arg-type]  # a list, by the schema of payloads
        source=", ".join(filter(None, [named, *strength, status_in_words(option.provenance.status)])),
        depends_on=() if sure else _depends_on(option, settled),
        leading=bool(option.may),
        fractions=_fractions(option),
    )


def _fractions(option: Option) -> tuple[int, ...]:
    schedule = schedule_of(option)
    if schedule is None or schedule.fractions.low is None or schedule.fractions.high is None:
        return ()
    return tuple(range(int(schedule.fractions.low), int(schedule.fractions.high) + 1))


def _depends_on(option: Option, settled: Settled) -> tuple[str, ...]:
    """In words on what it depends: as the option says it, else the fields of the chart."""
    if option.may:
        return tuple(option.may.open.values())
    return tuple(dict.fromkeys(map(_field, settled.needs or settled.assumes)))


def _field(name: str) -> str:
    """A field of the chart in words, without its list."""
    words = definitions().get(name, name).partition(";")[0].removesuffix(" (lesion)")
    return words[:1].lower() + words[1:] if words[1:2].islower() or words[1:2] == " " else words


def _brief(card: Card, language: Language) -> str:
    """The card in a line: how many regimens, which must not be used, and that there is more to know.

    None is named here: a dose stands only where its source and its cautions stand beside it.
    """
    say = language.say
    told = [say("doses", n=len(card.doses))] if card.doses else []
    if card.may:
        told.append(say("doses_may" if card.doses else "doses_may_only", n=len(card.may)))
    if not card.doses and not card.may:
        told.append(say("doses_none"))
    sure = [line.text.partition(", BED")[0] for line in card.not_to_be_used if not line.depends_on]
    if sure:
        told.append(say("doses_not", doses=language.join(sure)))
    told += [line.text for line in card.remarks if line.leading and not line.depends_on]
    return "; ".join(told)


def parts_of(card: Card) -> Iterator[tuple[str, list[list[CardLine]]]]:
    """What a card has, in its order, each under the key of its heading: what must not be used, and what makes all doses
    doubtful, stands before the doses. Lines that differ in their dose alone stand together.
    """
    first = [line for line in card.remarks if line.leading and not line.depends_on]
    for heading, lines in (
        ("doses_first", first),
        ("doses_forbidden", card.not_to_be_used),
        ("doses_fit", card.doses),
        ("doses_may_fit", card.may),
        ("doses_beside", [line for line in card.remarks if line not in first]),
        ("doses_modalities", card.modalities),
    ):
        if lines:
            yield heading, [list(alike) for _, alike in groupby(lines, key=_shared)]


def _shared(line: CardLine) -> CardLine:
    return replace(line, id="", text="", fractions=())
