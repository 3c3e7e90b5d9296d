"""The report as one self-contained page: no script, no outside file, readable in print and in the dark."""

from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from oligoscope import __version__
from oligoscope.report.body_map import OUTLINE, marks, n_undrawn, path
from oligoscope.report.card_limits import card_limits
from oligoscope.report.cards import parts_of
from oligoscope.report.language import language
from oligoscope.report.patient import PatientReport
from oligoscope.report.wording import DISCLAIMER

if TYPE_CHECKING:
    from jinja2 import Environment

LEGEND = (
    ("up", "growing"),
    ("star", "new"),
    ("square", "stable"),
    ("disc", "found at diagnosis"),
    ("down", "shrinking"),
    ("cross", "gone"),
    ("diamond", "course not recorded"),
)
"""What the shapes of the body map mean."""


WHOLE, BARE = "base.html", "bare.html"
"""What stands around an answer: a page of its own, or nothing, inside a page of the web application."""


def render_html(report: PatientReport, frame: str = WHOLE) -> str:
    """The page of one assessment. frame: `WHOLE` or `BARE`."""
    drawn = marks(report.first.lesions)
    undrawn = n_undrawn(report.first.lesions, drawn)
    say = language(report.lang).say
    template = environment().get_template("report.html")
    return template.render(
        frame=frame,
        report=report,
        first=report.first,
        say=say,
        parts_of=parts_of,
        limits_of=lambda card: list(card_limits([card], report.assessment.knowledge, say)),
        marks=drawn,
        undrawn=undrawn,
        version=__version__,
    )


def render_board(reports: Sequence[PatientReport]) -> str:
    """The list of several cases, for the tumour board of a week."""
    return environment().get_template("board.html").render(reports=reports, version=__version__)


def printable(text: str) -> str:
    """Text that a style sheet may quote, for the foot of a printed page: letters, digits and plain signs alone.

    >>> printable('Mrs "A"}, 2024-05')
    'Mrs A, 2024-05'
    """
    return "".join(sign for sign in text if sign.isalnum() or sign in " .,-+·")


@cache
def environment() -> "Environment":
    """Jinja2 over the package's templates, escaping everything. Made once: compiling a template costs 30 ms."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def load(name: str) -> str:
        return resources.files("oligoscope.report").joinpath("templates", name).read_text("utf-8")

    found = Environment(
        loader=FunctionLoader(load), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.globals["disclaimer"] = DISCLAIMER
    found.filters["printable"] = printable
    found.globals["outline"] = OUTLINE
    found.globals["legend"] = [(path(shape, 5), text) for shape, text in LEGEND]
    return found
