"""What a cohort's answers say together: how outcomes are distributed, what is undetermined, and which field would
settle most patients.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from oligoscope.assess.pauses import OPEN, TOO_SHORT
from oligoscope.chart.batch import Batch
from oligoscope.chart.rejects import ERROR
from oligoscope.cohort.pauses import PLANNED, count_pauses
from oligoscope.cohort.plans import STATES, count_plans
from oligoscope.files.documents import Plain
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import Answers, CohortAnswers
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.model import Criteria, Options, Table
from oligoscope.tables.names import answer_columns, part_name

UNDETERMINED = "undetermined"
FIELDS_AT_ONCE = 62


@dataclass
class Summary:
    """Counts over patients, added up batch by batch.

    n_rejected: entries that were not accepted.  n_checks: those that were, though they are improbable.  n_left_out:
    patients without an answer because of an entry.  outcomes: by answer column, by outcome.  wanted: by chart field,
    how many undetermined answers ask for it.  alone: those that it alone would settle.  possible: by answer column, how
    many patients have these possible outcomes (joined by |).  alone_of: by answer column, by chart field, the patients
    whose answer that field alone would settle.  differ: by criteria table, by two groups (joined by |), the patients
    who certainly meet the first and certainly not the second.  assumed: by answer column, by what it rests on (fields
    joined with |).  read_as: entries in other words than the vocabulary's, by field, words and value (as JSON, since
    words may hold any sign).  n_items: by list.  item_options, item_possible: by table about items and
    by option, the items that it certainly applies to, and those that it may apply to.  pauses: patients with planned
    radiotherapy, by how the pause of the drug that fits worst lies.  plans: planned courses, by whether their dose is
    published for their lesions.
    """

    n_patients: int = 0
    n_rejected: int = 0
    n_checks: int = 0
    n_left_out: int = 0
    outcomes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    assumed: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wanted: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    patients_settled: Counter[str] = field(default_factory=Counter)
    possible: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    alone_of: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    differ: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    read_as: Counter[str] = field(default_factory=Counter)
    n_items: Counter[str] = field(default_factory=Counter)
    item_options: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    item_possible: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    pauses: Counter[str] = field(default_factory=Counter)
    plans: Counter[str] = field(default_factory=Counter)

    def count_batch(self, batch: Batch, answers: CohortAnswers, knowledge: Knowledge) -> None:
        """Count what a batch did not accept, what it accepted though it is improbable, pauses of drugs, and plans."""
        self.plans.update(count_plans(batch, answers, knowledge))
        self.pauses.update(count_pauses(batch, knowledge.pauses))
        n_errors = int((batch.rejects["severity"] == ERROR).sum())
        self.n_rejected += n_errors
        self.n_checks += len(batch.rejects) - n_errors
        self.n_left_out += batch.left_out
        self.read_as.update({json.dumps(key): n for key, n in batch.read_as.items()})

    def as_counts(self) -> dict[str, object]:
        """Everything counted, as plain data: what a worker sends home."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_counts(cls, texts: Iterable[str]) -> "Summary":
        """The sum of summaries that were sent as JSON."""
        total = cls()
        for text in texts:
            counts = json.loads(text)
            for name in ("n_patients", "n_rejected", "n_checks", "n_left_out"):
                setattr(total, name, getattr(total, name) + counts[name])
            for kind in ("outcomes", "possible", "alone_of", "differ", "assumed", "item_options", "item_possible"):
                for name, more in counts[kind].items():
                    getattr(total, kind)[name].update(more)
            for name in ("wanted", "alone", "patients_settled", "read_as", "pauses", "plans", "n_items"):
                getattr(total, name).update(counts[name])
        return total

    def add(self, found: CohortAnswers, knowledge: Knowledge) -> None:
        """Count one batch: its patients, and the options of its list items."""
        answers = found.patients
        self.n_patients += len(answers)
        for list_name, items in found.items.items():
            self.n_items[list_name] += len(items)
        for compiled in (step for step in knowledge.steps if isinstance(step, CompiledTable) and step.list_name):
            if (
                isinstance(compiled.table, Options)
                and not compiled.table.internal
                and compiled.list_name in found.items
            ):
                self._count_options_of_items(compiled.name, found.items[compiled.list_name])
        asking = []
        for table in knowledge.tables:
            columns = answer_columns(table)
            for name in (column for column in columns if column.endswith("_assumes")):
                self._count_assumed(name, answers)
            if isinstance(table, Options):
                self._count_options(table.name, answers)
                continue
            for name in [c for c in columns if f"{c}_needs" in columns]:
                self._count(name, answers)
                if not table.supplementary and self._count_needs(name, answers):
                    asking.append(f"{name}_needs")
            if isinstance(table, Criteria):
                self._count_differences(table, answers)
        self._count_settled(asking, answers)

    def _count_settled(self, columns: Sequence[str], answers: Answers) -> None:
        """For each field, the patients of whom it alone would settle at least one of these answers."""
        asked = list(self.alone)
        for first in range(0, len(asked), FIELDS_AT_ONCE):
            bits = {wanted: 1 << k for k, wanted in enumerate(asked[first : first + FIELDS_AT_ONCE])}
            settling = np.zeros(len(answers), dtype=np.int64)
            for column in columns:
                name = answers.list_of(column)
                settling |= np.array([bits.get(needs, 0) for needs in answers.lists[name][column]], dtype=np.int64)[
                    answers.places[name].to_numpy()
                ]
            for wanted, bit in bits.items():
                self.patients_settled[wanted] += int(np.count_nonzero(settling & bit))

    def _count(self, name: str, answers: Answers) -> None:
        for value, n in answers.counts(name):
            self.outcomes[name][UNDETERMINED if value is None else value] += n
        for joined, n in answers.counts(f"{name}_possible"):
            self.possible[name][joined or ""] += n

    def _count_differences(self, table: Criteria, answers: Answers) -> None:
        """Patients by patients: who meets one group for certain, and another one certainly not."""
        meets, fails = [], []
        for group in table.groups:
            name = part_name(table, group.id)
            home = answers.list_of(f"{name}_possible")
            words = answers.lists[home][f"{name}_possible"].to_list()
            open_words = {group.met, *([group.open.then] if group.open else [])}
            place = answers.places[home].to_numpy()
            meets.append(np.array([word == group.met for word in words], dtype=np.int64)[place])
            fails.append(np.array([not open_words & set((word or "").split("|")) for word in words], np.int64)[place])
        both = np.array(meets) @ np.array(fails).T
        for row, first in enumerate(table.groups):
            for column, second in enumerate(table.groups):
                self.differ[table.name][f"{first.id}|{second.id}"] += int(both[row, column])

    def _count_assumed(self, name: str, answers: Answers) -> None:
        for rests_on, n in answers.counts(name):
            if rests_on:
                self.assumed[name.removesuffix("_assumes")][rests_on] += n

    def _count_options(self, name: str, answers: Answers) -> None:
        for joined, n in answers.counts(name):
            for option in joined.split("|") if joined else ():
                self.outcomes[name][option] += n

    def _count_options_of_items(self, name: str, items: Answers) -> None:
        for counted, column in ((self.item_options, name), (self.item_possible, f"{name}_possible")):
            for joined, n in items.counts(column):
                for option in joined.split("|") if joined else ():
                    counted[name][option] += n

    def _count_needs(self, name: str, answers: Answers) -> bool:
        """Whether some answers of this column would be settled by one field."""
        some = False
        for joined, n in answers.counts(f"{name}_needs"):
            asked = joined.split("|") if joined else []
            self.wanted.update(dict.fromkeys(asked, n))
            if len(asked) == 1:
                self.alone[asked[0]] += n
                self.alone_of[name][asked[0]] += n
                some = True
        return some

    def share(self, name: str, codes: Collection[str]) -> tuple[int, int]:
        """How many patients certainly have one of these outcomes of a column, and how many may."""
        wanted, sure, may = set(codes), 0, 0
        for joined, n in self.possible[name].items():
            possible = set(joined.split("|"))
            sure += n * (possible <= wanted)
            may += n * bool(possible & wanted)
        return sure, may

    def settling(self, name: str) -> list[tuple[str, int]]:
        """The fields that alone would settle some answers of a column, and how many, most first."""
        return sorted(self.alone_of.get(name, {}).items(), key=lambda pair: (-pair[1], pair[0]))

    def open_for(self, name: str) -> int:
        """How many patients may have more than one outcome of a column."""
        return sum(n for joined, n in self.possible[name].items() if "|" in joined)

    def items_as_json(self, knowledge: Knowledge) -> dict[str, Plain]:
        """By list, how many items it has, and of each option how many it applies to, certainly and at most."""
        tables = [
            step for step in knowledge.steps if isinstance(step, CompiledTable) and step.name in self.item_possible
        ]
        return {
            list_name: {
                "listed": n,
                "options": {
                    step.name: {
                        part.id: {
                            "certain": self.item_options[step.name][part.id],
                            "possible": self.item_possible[step.name][part.id],
                        }
                        for part in step.table.parts
                        if self.item_possible[step.name][part.id]
                    }
                    for step in tables
                    if step.list_name == list_name
                },
            }
            for list_name, n in sorted(self.n_items.items())
        }

    @property
    def readings(self) -> list[dict[str, Plain]]:
        """Entries in other words than the vocabulary's and what they were read as, most first."""
        told = sorted(self.read_as.items(), key=lambda pair: (-pair[1], pair[0]))
        keys = ("field", "written", "value", "entries")
        return [dict(zip(keys, (*json.loads(words), n), strict=True)) for words, n in told]

    def shares(self, tables: Iterable[Table]) -> list[dict[str, Plain]]:
        """What the tables tell together of a registry: at least and at most so many patients, and the field that alone
        would settle most of those answers (None where no field does).
        """
        found: list[dict[str, Plain]] = []
        for table in tables:
            for says, codes in table.shares.items():
                sure, may = self.share(table.name, codes)
                field_of, settles = next(iter(self.settling(table.name)), (None, 0))
                found.append(
                    {
                        "table": table.name,
                        "says": says,
                        "at_least": sure,
                        "at_most": may,
                        "input": field_of,
                        "settles": settles,
                    }
                )
        return found

    def as_json(self, knowledge: Knowledge) -> dict[str, Plain]:
        """The summary as data."""
        order = sorted(self.wanted, key=lambda f: (-self.patients_settled[f], -self.wanted[f], f))
        return {
            "schema": 1,
            "knowledge": knowledge.version,
            "parameters": dict(knowledge.parameters),
            "patients_assessed": self.n_patients,
            "rows_rejected": self.n_rejected,
            "checks": self.n_checks,
            "patients_left_out": self.n_left_out,
            "read_as": self.readings,
            # By name: which table is met first depends on how the registry is divided.
            "outcomes": {
                name: dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
                for name, counts in sorted(self.outcomes.items())
            },
            "undetermined": {
                name: counts[UNDETERMINED] for name, counts in sorted(self.outcomes.items()) if counts[UNDETERMINED]
            },
            "possible": {
                name: {code: self.share(name, (code,))[1] for code in sorted({c for p in sets for c in p.split("|")})}
                for name, sets in self.possible.items()
            },
            "shares": self.shares(knowledge.tables),
            "drug_pauses": {name: self.pauses[name] for name in (PLANNED, TOO_SHORT, OPEN)},
            "planned_doses": {name: self.plans[name] for name in STATES},
            "items": self.items_as_json(knowledge),
            "settles": {name: dict(self.settling(name)) for name in sorted(self.alone_of)},
            "differ": {name: dict(sorted(counts.items())) for name, counts in sorted(self.differ.items())},
            "assumes": {
                name: {"patients": counts.total(), "fields": dict(_by_field(counts))}
                for name, counts in sorted(self.assumed.items())
            },
            "needs": [
                {
                    "input": f,
                    "settles_patients": self.patients_settled[f],
                    "settles_answers_alone": self.alone[f],
                    "wanted_by_answers": self.wanted[f],
                }
                for f in order
            ],
        }


def _by_field(counts: Counter[str]) -> Counter[str]:
    """How many answers rest on each field."""
    found = Counter[str]()
    for joined, n in counts.items():
        found.update(dict.fromkeys(joined.split("|"), n))
    return Counter(dict(sorted(found.items())))
