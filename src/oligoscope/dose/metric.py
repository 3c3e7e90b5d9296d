"""What is read off a dose-volume histogram, as planners write it: `D0.035cc`, `D95%`, `Dmax`, `V20Gy%`, `CV12.5Gy`."""

import re
from dataclasses import dataclass

from oligoscope.errors import NotAllowed

EXAMPLES = "D0.035cc, D95%, Dmax, Dmin, Dmean, V20Gy (in cc), V20Gy% (in percent), CV12.5Gy (cc that stay below it)"
_NUMBER = r"(?P<at>\d{1,6}(?:\.\d{1,6})?)"
_FORMS = (
    rf"(?P<kind>D){_NUMBER}(?P<at_unit>cc|%)",
    rf"(?P<kind>V){_NUMBER}(?P<at_unit>Gy)(?P<share>%)?",
    rf"(?P<kind>CV){_NUMBER}(?P<at_unit>Gy)",
    r"D(?P<extreme>max|min|mean)",
)


@dataclass(frozen=True)
class Metric:
    """One quantity of one structure.

    kind: D, the least dose that the hottest part of that size gets; V, what gets at least a dose; CV, what gets less;
    max, min, mean.  at: of D the volume, of V and CV the dose.  at_unit: cc, % or Gy.  unit: of the quantity itself:
    Gy, cc or %.
    """

    kind: str
    at: float | None = None
    at_unit: str = ""
    unit: str = "Gy"

    def __str__(self) -> str:
        if self.at is None:
            return f"D{self.kind}"
        share = "%" if self.kind == "V" and self.unit == "%" else ""
        return f"{self.kind}{number(self.at)}{self.at_unit}{share}"


def metric(text: str) -> Metric:
    """The quantity that a text means. Raises NotAllowed, also where a unit is missing: none is assumed.

    >>> metric("D0.035cc")
    Metric(kind='D', at=0.035, at_unit='cc', unit='Gy')
    >>> str(metric("V20Gy%")), metric("V20Gy%").unit
    ('V20Gy%', '%')
    """
    written = text.strip()
    for form in _FORMS:
        if found := re.fullmatch(form, written):
            parts = found.groupdict()
            if "extreme" in parts:
                return Metric(parts["extreme"])
            at = float(parts["at"])
            if at == 0 or (parts["at_unit"] == "%" and at > 100):
                allowed = "above 0 to 100 %" if parts["at_unit"] == "%" else f"above 0 {parts['at_unit']}"
                fix = "write a share of the volume, for example D95%" if at else "write Dmax or Dmin for the extremes"
                raise NotAllowed("metric", text, allowed, "no structure has such a part", fix)
            if parts["kind"] == "D":
                return Metric("D", at, parts["at_unit"])
            return Metric(parts["kind"], at, "Gy", "%" if parts.get("share") else "cc")
    raise NotAllowed("metric", text, EXAMPLES, *_wrong(written))


def _wrong(text: str) -> tuple[str, str]:
    """What is wrong with it, and what to write instead."""
    if bare := re.fullmatch(rf"(?P<kind>D|V|CV){_NUMBER}%?", text):
        kind, at = bare["kind"], bare["at"]
        if kind == "D":
            return "its volume has no unit, and none is assumed", f"write D{at}% (of the volume) or D{at}cc"
        share = f" or, for the share of the volume, V{at}Gy%" if kind == "V" else ""
        return "its dose has no unit, and none is assumed", f"write {kind}{at}Gy{share}"
    meant = re.sub(r"cm3|cm³|ml", "cc", re.sub(r"[\s_\[\]()]", "", text).lower().replace(",", "."))
    meant = re.sub(r"gycc$", "Gy", meant).replace("gy", "Gy")
    meant = re.sub(r"^(cv|d|v)(?=[\d])", lambda found: found[0].upper(), meant)
    meant = meant.capitalize() if meant in ("dmax", "dmin", "dmean") else meant
    if meant != text and any(re.fullmatch(form, meant) for form in _FORMS):
        return "it cannot be read", f"did you mean {meant}?"
    return "it cannot be read", "write the unit too, as in these"


def number(value: float) -> str:
    """As it was written, without zeros that say nothing.

    >>> number(12.50), number(20.0)
    ('12.5', '20')
    """
    return f"{value:.6f}".rstrip("0").rstrip(".")
