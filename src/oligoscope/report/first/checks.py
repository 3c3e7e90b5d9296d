"""What must be known with an answer, and what a reader should look at again."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from oligoscope.assess.flags import flags_beyond, flags_of, open_flags_of
from oligoscope.assess.not_used import not_used
from oligoscope.assess.provenance import whose
from oligoscope.assess.quantities import in_words
from oligoscope.assess.reasons import conversion, inputs_behind
from oligoscope.chart.consistency import checks_of
from oligoscope.chart.read_as import read_as
from oligoscope.report.first.lines import MOST_NAMED, Lines, definitions, uncapital
from oligoscope.report.first.model import Said
from oligoscope.tables.domain import is_known
from oligoscope.vocabulary.fields import lists


class Checks(Lines):
    """Flags, checks and remarks."""

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
        if assumed := assessment.assumptions.told:
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
