"""What to ask next, and what each answer would do."""

from collections.abc import Iterator, Mapping

from oligoscope.assess.asking import Asking, Question
from oligoscope.report.first.lines import Lines, capital, definitions, uncapital
from oligoscope.report.first.model import Asked


class AskNext(Lines):
    """Questions with their effects."""

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
