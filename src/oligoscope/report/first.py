"""The first part of a page: the answer in one sentence, what must be known with it, and where it comes from.

Text and page are laid out from this one model. Words, not codes: codes and rule ids stand in `explain` and in the JSON.
"""

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from oligoscope.assess.asking import Asking, Question, asking
from oligoscope.assess.flags import flags_beyond, flags_of, open_flags_of
from oligoscope.assess.not_used import not_used
from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import expects_of, pack_of, provenance, whose
from oligoscope.assess.quantities import in_words
from oligoscope.assess.reasons import conversion, inputs_behind
from oligoscope.chart.consistency import checks_of
from oligoscope.chart.imported import Imported
from oligoscope.chart.read_as import read_as
from oligoscope.evidence import Result, Study
from oligoscope.evidence.wording import amount_text, interval_text
from oligoscope.knowledge.page import PROGNOSIS, STATE, TREATMENT, Row
from oligoscope.report.chart import LesionRow, chart_lines, drug, lesion_rows
from oligoscope.report.language import Language
from oligoscope.report.sources import Reference, References
from oligoscope.tables.domain import is_known
from oligoscope.tables.model import APPLIES, Options, Table
from oligoscope.tables.reference import Settled
from oligoscope.trials.match import MATCHES, TrialMatch
from oligoscope.trials.speaking import Arms, Speaking, Voices, voices_of
from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.words import Case

NAMELESS = "case"
"""What a case is called that has no name."""
NAMED = 2
"""Outcomes still possible that are named one by one; more are counted: a sentence has no room for nine."""
MOST_FOR, MOST_AGAINST = 2, 2
"""Trials that are shown with what they found; the others are named."""
LONGEST = 220
"""Letters of the first sentence: three lines of a page, so that flags that stop everything stand beside it."""
MOST_NAMED = 2
"""Fields and drugs that are named in a line; more are counted."""


@dataclass(frozen=True)
class Said:
    """A text with the numbers of its sources."""

    text: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerRow:
    """One question answered. why: in whom it holds, whose rule it is.  open: more than one answer is possible.
    brief: the answer, those that are possible counted only.
    """

    title: str
    answer: str
    why: tuple[str, ...]
    refs: tuple[str, ...]
    open: bool
    part: str
    table: str
    brief: str


@dataclass(frozen=True)
class TrialRow:
    """What one trial found. side: for or against.  of_100: patients of a hundred with and without, each with its
    interval in words; only where both arms' rates at that time were read.  what: of the two numbers, or of the others.
    """

    name: str
    side: str
    what: str
    of_100: tuple[tuple[int, str], tuple[int, str]] | None
    who: str
    refs: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One question, and what its answers would do. field: of the chart, by its name."""

    field: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class FirstPart:
    """What stands first on a page, in its order.

    sentence: state, where, under which drug, what follows.  evidence: which trials speak for that and against.
    """

    case: str
    assessed: str
    knowledge: str
    sentence: Said
    evidence: Said | None
    stops: tuple[Said, ...]
    flags: tuple[Said, ...]
    checks: tuple[Said, ...]
    read_as: tuple[str, ...]
    notes: tuple[Said, ...]
    chart: tuple[tuple[str, str], ...]
    lesions: tuple[LesionRow, ...]
    remarks: tuple[str, ...]
    answers: tuple[AnswerRow, ...]
    spoke: str
    trials: tuple[TrialRow, ...]
    trials_more: str
    open_trials: tuple[str, ...]
    asked: tuple[Asked, ...]
    ask_more: str
    sources: tuple[Reference, ...]
    marks: tuple[tuple[str, str], ...]


def first_part(
    assessment: Assessment,
    matches: Sequence[TrialMatch],
    language: Language,
    today: datetime.date,
    imported: Imported | None = None,
) -> FirstPart:
    """The first part of the page of one assessment. today: the day of the page."""
    page = _Page(assessment, matches, language, today, References(assessment.knowledge.evidence, language), imported)
    return page.made()


def summary(assessment: Assessment, matches: Sequence[TrialMatch], language: Language, today: datetime.date) -> str:
    """The first two sentences of that page alone: the rest of it takes as long as all answers together."""
    page = _Page(assessment, matches, language, today, References(assessment.knowledge.evidence, language))
    sentence, evidence = page.sentence(list(page.leading().values())), page.evidence(page.voices)
    return " ".join(said.text for said in (sentence, evidence) if said)


@dataclass(frozen=True)
class _Page:
    """What every line of the page is made from."""

    assessment: Assessment
    matches: Sequence[TrialMatch]
    language: Language
    today: datetime.date
    references: References
    imported: Imported | None = None

    def made(self) -> FirstPart:
        """The page. Sources are numbered as they are named, so its lines are made in its order."""
        assessment, language, voices = self.assessment, self.language, self.voices
        certain = voices.certain if voices else ()
        asked, answered = self.questions, self.leading()
        sentence = self.sentence(list(answered.values()))
        stops = tuple(self.flags("stop"))
        evidence = self.evidence(voices)
        cautions = tuple(self.flags("caution"))
        answered |= {q[0].name: self.row(*q) for q in asked if q[0].name not in answered}
        trials = tuple(self.trial_rows(certain))
        notes = tuple(self.flags("information", {trial.study.study for trial in certain}))
        next_ = asking(assessment, {m.trial.title: m.needs for m in self.matches if m.offered})
        return FirstPart(
            case=assessment.case.case.given or NAMELESS,
            assessed=language.day(assessment.case.assessed.given),
            knowledge=assessment.knowledge.version,
            sentence=sentence,
            evidence=evidence,
            stops=stops,
            flags=cautions,
            checks=tuple(self.checks()),
            read_as=tuple(self.read_as()),
            notes=notes,
            chart=tuple(chart_lines(assessment, language)),
            lesions=tuple(lesion_rows(assessment, language)),
            remarks=tuple(self.remarks()),
            answers=tuple(answered[table.name] for table, _, _ in asked),
            spoke=self.spoke(voices) if voices else "",
            trials=trials,
            trials_more=self.trials_more(voices) if voices else "",
            open_trials=tuple(self.open_trials()),
            asked=tuple(self.asked(next_)),
            ask_more=self.ask_more(next_),
            sources=self.references.listed(),
            marks=tuple((sign, text) for sign, text in language.marks.items() if sign in self.references.marks),
        )

    # ---- answers ---------------------------------------------------------------------------------

    @cached_property
    def voices(self) -> Voices | None:
        """The trials that speak of such a patient."""
        return voices_of(self.assessment, self.matches)

    @cached_property
    def questions(self) -> Sequence[tuple[Table, Row, Settled]]:
        """What the page answers."""
        return tuple(self.worth_a_row())

    def leading(self) -> dict[str, AnswerRow]:
        """The answers that the first sentence is made of, by table."""
        return {q[0].name: self.row(*q) for q in self.questions if q[1].part in (STATE, TREATMENT)}

    def worth_a_row(self) -> Iterator[tuple[Table, Row, Settled]]:
        """What the page answers; an answer that is not worth a row is left out."""
        knowledge = self.assessment.knowledge
        for table in knowledge.on_page:
            settled = self.assessment.settled[table.name].only
            row = knowledge.page.row(table)
            if settled.value in row.silent or (table.supplementary and len(settled.possible) == len(table.codes)):
                continue
            if settled.value is None or table.outcome(settled.value).applies:
                yield table, row, settled

    def row(self, table: Table, row: Row, settled: Settled) -> AnswerRow:
        source = provenance(table, table.parts[0], settled)
        refs = self.references.of(source.cites, source.status) if settled.value else ()
        phrase = self.phrase(table, row, settled)
        answer = capital(phrase)
        why: list[str] = []
        if row.part == PROGNOSIS and settled.value:
            number, numbered = self.number(table, row, settled)
            answer, refs = (f"{capital(number)}, {phrase}", numbered) if number else (answer, refs)
            why += [text for text in (row.who, row.not_for) if text and number]
        why += whose(pack_of(table.parts[0], settled), self.assessment.knowledge)
        brief = self.language.say("many", n=len(settled.possible)) if settled.value is None else answer
        return AnswerRow(row.title, answer, tuple(why), refs, settled.value is None, row.part, table.name, brief)

    def phrase(self, table: Table, row: Row, settled: Settled) -> str:
        """An answer in words; what is open is named as far as there is room."""
        words = [row.phrases.get(code) or table.outcome(code).label or code for code in settled.possible]
        if len(words) == 1:
            return words[0]
        if len(words) > NAMED:
            return self.language.say("many", n=len(words))
        return self.language.say("one_of", options=self.language.join(words, "or"))

    def number(self, table: Table, row: Row, settled: Settled) -> tuple[str, tuple[str, ...]]:
        """The published number that belongs to an answer, with its interval; nothing where none was read."""
        knowledge = self.assessment.knowledge
        expected = list(expects_of(table, settled))
        numbers = knowledge.table(row.numbers) if row.numbers else None
        if isinstance(numbers, Options):
            held = self.assessment.settled[numbers.name]
            expected += [r for o in numbers.options if held[o.id].possible == (APPLIES,) for r in o.expects]
        for study, result in map(knowledge.evidence.resolve, expected):
            if result.verified and result.is_numeric:
                return self.number_text(result), self.references.of_result(study, result)
        return "", ()

    def number_text(self, result: Result) -> str:
        say = self.language.say
        spread = interval_text(result)
        if result.quartiles and result.quartiles.low is not None:
            high = result.quartiles.high
            upper = say("upper_open") if high is None else f"{high:g}"
            spread = say("quartiles", low=f"{result.quartiles.low:g}", high=upper)
        if result.measure == "rate" and result.endpoint in self.language.words:
            what = self.language.words[result.endpoint]
            text = say("of_100", n=f"{result.number:.0f}", what=what, time=result.time)
        else:
            text = amount_text(result)
        return f"{text} ({spread or say('interval_none')})"

    # ---- the sentence ----------------------------------------------------------------------------

    def sentence(self, rows: Sequence[AnswerRow]) -> Said:
        """State, where, under which drug: what follows. What is open is named where the sentence stays short."""
        told = sorted(rows, key=lambda row: row.part != STATE)
        refs = tuple(dict.fromkeys(ref for row in told for ref in row.refs))
        briefer = (
            [(row, row.answer) for row in told],
            [(row, row.answer if row.part == STATE else row.brief) for row in told],
            [(row, row.brief) for row in told],
        )
        texts = [self.sentence_of(answers) for answers in briefer]
        return Said(next((text for text in texts if len(text) <= LONGEST), texts[-1]), refs)

    def sentence_of(self, told: Sequence[tuple[AnswerRow, str]]) -> str:
        state = [self.named(row, answer) for row, answer in told if row.part == STATE]
        treatment = [self.named(row, answer) for row, answer in told if row.part == TREATMENT]
        head = capital(", ".join(filter(None, [*state, *self.extent(), *self.drug()])))
        return ": ".join(filter(None, [head, "; ".join(treatment)])) + "."

    def named(self, row: AnswerRow, answer: str) -> str:
        """An answer inside a sentence; an open one where the pack has no sentence for it, after its title."""
        form = next((r.sentence for r in self.assessment.knowledge.page.rows if r.table == row.table), "{}")
        if row.open and form == "{}":
            return f"{row.title} {uncapital(answer)}"
        return form.format(uncapital(answer))

    def extent(self) -> Iterator[str]:
        """How many lesions in how many organs."""
        told = []
        for entry in self.assessment.knowledge.page.extent:
            amount = in_words(self.assessment, entry.fact)
            if amount == "unknown":
                break
            told.append(f"{amount} {entry.one if amount.split()[-1] == '1' else entry.many}")
        if told and not told[0].startswith("0 "):
            yield self.language.words["extent_join"].join(told)

    def drug(self) -> Iterator[str]:
        """Under which drug now; nothing where the chart does not say."""
        lines = self.assessment.case.systemic_therapy
        running = [drug(line, self.language) for line in lines or () if line.ongoing.labels == (True,)]
        drugs = " + ".join(running).split(" + ")
        if running:
            more = [self.language.say("more", n=len(drugs) - MOST_NAMED)] if len(drugs) > MOST_NAMED else []
            yield self.language.say("under", what=" + ".join([*drugs[:MOST_NAMED], *more]))
        elif lines == ():
            yield self.language.words["before"]
        elif lines and all(line.ongoing.labels == (False,) for line in lines):
            yield self.language.words["off"]

    # ---- flags and checks ------------------------------------------------------------------------

    def flags(self, severity: str, told: Collection[str] = ()) -> Iterator[Said]:
        """The flags of one severity, those that may have to be told after the certain ones; of mere information the
        certain ones alone, since what would settle the others is asked anyway.

        told: studies that the page speaks of anyway: what is on them is detail.
        """
        found = [(flag, flag.text) for flag in flags_of(self.assessment)]
        if severity != "information":
            found += [(may.option, may.text) for may in open_flags_of(self.assessment)]
        for flag, text in found:
            if flag.payload.get("severity", "information") != severity or set(told) & set(flag.provenance.cites):
                continue
            refs = self.references.of(flag.provenance.cites, flag.provenance.status)
            own = whose(flag.provenance.pack, self.assessment.knowledge)
            yield Said(f"{text} ({own[0]})" if own else text, refs)

    def checks(self) -> Iterator[Said]:
        """What a reader should look at again: what is improbable, and scales converted for an answer of the page."""
        assessment, told = self.assessment, dict[str, str]()
        for check in checks_of(assessment.case, self.today):
            written = dict.fromkeys(map(self.written, check.fields, check.values))
            yield Said(f"{', '.join([*self.item_of(check.fields[0]), *written])}: {check.text}")
        for text in self.imported.contradictions if self.imported else ():
            yield Said(text)
        if assumed := assessment.assumptions:
            values = (
                f"{self.field_words(name)} {self.language.value(each.value.given)}" for name, each in assumed.items()
            )
            yield Said(self.language.say("assumes", what=", ".join(values)))
        for flag, _ in flags_beyond(assessment):
            yield Said(self.language.say("not_recorded", what=flag.text))
        for table in assessment.knowledge.on_page:
            for part in table.parts:
                for name in inputs_behind(table, part, assessment.settled[table.name].only, assessment):
                    if note := conversion(assessment, name):
                        told[name] = f"{self.converted(name)}: {note}"
        yield from (Said(text) for text in told.values())

    def read_as(self) -> Iterator[str]:
        """Entries in other words than the vocabulary's, by the names that the chart's file has for them."""
        for each in read_as(self.assessment.case):
            value = " ".join(filter(None, (each.value, each.unit)))
            note = self.language.say("noted", what=each.note) if each.note else ""
            yield self.language.say("read_as", field=each.field, written=each.written, value=value) + note

    def item_of(self, field: str) -> Iterator[str]:
        """Which lesion, or which line of therapy, an entry of the chart is about."""
        name, *rest = field.split(".")
        if name in self.assessment.lists:
            yield f"{next(each.item for each in lists() if each.name == name).replace('_', ' ')} {rest[0]}"

    def written(self, field: str, value: str) -> str:
        """One entry of the chart, as a reader calls it."""
        name, *_, own = field.split(".") if field.split(".")[0] in self.assessment.lists else ("", field)
        words = definitions()[f"{name}.{own}"].partition(" (")[0].lower() if name else self.field_words(own)
        return f"{words} {self.language.day(value)}"

    def converted(self, name: str) -> str:
        """A fact that may be given on another scale, as the chart would say it: Karnofsky 80 or 90."""
        fact = next(fact for fact in self.assessment.knowledge.facts if fact.name == name)
        form, value = self.forms.get(fact.of[0], "{}"), in_words(self.assessment, name)
        return form.format(value) if isinstance(form, str) else form[0 if value == "true" else 1]

    @property
    def forms(self) -> Mapping[str, str | Sequence[str]]:
        """How each chart field is said."""
        return {field: form for forms in self.language.forms.values() for field, form in forms.items()}

    def remarks(self) -> Iterator[str]:
        """What the chart leaves unsaid of its lesions, and what it says that nothing reads."""
        say, headline = self.language.say, self.assessment.knowledge.headline
        if self.assessment.case.lesions is None:
            yield say("no_lesions")
        elif self.assessment.case.lesions_complete.labels != (True,):
            known = headline.count and is_known(self.assessment.answers[headline.count].possible)
            yield uncapital(headline.complete.rstrip(".")) if known else say("incomplete")
        if unread := not_used(self.assessment):
            yield say("not_used", what=self.listed_fields(unread))
        if self.imported:
            read, n = self.imported, self.imported.n_resources
            unmapped = sum(read.unmapped.values())
            yield say("imported", used=len(read.used), n=n, notes=len(read.notes), unmapped=unmapped)

    def field_words(self, name: str) -> str:
        """What a chart field is called by a reader: as the chart line has it, else its definition's first clause."""
        form = self.forms.get(name, "")
        text = (form if isinstance(form, str) else form[0]).replace("{}", "").strip(" %:")
        return text or uncapital(definitions().get(name, name).partition(";")[0].partition(",")[0])

    def listed_fields(self, names: Sequence[str]) -> str:
        """Fields in words, as many as there is room for."""
        told = list(dict.fromkeys(self.field_words(name) for name in names))
        more = [self.language.say("more", n=len(told) - MOST_NAMED)] if len(told) > MOST_NAMED else []
        return ", ".join([*told[:MOST_NAMED], *more])

    # ---- trials ----------------------------------------------------------------------------------

    def spoke(self, voices: Voices) -> str:
        treatment = self.assessment.knowledge.evidence.terms.treatment
        return self.language.say("trials_spoke", treatment=treatment, where=voices.words)

    def evidence(self, voices: Voices | None) -> Said | None:
        """How many randomised trials that took such patients speak for it, and how many against; None without one."""
        trials = [trial for trial in voices.certain if trial.study.randomised] if voices else []
        if voices is None or not trials:
            return None
        language = self.language
        pro, contra = by_side(trials)
        refs = tuple(dict.fromkeys(ref for trial in (*pro, *contra) for ref in self.trial_refs(trial)))
        n = {"n": language.count(len(trials)), "pro": language.count(len(pro)), "contra": language.count(len(contra))}
        which = "both" if pro and contra else "pro" if pro else "contra"
        key = f"voices_{which}{'_one' if len(pro or contra) == 1 else ''}"
        text = language.say(key, where=voices.words, names=names(pro or contra), against=names(contra), **n)
        return Said(f"{capital(text)}.", refs)

    def trial_refs(self, trial: Speaking) -> tuple[str, ...]:
        arms = trial.rates or trial.medians
        results = [arms.treated, arms.control] if arms else [trial.ratio] if trial.ratio else []
        return self.references.of_result(trial.study, *results)

    def trial_rows(self, trials: Sequence[Speaking]) -> Iterator[TrialRow]:
        """Each trial, those for it first; which are shown, and in which order, follows from fit alone."""
        pro, contra = by_side(trials)
        for trial in (*pro[:MOST_FOR], *contra[:MOST_AGAINST]):
            side = self.language.words["side_against" if trial.study.contrary else "side_for"]
            of_100 = None
            if trial.rates:
                of_100 = (self.of_100(trial.rates.treated), self.of_100(trial.rates.control))
            who = "; ".join(self.who(trial.study))
            yield TrialRow(trial.name, side, self.finding(trial), of_100, who, self.trial_refs(trial))

    def trials_more(self, voices: Voices) -> str:
        """The trials that are named only: further ones, and those that may fit."""
        pro, contra = by_side(voices.certain)
        told = []
        if left_out := (*pro[MOST_FOR:], *contra[MOST_AGAINST:]):
            told.append(self.language.say("trials_more", names=names(left_out)))
        if voices.perhaps:
            told.append(self.language.say("trials_perhaps", names=names(voices.perhaps)))
        return "; ".join(told)

    def of_100(self, result: Result) -> tuple[int, str]:
        interval = result.interval
        text = f"{interval.low:g} to {interval.high:g}" if interval and interval.low and interval.high else ""
        return round(result.number), text

    def finding(self, trial: Speaking) -> str:
        """What was measured, in words: of a rate what is counted, else medians of both arms, else the ratio."""
        say, words = self.language.say, self.language.words
        if trial.rates:
            return say("of_100_at", what=words[trial.rates.endpoint], time=trial.rates.time)
        if trial.medians:
            return self.medians(trial.medians)
        assert trial.ratio is not None
        spread = interval_text(trial.ratio) or words["interval_none"]
        endpoint = words[f"{trial.ratio.endpoint}_long"]
        return say("ratio_arms", endpoint=endpoint, value=f"{trial.ratio.number:g}", spread=spread)

    def medians(self, arms: Arms) -> str:
        unit = {"month": "months", "day": "days"}.get(arms.treated.unit or "", arms.treated.unit or "")
        treated, control = (f"{result.number:g}" for result in (arms.treated, arms.control))
        endpoint = self.language.words[f"{arms.endpoint}_long"]
        return self.language.say("median_arms", endpoint=endpoint, treated=treated, control=control, unit=unit)

    def who(self, study: Study) -> Iterator[str]:
        """In whom it was measured, and what a reader must know of it."""
        say, words = self.language.say, self.language.words
        if study.n:
            yield say("patients", n=study.n)
        apart = study.applicability.partition("(")[2].rstrip(")") or ", ".join(study.tags)
        yield from filter(None, [apart])
        if study.contrary:
            yield words["did_not"]
        if study.concern:
            yield words["concern"]

    def open_trials(self) -> Iterator[str]:
        """Where the patient may be referred, and what is open there."""
        language = self.language
        for match in self.matches:
            if match.offered:
                n = len(match.questions)
                state = language.words["fits"] if match.match == MATCHES else ""
                open_ = language.say("question_open" if n == 1 else "questions_open", n=n) if n else ""
                day = str(match.trial.status_date)[:7]
                record = language.say("recruiting", day=language.day(day) if day else language.words["no_day"])
                yield f"{match.trial.title} ({record}): {', '.join(filter(None, [state, open_]))}"

    # ---- what to ask next ------------------------------------------------------------------------

    def asked(self, found: Asking) -> Iterator[Asked]:
        """The questions that change an answer; those of a trial's entry alone where there is no other."""
        deciding = [question for question in found.first if question.effects] or found.first
        for question in deciding:
            answers = tuple(self.effects(question))
            if not answers:
                titles = ", ".join(dict.fromkeys(self.title(name) for name in question.touches))
                answers = (self.language.say("narrows" if question.effects else "entry", what=titles),)
            yield Asked(question.field, f"{capital(self.field_question(question.field))}?", answers)

    def effects(self, question: Question) -> Iterator[str]:
        """What each answer settles; answers that settle the same are named together."""
        told: dict[str, list[str]] = {}
        for effect in question.effects:
            if effect.answer and (text := self.effect(effect.changes)):
                told.setdefault(text, []).append(self.language.value(effect.answer))
        every = len(question.effects) == sum(map(len, told.values()))
        for place, (text, given) in enumerate(told.items()):
            last = every and place and place == len(told) - 1 and len(given) > 2
            yield f"{self.language.words['otherwise'] if last else self.language.join(given, 'or')} → {text}"

    def effect(self, changes: Mapping[str, tuple[str, ...]]) -> str:
        """What an answer settles, in words; what it settles in silence is not told."""
        knowledge, told = self.assessment.knowledge, []
        for table in knowledge.on_page:
            row, possible = knowledge.page.row(table), changes.get(table.name, ())
            if len(possible) == 1 and possible[0] not in row.silent:
                words = row.phrases.get(possible[0]) or table.outcome(possible[0]).label or possible[0]
                told.append(row.sentence.format(words))
        return "; ".join(told)

    def title(self, name: str) -> str:
        """What a table is called on the page; a trial is called by its title."""
        knowledge = self.assessment.knowledge
        table = next((table for table in knowledge.on_page if table.name == name), None)
        return uncapital(knowledge.page.row(table).title) if table else name

    def field_question(self, name: str) -> str:
        return definitions().get(name, name).partition(";")[0]

    def ask_more(self, found: Asking) -> str:
        say = self.language.say
        if not found.first and not found.work_up:
            return say("nothing_open")
        more = []
        if found.others:
            more.append(say("others_open", n=len(found.others)))
        if found.work_up:
            more.append(say("work_up_open" if len(found.work_up) > 1 else "work_up_one", n=len(found.work_up)))
        return "; ".join(more)


def by_side(trials: Iterable[Speaking]) -> tuple[list[Speaking], list[Speaking]]:
    """For it, and against it."""
    pro: list[Speaking] = []
    contra: list[Speaking] = []
    for trial in trials:
        (contra if trial.study.contrary else pro).append(trial)
    return pro, contra


def names(trials: Iterable[Speaking]) -> str:
    """What trials are called."""
    return ", ".join(trial.name for trial in trials)


def capital(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def uncapital(text: str) -> str:
    """With a small first letter, unless the word is written in capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


@cache
def definitions() -> dict[str, str]:
    """Of every field of the chart, and every list."""
    found = {spec.name: spec.definition for spec in scalar_fields()}
    for each in lists():
        item = each.item.replace("_", " ")
        found |= {f"{each.name}.{spec.name}": f"{spec.definition} ({item})" for spec in each.fields}
        found[each.name] = Case.model_fields[each.name].description or each.name
    return found
