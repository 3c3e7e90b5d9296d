"""How a value is written: known, unknown, one of several, an interval, a partial date.

One parser for case files and cohorts alike.
"""

import calendar
import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import NoReturn, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from oligoscope.spelling import spell
from oligoscope.vocabulary.synonyms import UNKNOWN, factors, readings, same_word, unknown_words

Label = str | int | bool
JsonSchema: TypeAlias = dict[str, object]
UNKNOWN_WORDS = ("", "unknown", "null", "~")
FIRST_DAY, LAST_DAY = 1_01_01, 9999_12_31
_NUMBER = r"-?\d+(?:\.\d+)?"
_SPAN = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})")
_BOUND = re.compile(rf"(<=|>=|<|>)\s*({_NUMBER})")
_ISO = "write 2023-05-17; 2023-05 or 2023 where only that is known"
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_COMMA = r"-?\d+(?:[.,]\d+)?"
_WITH_UNIT = re.compile(
    rf"(?P<sign><=|>=|<|>)?\s*(?P<low>{_COMMA})(?:\s*\.\.\s*(?P<high>{_COMMA}))?\s*(?P<unit>[^\d\s.,<>].*)?"
)
NUMBER_ENDS = r"(\d)\s*(\||$)"
"""Where a number ends that has no unit of its own, in a value or in each of several: there a unit is put."""
# 1,234 may be one thousand or a little more than one: it is not read.
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2},\d{3}")
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


REMEMBERED = 1_000
"""Texts of each field whose value is kept, the latest read."""


class BadValue(ValueError):
    """A value that a field cannot hold: what is allowed, and how to mend it."""

    def __init__(self, value: object, allowed: str, fix: str = "") -> None:
        self.value, self.allowed, self.fix = value, allowed, fix
        super().__init__(f"{value!r} is not allowed")


def means_unknown(text: str) -> bool:
    """Whether a text says that something is not known, in whatever field.

    >>> means_unknown("Unknown"), means_unknown("not tested"), means_unknown("0")
    (True, True, False)
    """
    word = text.strip().lower()
    return word in UNKNOWN_WORDS or word in unknown_words()


def _times(number: str | None, factor: str) -> str:
    """A number times a factor, in decimals: 22 times 0.1 is 2.2 and no more. "" for none."""
    if not number:
        return ""
    text = format(Decimal(number.replace(",", ".")) * Decimal(factor), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Value:
    """What a chart says of one field.

    labels: the labels still possible (choices), else None.  low, high: the closed span still possible (numbers; dates
    as yyyymmdd). given: as written, or as read; "" when the chart is silent. left_out: nothing is written at all, not
    even unknown. written: the words that were read otherwise ("" where they are the value's own), and note what is to
    be said beside the reading.
    """

    labels: tuple[Label, ...] | None = None
    low: float = -math.inf
    high: float = math.inf
    given: str = ""
    left_out: bool = False
    written: str = ""
    note: str = ""

    def __hash__(self) -> int:
        """Of what is written alone: equal values have that in common, and a chart of 10,000 lesions is hashed often."""
        return hash(self.given)

    @property
    def is_unknown(self) -> bool:
        return self.given == ""

    def __str__(self) -> str:
        return self.given or "unknown"


@dataclass(frozen=True)
class FieldType:
    """What a field may hold. Subclasses parse and describe; Pydantic and the cohort reader both call `parse`.

    words: the sections of synonyms.yaml with what clinicians write in its place.
    """

    words: tuple[str, ...] = field(default=(), kw_only=True)

    def parse(self, raw: object) -> Value:
        """The value written as `raw`. Raises BadValue."""
        text = raw.strip() if isinstance(raw, str) else raw
        if text is None or (isinstance(text, str) and text.lower() in UNKNOWN_WORDS):
            return replace(self.unknown(), left_out=text == "")
        if isinstance(text, str) and "|" in text:
            text = [part.strip() for part in text.split("|")]
        if isinstance(text, (list, tuple)):
            return self._one_of(raw, text)
        return self._read(text)

    def _one_of(self, raw: object, parts: Sequence[object]) -> Value:
        if not parts:
            raise BadValue(raw, self.explained(), "leave it out when it is not known")
        found = [self._read(part) for part in parts]
        if any(part.is_unknown for part in found):
            raise BadValue(raw, self.explained(), "a list holds what is possible; leave it out when nothing is known")
        value = self._join(found, "|".join(part.given for part in found))
        if not any(part.written for part in found):
            return value
        notes = "; ".join(dict.fromkeys(part.note for part in found if part.note))
        return replace(value, written="|".join(part.written or part.given for part in found), note=notes)

    def _read(self, raw: object) -> Value:
        """One value in its own spelling, else by the words that are known to stand for it."""
        try:
            return self.parse_one(raw)
        except BadValue as bad:
            reading = readings(self.words).get(same_word(spell(raw))) if isinstance(raw, (str, bool, int)) else None
            if reading is None:
                raise
            if not reading.value:
                raise BadValue(raw, bad.allowed, reading.says) from None
            value = self.unknown() if reading.value == UNKNOWN else self.parse_one(reading.value)
            return replace(value, written=spell(raw), note=reading.says)

    def unknown(self) -> Value:
        raise NotImplementedError

    def parse_one(self, raw: object) -> Value:
        raise NotImplementedError

    def allowed(self) -> str:
        raise NotImplementedError

    def explained(self) -> str:
        """What is allowed, with what it means."""
        return self.allowed()

    def json_schema(self) -> JsonSchema:
        raise NotImplementedError

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        return Value(None, min(p.low for p in parts), max(p.high for p in parts), given)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        # Of 10,000 lesions the same few texts are read again and again.
        known = lru_cache(REMEMBERED)(self.parse)

        def validate(raw: object) -> Value:
            if isinstance(raw, Value):
                return raw
            try:
                return known(raw) if isinstance(raw, str) else self.parse(raw)
            except BadValue as bad:
                context = {"value": bad.value, "allowed": bad.allowed, "fix": bad.fix}
                raise PydanticCustomError("bad_value", "{value} is not allowed", context) from None

        return core_schema.no_info_plain_validator_function(validate)

    def __get_pydantic_json_schema__(self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        return self.json_schema()


@dataclass(frozen=True)
class Quantity(FieldType):
    """A number with its unit; whole numbers, or any."""

    unit: str
    low: float = 0
    high: float = math.inf
    whole: bool = False

    def unknown(self) -> Value:
        return Value(None, self.low, self.high)

    def parse_one(self, raw: object) -> Value:
        text = spell(raw).strip()
        if isinstance(raw, bool):
            raise BadValue(raw, self.allowed())
        if span := _SPAN.fullmatch(text):
            return self._span(raw, float(span[1]), float(span[2]), text)
        if bound := _BOUND.fullmatch(text):
            return self._bound(raw, bound[1], float(bound[2]), text)
        if re.fullmatch(_NUMBER, text) or (isinstance(raw, (int, float)) and math.isfinite(raw)):
            return self._span(raw, float(text), float(text), text)
        plain = self._in_own_unit(raw, text)
        return replace(self.parse_one(plain), written=text)

    @staticmethod
    def unit_in(text: str) -> str:
        """The unit that is written behind a number, in lower case; "" for none.

        >>> Quantity.unit_in("<22 mm"), Quantity.unit_in("2,2")
        ('mm', '')
        """
        found = _WITH_UNIT.fullmatch(text.strip())
        return (found["unit"] or "").lower() if found else ""

    def _in_own_unit(self, raw: object, text: str) -> str:
        """The same in plain numbers of the field's unit: a unit or a decimal comma is written. Raises BadValue."""
        found = _WITH_UNIT.fullmatch(text)
        if not found or any(map(_THOUSANDS.fullmatch, filter(None, found.group("low", "high")))):
            raise BadValue(raw, self.allowed(), 'write a number, an interval such as "2..4" or "<3", or unknown')
        unit = found["unit"] or ""
        factor = factors(self.unit).get(unit.lower(), "" if unit else "1")
        if not factor:
            raise BadValue(raw, self.allowed(), f"write the number of {self.unit}: {unit!r} is not converted here")
        low, high = (_times(number, factor) for number in found.group("low", "high"))
        return f"{found['sign'] or ''}{low}{f'..{high}' if high else ''}"

    def _bound(self, raw: object, operator: str, number: float, text: str) -> Value:
        below = operator.startswith("<")
        end = number
        if len(operator) == 1:
            end = (
                number + (-1 if below else 1)
                if self.whole
                else math.nextafter(number, -math.inf if below else math.inf)
            )
        return self._span(raw, self.low if below else end, end if below else self.high, text)

    def _span(self, raw: object, low: float, high: float, text: str) -> Value:
        whole = not self.whole or all(math.isinf(end) or end == int(end) for end in (low, high))
        if not whole or not (self.low <= low <= high <= self.high) or math.isnan(low):
            raise BadValue(raw, self.allowed(), 'write an interval if it was estimated, for example "2..4"')
        return Value(None, low, high, text)

    def allowed(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        top = f" to {self.high:g}" if math.isfinite(self.high) else " or more"
        return f"{kind} of {self.unit}, {self.low:g}{top}" if math.isfinite(self.low) else f"{kind} of {self.unit}"

    def json_schema(self) -> JsonSchema:
        number: JsonSchema = {"type": "integer" if self.whole else "number"}
        if math.isfinite(self.low):
            number["minimum"] = self.low
        if math.isfinite(self.high):
            number["maximum"] = self.high
        units = f" ?({'|'.join(map(re.escape, factors(self.unit)))})?" if factors(self.unit) else ""
        spelled = rf"^(unknown|((<|<=|>|>=) ?)?{_NUMBER}{units}|{_NUMBER} ?\.\. ?{_NUMBER}{units})$"
        return {
            "anyOf": [number, {"type": "array", "items": number}, {"type": "string", "pattern": spelled}],
            "x-unit": self.unit,
        }


@dataclass(frozen=True)
class SizeAboveZero(Quantity):
    """A length that something present has: more than nothing."""

    def _span(self, raw: object, low: float, high: float, text: str) -> Value:
        if high <= 0 or low < 0:
            raise BadValue(raw, self.allowed(), "write the longest diameter, or leave it out when it was not measured")
        return super()._span(raw, low, high, text)

    def allowed(self) -> str:
        return f"a number of {self.unit}, more than 0 to {self.high:g}"


@dataclass(frozen=True)
class HowMany(Quantity):
    """For how many like it one entry of a list stands: exactly, since each becomes an entry of its own."""

    def parse(self, raw: object) -> Value:
        if raw is None or spell(raw).strip() == "":
            return self.parse(1)
        if isinstance(raw, (list, tuple)) or means_unknown(spell(raw)):
            raise BadValue(raw, self.allowed(), "write one number; where it is not known, list those that are")
        return super().parse(raw)

    def _span(self, raw: object, low: float, high: float, text: str) -> Value:
        if low != high:
            raise BadValue(raw, self.allowed(), "write one number; where it is not known, list those that are")
        return super()._span(raw, low, high, text)


@dataclass(frozen=True)
class Scale(FieldType):
    """A grade out of a few numbers, such as ECOG or Karnofsky."""

    name: str
    steps: tuple[int, ...]
    refuse: Mapping[int, str] = field(default_factory=dict, hash=False)

    def unknown(self) -> Value:
        return Value(self.steps)

    def parse_one(self, raw: object) -> Value:
        text = spell(raw).strip()
        if isinstance(raw, bool):
            raise BadValue(raw, self.allowed())
        if span := _SPAN.fullmatch(text):
            return self._from(
                raw, text, [s for s in self.steps if float(span[1]) <= s <= float(span[2])], (span[1], span[2])
            )
        if bound := _BOUND.fullmatch(text):
            number = float(bound[2])
            tests = {
                "<": lambda s: s < number,
                "<=": lambda s: s <= number,
                ">": lambda s: s > number,
                ">=": lambda s: s >= number,
            }
            return self._from(raw, text, [s for s in self.steps if tests[bound[1]](s)], ())
        if not re.fullmatch(_NUMBER, text) or float(text) not in self.steps:
            number_given = re.fullmatch(r"-?\d{1,4}", text)
            refused = self.refuse.get(int(text)) if number_given else None
            raise BadValue(raw, self.allowed(), refused or self._interval_hint(text))
        return Value((int(float(text)),), given=text)

    def _from(self, raw: object, text: str, steps: list[int], ends: Sequence[str]) -> Value:
        if not steps or any(float(end) not in self.steps for end in ends):
            raise BadValue(raw, self.allowed())
        return Value(tuple(steps), given=text)

    def _interval_hint(self, text: str) -> str:
        if not re.fullmatch(_NUMBER, text):
            return "write the number, or leave it out when it is not known"
        below = [s for s in self.steps if s < float(text)]
        above = [s for s in self.steps if s > float(text)]
        if below and above:
            return f'if it was estimated, give an interval: "{max(below)}..{min(above)}"'
        return "check the scale: was the other one meant?"

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        named = {label for part in parts for label in part.labels or ()}
        return Value(tuple(s for s in self.steps if s in named), given=given)

    def allowed(self) -> str:
        return f"one of {', '.join(map(str, self.steps))} ({self.name})"

    def json_schema(self) -> JsonSchema:
        step = {"enum": list(self.steps)}
        spelled = r"^(unknown|(<|<=|>|>=) ?\d+|\d+ ?\.\. ?\d+)$"
        return {"anyOf": [step, {"type": "array", "items": step}, {"type": "string", "pattern": spelled}]}


@dataclass(frozen=True)
class Choice(FieldType):
    """One of named values; `values` gives each its definition."""

    values: Mapping[str, str] = field(hash=False)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.values)

    @cached_property
    def _by_word(self) -> Mapping[str, str]:
        return {same_word(label): label for label in self.labels}

    def unknown(self) -> Value:
        return Value(self.labels)

    def parse_one(self, raw: object) -> Value:
        label = self._by_word.get(same_word(spell(raw)))
        if label is None:
            raise BadValue(raw, self.explained())
        return Value((label,), given=label)

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        named = {label for part in parts for label in part.labels or ()}
        return Value(tuple(label for label in self.labels if label in named), given=given)

    def allowed(self) -> str:
        return "one of " + ", ".join(self.labels)

    def explained(self) -> str:
        told = (
            f"{label} = {text}" if text and same_word(text) != same_word(label) else label
            for label, text in self.values.items()
        )
        return "one of " + "; ".join(told)

    def json_schema(self) -> JsonSchema:
        words = [word for word, reading in readings(self.words).items() if reading.value]
        label: JsonSchema = {"enum": [*self.labels, *words]}
        return {"anyOf": [{"enum": [*self.labels, UNKNOWN, *words]}, {"type": "array", "items": label}]}


@dataclass(frozen=True)
class OpenChoice(Choice):
    """Named values that tables know, and any other words, which are kept and count as the last of them."""

    def _read(self, raw: object) -> Value:
        try:
            return super()._read(raw)
        except BadValue:
            if not isinstance(raw, str):
                raise
            return Value((self.labels[-1],), given=raw.strip())

    def allowed(self) -> str:
        return f"{', '.join(self.labels[:-1])}, or other words"

    def explained(self) -> str:
        return self.allowed()

    def json_schema(self) -> JsonSchema:
        return {"type": "string"}


@dataclass(frozen=True)
class Flag(FieldType):
    """True or false."""

    def unknown(self) -> Value:
        return Value((False, True))

    def parse_one(self, raw: object) -> Value:
        truth = _WORDS.get(spell(raw).strip().lower()) if isinstance(raw, (bool, str)) else None
        if truth is None:
            raise BadValue(raw, self.allowed())
        return Value((truth,), given=spell(truth))

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        named = {label for part in parts for label in part.labels or ()}
        return Value(tuple(label for label in (False, True) if label in named), given=given)

    def allowed(self) -> str:
        return "true, false or unknown"

    def json_schema(self) -> JsonSchema:
        words = (word for word, reading in readings(self.words).items() if reading.value)
        return {"enum": [True, False, *dict.fromkeys(["unknown", "yes", "no", *words])]}


@dataclass(frozen=True)
class PresumedFlag(Flag):
    """True or false; where a chart is silent, neither is said: tables see that as an answer of its own.

    All three are words, since an engine of decision tables (DMN) compares no words with truths.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """What tables tell apart."""
        return ("false", "true", "presumed")

    def unknown(self) -> Value:
        return Value(("false", "true"))

    def parse_one(self, raw: object) -> Value:
        truth = super().parse_one(raw)
        return Value((truth.given,), given=truth.given)

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        named = {label for part in parts for label in part.labels or ()}
        return Value(tuple(label for label in self.labels if label in named), given=given)

    @classmethod
    def silent(cls) -> Value:
        """What a chart says that does not mention the field."""
        return Value(("presumed",), given="presumed")


@dataclass(frozen=True)
class Day(FieldType):
    """A calendar date, ISO 8601; the month or the year alone leave open what they leave open."""

    def unknown(self) -> Value:
        return Value(None, FIRST_DAY, LAST_DAY)

    def parse_one(self, raw: object) -> Value:
        if isinstance(raw, datetime.datetime):
            raw = raw.date()
        text = str(raw).strip()
        match = _DATE.fullmatch(text) if not isinstance(raw, bool) else None
        try:
            return self._between(match, text) if match else self._refuse(raw)
        except ValueError:
            return self._refuse(raw)

    def _between(self, match: re.Match[str], text: str) -> Value:
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None
        first = datetime.date(year, month or 1, day or 1)
        last_month = month or 12
        last = datetime.date(year, last_month, day or calendar.monthrange(year, last_month)[1])
        return Value(None, as_number(first), as_number(last), text)

    def _refuse(self, raw: object) -> NoReturn:
        raise BadValue(raw, self.allowed(), _ISO)

    def allowed(self) -> str:
        return "an ISO 8601 date: YYYY-MM-DD, YYYY-MM or YYYY"

    def json_schema(self) -> JsonSchema:
        return {"anyOf": [{"type": "string", "pattern": r"^(unknown|\d{4}(-\d{2}(-\d{2})?)?)$"}, {"type": "integer"}]}


@dataclass(frozen=True)
class Procedure(Choice):
    """Whether something was done; its date, when given, says that it was."""

    def parse_one(self, raw: object) -> Value:
        if (isinstance(raw, (datetime.date, int)) and not isinstance(raw, bool)) or (
            isinstance(raw, str) and raw[:4].isdigit()
        ):
            day = Day().parse_one(raw)
            return Value(("done",), day.low, day.high, day.given)
        try:
            return self._undated(super().parse_one(raw))
        except BadValue as bad:
            dated = re.search(r"\d", spell(raw))
            raise BadValue(raw, bad.allowed, _ISO if dated else "") from None

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        return self._undated(super()._join(parts, given))

    def _undated(self, value: Value) -> Value:
        return Value(value.labels, FIRST_DAY, LAST_DAY, value.given)

    def unknown(self) -> Value:
        return Value(self.labels, FIRST_DAY, LAST_DAY)

    def allowed(self) -> str:
        return f"the date (YYYY-MM-DD), or {super().allowed()}"

    def explained(self) -> str:
        return f"the date (YYYY-MM-DD), or {super().explained()}"

    def json_schema(self) -> JsonSchema:
        return {"anyOf": [super().json_schema(), Day().json_schema()]}


@dataclass(frozen=True)
class Text(FieldType):
    """Free words: kept, never interpreted."""

    def unknown(self) -> Value:
        return Value()

    def parse(self, raw: object) -> Value:
        if raw is None or (isinstance(raw, str) and raw.strip().lower() in UNKNOWN_WORDS):
            return Value()
        if isinstance(raw, str) and means_unknown(raw):
            return Value(written=raw.strip())
        if isinstance(raw, (dict, set)):
            raise BadValue(raw, self.allowed())
        return Value(given="|".join(map(str, raw)) if isinstance(raw, (list, tuple)) else str(raw))

    def allowed(self) -> str:
        return "text"

    def json_schema(self) -> JsonSchema:
        return {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "array", "items": {"type": "string"}}]}


@dataclass(frozen=True)
class Name(Text):
    """What an item is called: lists refer to each other's items by it. also: what may be named that is no item."""

    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names(Name):
    """What several items are called. An entry that names several stands for as many: each of them names one."""


def as_number(day: datetime.date) -> int:
    """A day as yyyymmdd."""
    return day.year * 10000 + day.month * 100 + day.day
