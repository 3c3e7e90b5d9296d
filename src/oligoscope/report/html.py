"""The report as one self-contained page: no script, no outside file, readable in print and in the dark."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from oligoscope import __version__
from oligoscope.report.body_map import describe, marks
from oligoscope.report.patient import PatientReport
from oligoscope.report.wording import DISCLAIMER

if TYPE_CHECKING:
    from jinja2 import Environment


def render_html(report: PatientReport) -> str:
    """The page of one assessment."""
    listed = [
        (lesion["id"] if lesion["id"] != "unknown" else str(n), describe(lesion))
        for n, lesion in enumerate(report.lesions, 1)
    ]
    return (
        environment()
        .get_template("report.html")
        .render(report=report, marks=marks(report.lesions), lesions=listed, version=__version__)
    )


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
    return found
