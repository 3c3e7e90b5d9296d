"""What one cell of an export says, in the words of the vocabulary."""

import datetime
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from oligoscope.vocabulary.synonyms import UNKNOWN, factors
from oligoscope.vocabulary.values import (
    BadValue,
    Choice,
    Day,
    FieldType,
    Flag,
    Procedure,
    Quantity,
    Scale,
    Text,
    means_unknown,
)

_FRACTION = {"percent": {"fraction": "100"}}
TO_FILL = "?"
"""What a drafted mapping has in place of a meaning."""
_MIDNIGHT = re.compile(r"[T ]0?0:00(:00(\.0+)?)?\s*(Z|[+-]\d{2}:?\d{2})?")
_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_EITHER_DAY_OR_MONTH = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}")
_SIGNS = {"≤": "<=", "≥": ">=", "−": "-"}


class NotRead(ValueError):
    """A cell whose meaning the mapping does not say: why."""


@dataclass(frozen=True)
class Writing:
    """How an export writes what every column has.

    dates: as `strptime` reads them, ISO 8601 beside them.  missing: codes that stand for an empty cell.  yes, no: of
    every field that is true or false.
    """

    decimal: str = "."
    thousands: str = ""
    dates: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cells:
    """Reads the cells of one column.

    kind: of the field, None for an id.  words: by code its meaning.  factor: from the export's unit to the field's.
    missing_is_unknown: a code for missing is not taken for a cell that was left out.
    """

    kind: FieldType | None
    writing: Writing
    words: Mapping[str, str] = field(default_factory=dict)
    factor: Decimal = Decimal(1)
    missing_is_unknown: bool = False

    def __post_init__(self) -> None:
        words = {folded(code): meaning for code, meaning in self.words.items()}
        if isinstance(self.kind, Flag):
            words |= {folded(code): "true" for code in self.writing.yes}
            words |= {folded(code): "false" for code in self.writing.no}
        object.__setattr__(self, "_words", words)
        object.__setattr__(self, "_missing", {folded(code) for code in self.writing.missing})
        coded = any(_is_number(code) and meaning != UNKNOWN for code, meaning in words.items())
        object.__setattr__(self, "_coded", coded)

    _words: Mapping[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)
    _missing: set[str] = field(init=False, repr=False, compare=False, default_factory=set)
    _coded: bool = field(init=False, repr=False, compare=False, default=False)

    @property
    def as_written(self) -> bool:
        """Whether a cell is taken as it stands: an id, or free words."""
        return not self._words and (self.kind is None or isinstance(self.kind, Text))

    def is_missing(self, text: str) -> bool:
        """Whether a cell holds a code for missing."""
        return folded(text) in self._missing

    def read(self, raw: str) -> str | None:
        """The cell as the vocabulary writes it; None where it is empty or missing. Raises NotRead."""
        text = clean(raw)
        if not text:
            return None
        if self.is_missing(text):
            return UNKNOWN if self.missing_is_unknown else None
        meaning = self._words.get(folded(text))
        if meaning is not None:
            return meaning or None
        if means_unknown(text):
            return UNKNOWN
        if self._coded and _is_number(text):
            raise NotRead("the mapping has no entry for this code; add it to `words` of the column, or to `missing`")
        return self._plain(text)

    def _plain(self, text: str) -> str:
        """A cell that is written out."""
        match self.kind:
            case Quantity() | Scale():
                return self._number(text)
            case Day():
                return self._date(text)
            case Choice() | Flag() if re.fullmatch(r"-?\d{1,3}([.,]\d+)?", text):
                raise NotRead("this is a code, and the mapping has no `words` for this column that say what it means")
            case Procedure() if text[:1].isdigit():
                return self._date(text)
            case Choice() | Flag() if self._words:
                self._check_word(self.kind, text)
        return text

    def _check_word(self, kind: Choice | Flag, text: str) -> None:
        """Beside words of a mapping only the vocabulary's own are read."""
        try:
            kind.parse_one(text)
        except BadValue as bad:
            fix = "add it to `words` of the column, or to `missing`"
            raise NotRead(f"the mapping has no entry for this word; allowed: {bad.allowed}; {fix}") from None

    # ---- numbers ---------------------------------------------------------------------------------

    def _number(self, text: str) -> str:
        if text[0].isalpha():
            return self._word_for_a_number(text)
        for sign, plain in _SIGNS.items():
            text = text.replace(sign, plain)
        number = self._pattern()
        match = re.fullmatch(rf"(<=|>=|<|>)?\s*({number})(?:\s*\.\.\s*({number}))?\s*([^\d\s.,<>].*)?", text)
        if not match:
            raise NotRead(self._how_numbers_are_written())
        factor = self._factor_of(match[4]) if match[4] else self.factor
        low, high = (self._converted(each, factor) if each else "" for each in match.group(2, 3))
        return f"{match[1] or ''}{low}{f'..{high}' if high else ''}"

    def _word_for_a_number(self, text: str) -> str:
        """Words that the vocabulary knows, such as ECOG 1."""
        assert self.kind
        try:
            self.kind.parse(text)
        except BadValue as bad:
            raise NotRead(f"allowed: {bad.allowed}; {bad.fix}".removesuffix("; ")) from None
        return text

    def _factor_of(self, unit: str) -> Decimal:
        """Of a unit that is written behind a number; it holds, whatever the others of the column have."""
        known = units_of(self.kind)
        if unit.lower() not in known:
            raise NotRead(f"the unit {unit} is not turned into that of the field; allowed: {', '.join(known)}")
        return Decimal(known[unit.lower()])

    def _pattern(self) -> str:
        decimal, thousands = re.escape(self.writing.decimal), re.escape(self.writing.thousands)
        whole = rf"\d{{1,3}}(?:{thousands}\d{{3}})+|\d+" if thousands else r"\d+"
        return rf"-?(?:{whole})(?:{decimal}\d+)?"

    def _converted(self, text: str, factor: Decimal) -> str:
        plain = text.replace(self.writing.thousands, "") if self.writing.thousands else text
        number = Decimal(plain.replace(self.writing.decimal, ".")) * factor
        return f"{number.normalize():f}"

    def _how_numbers_are_written(self) -> str:
        sign = self.writing.decimal
        thousands = f" and {self.writing.thousands!r} between thousands" if self.writing.thousands else ""
        return f"this is no number with {sign!r} before decimals{thousands}; see `decimal` and `thousands`"

    # ---- dates -----------------------------------------------------------------------------------

    def _date(self, text: str) -> str:
        for pattern in self.writing.dates:
            for written in (text, _MIDNIGHT.sub("", text)):
                if (day := as_iso(written, pattern)) is not None:
                    return day
        day = _MIDNIGHT.sub("", text)
        if _ISO.fullmatch(day):
            return day
        raise NotRead(self._how_dates_are_written(day))

    def _how_dates_are_written(self, text: str) -> str:
        if not self.writing.dates:
            either = _EITHER_DAY_OR_MONTH.fullmatch(text)
            which = ": which is the day and which the month is not guessed" if either else ""
            return f'this is no ISO date{which}; say how dates are written, such as `dates: "%d/%m/%Y"`'
        others = [other for other in map(_turned, self.writing.dates) if as_iso(text, other)]
        turned = f"; it would fit {others[0]}, so look at all dates of this column" if others else ""
        return f"this is no date written as {' or '.join(self.writing.dates)}{turned}"


def units_of(kind: FieldType | None) -> Mapping[str, str]:
    """The units that a field's numbers may have in an export, each with its factor; all of them exact."""
    own = kind.unit if isinstance(kind, Quantity) else ""
    return {**factors(own), **_FRACTION.get(own, {})}


def clean(text: str) -> str:
    """A text without what cannot be seen: spaces around it (no-break ones too), marks of order, two ways of an umlaut.

    >>> clean(" Größe\\u00a0\\ufeff")
    'Größe'
    """
    return unicodedata.normalize("NFC", text).strip().strip("\ufeff\u200b").strip()


def folded(text: str) -> str:
    """A code as it is compared: in lower case, and a whole number without decimals.

    >>> folded("Y"), folded("1.0"), folded("01"), folded("-9,0")
    ('y', '1', '01', '-9')
    """
    return re.sub(r"^(-?\d+)[.,]0+$", r"\1", clean(text).casefold())


def as_iso(text: str, pattern: str) -> str | None:
    """A date as ISO 8601, as exact as the pattern; None where it does not fit.

    >>> as_iso("07.2021", "%m.%Y"), as_iso("31.02.2021", "%d.%m.%Y")
    ('2021-07', None)
    """
    try:
        day = datetime.datetime.strptime(text, pattern)
    except ValueError:
        return None
    if "%d" in pattern or "%j" in pattern:
        return f"{day:%Y-%m-%d}"
    return f"{day:%Y-%m}" if any(month in pattern for month in ("%m", "%b", "%B")) else f"{day:%Y}"


def ambiguous(patterns: Sequence[str]) -> bool:
    """Whether one date may be read by two patterns in two ways, as by day first and by month first."""
    day = datetime.date(2001, 3, 2)
    read = [as_iso(day.strftime(one), other) for one in patterns for other in patterns if "%d" in other]
    return len({found for found in read if found}) > 1


def _turned(pattern: str) -> str:
    """Day and month the other way round."""
    return pattern.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d+([.,]\d+)?", text) is not None
