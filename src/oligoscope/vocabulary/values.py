"""How a value is written: known, unknown, one of several, an interval, a partial date.

One parser for case files and cohorts alike.
"""

import calendar
import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NoReturn, TypeAlias

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from oligoscope.spelling import nearest, spell

Label = str | int | bool
JsonSchema: TypeAlias = dict[str, object]
UNKNOWN_WORDS = ("", "unknown", "null", "~")
FIRST_DAY, LAST_DAY = 1_01_01, 9999_12_31
_NUMBER = r"-?\d+(?:\.\d+)?"
_SPAN = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})")
_BOUND = re.compile(rf"(<=|>=|<|>)\s*({_NUMBER})")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


class BadValue(ValueError):
    """A value that a field cannot hold: what is allowed, and how to mend it."""

    def __init__(self, value: object, allowed: str, fix: str = "") -> None:
        self.value, self.allowed, self.fix = value, allowed, fix
        super().__init__(f"{value!r} is not allowed")


@dataclass(frozen=True)
class Value:
    """What a chart says of one field.

    labels: the labels still possible (choices), else None.  low, high: the closed span still possible (numbers; dates
    as yyyymmdd). given: as written; "" when the chart is silent. left_out: nothing is written at all, not even unknown.
    """

    labels: tuple[Label, ...] | None = None
    low: float = -math.inf
    high: float = math.inf
    given: str = ""
    left_out: bool = False

    @property
    def is_unknown(self) -> bool:
        return self.given == ""

    def __str__(self) -> str:
        return self.given or "unknown"


@dataclass(frozen=True)
class FieldType:
    """What a field may hold. Subclasses parse and describe; Pydantic and the cohort reader both call `parse`."""

    def parse(self, raw: object) -> Value:
        """The value written as `raw`. Raises BadValue."""
        text = raw.strip() if isinstance(raw, str) else raw
        if text is None or (isinstance(text, str) and text.lower() in UNKNOWN_WORDS):
            return replace(self.unknown(), left_out=text == "")
        if isinstance(text, str) and "|" in text:
            text = [part.strip() for part in text.split("|")]
        if isinstance(text, (list, tuple)):
            if not text:
                raise BadValue(raw, self.allowed(), "leave it out when it is not known")
            return self._join([self.parse_one(part) for part in text], "|".join(spell(part) for part in text))
        return self.parse_one(text)

    def unknown(self) -> Value:
        raise NotImplementedError

    def parse_one(self, raw: object) -> Value:
        raise NotImplementedError

    def allowed(self) -> str:
        raise NotImplementedError

    def json_schema(self) -> JsonSchema:
        raise NotImplementedError

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        return Value(None, min(p.low for p in parts), max(p.high for p in parts), given)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def validate(raw: object) -> Value:
            if isinstance(raw, Value):
                return raw
            try:
                return self.parse(raw)
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
        if not re.fullmatch(_NUMBER, text) and not (isinstance(raw, (int, float)) and math.isfinite(raw)):
            raise BadValue(raw, self.allowed(), 'write a number, an interval such as "2..4" or "<3", or unknown')
        return self._span(raw, float(text), float(text), text)

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
        spelled = rf"^(unknown|(<|<=|>|>=) ?{_NUMBER}|{_NUMBER} ?\.\. ?{_NUMBER})$"
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
    """One of named values; `values` gives each its definition, `synonyms` other spellings that mean the same."""

    values: Mapping[str, str] = field(hash=False)
    synonyms: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.values)

    def unknown(self) -> Value:
        return Value(self.labels)

    def parse_one(self, raw: object) -> Value:
        text = spell(raw).strip()
        by_spelling = {label.lower(): label for label in self.labels} | {
            other.lower(): label for other, label in self.synonyms.items()
        }
        label = by_spelling.get(text.lower())
        if label is None:
            close = nearest(text.lower(), by_spelling, 0.4)
            raise BadValue(raw, self.allowed(), f"did you mean {by_spelling[close]}?" if close else "")
        return Value((label,), given=label)

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        named = {label for part in parts for label in part.labels or ()}
        return Value(tuple(label for label in self.labels if label in named), given=given)

    def allowed(self) -> str:
        return "one of " + ", ".join(self.labels)

    def json_schema(self) -> JsonSchema:
        label = {"enum": [*self.labels, *self.synonyms]}
        return {"anyOf": [{"enum": [*self.labels, *self.synonyms, "unknown"]}, {"type": "array", "items": label}]}


@dataclass(frozen=True)
class OpenChoice(Choice):
    """Named values that tables know, and any other words, which are kept and count as the last of them."""

    def parse_one(self, raw: object) -> Value:
        try:
            return super().parse_one(raw)
        except BadValue:
            if not isinstance(raw, str):
                raise
            return Value((self.labels[-1],), given=raw.strip())

    def allowed(self) -> str:
        return f"{', '.join(self.labels[:-1])}, or other words"

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
        return {"enum": [True, False, "unknown", "yes", "no"]}


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
        raise BadValue(raw, self.allowed(), "write 2023-05-17; 2023-05 or 2023 where only that is known")

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
        return self._undated(super().parse_one(raw))

    def _join(self, parts: Sequence[Value], given: str) -> Value:
        return self._undated(super()._join(parts, given))

    def _undated(self, value: Value) -> Value:
        return Value(value.labels, FIRST_DAY, LAST_DAY, value.given)

    def unknown(self) -> Value:
        return Value(self.labels, FIRST_DAY, LAST_DAY)

    def allowed(self) -> str:
        return f"the date (YYYY-MM-DD), or {super().allowed()}"

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


def as_number(day: datetime.date) -> int:
    """A day as yyyymmdd."""
    return day.year * 10000 + day.month * 100 + day.day
