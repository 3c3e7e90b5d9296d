"""The questions of the page answered, and the sentence that they make."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from oligoscope.assess.provenance import expects_of, pack_of, provenance, whose
from oligoscope.assess.quantities import in_words
from oligoscope.evidence import Result
from oligoscope.evidence.wording import amount_text, interval_text
from oligoscope.knowledge.page import PROGNOSIS, STATE, TREATMENT, Row
from oligoscope.report.chart import drug
from oligoscope.report.first.lines import MOST_NAMED, Lines, capital, uncapital
from oligoscope.report.first.model import AnswerRow, Said
from oligoscope.tables.model import APPLIES, Options, Table
from oligoscope.tables.reference import Settled

NAMED = 2
"""Outcomes still possible that are named one by one; more are counted: a sentence has no room for nine."""
LONGEST = 220
"""Letters of the first sentence: three lines of a page, so that flags that stop everything stand beside it."""


class Answers(Lines):
    """Rows and sentence."""

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
