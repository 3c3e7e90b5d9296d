"""Figures as SVG text: they take the page's colours inside it, and their own light ones as files."""

from html import escape

from oligoscope.report.survival_text import number

INK, SOFT, RULE, PAPER = "var(--ink, #1b1f24)", "var(--soft, #57606a)", "var(--line, #d0d7de)", "var(--paper, #ffffff)"
SERIES = tuple(
    f"var(--series{i}, {colour})"
    for i, colour in enumerate(
        ("#0b5c8a", "#b35900", "#116329", "#7b3fa0", "#a40e26", "#00707a", "#6b5900", "#a0326b", "#57606a")
    )
)
"""Each of them at least 4.5 to 1 on white, and with a dash of its own: nobody needs to see the colour."""
DASHES = ("", "7 3", "2 3", "9 3 2 3", "5 2", "1 2", "12 4", "4 4 1 4", "3 5")
UNSETTLED = len(SERIES) - 1


def wrapped(width: float, height: float, title: str, desc: str, parts: list[str], name: str) -> str:
    """A whole figure. name: unique on the page."""
    head = (
        f'<svg class="fig" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{escape(title)}</title>'
        f'<desc id="{name}-d">{escape(desc)}</desc>'
    )
    return "\n".join([head, *parts, "</svg>"])


def as_file(figure: str) -> str:
    """A figure that stands by itself, on white."""
    start = figure.index(">") + 1
    style = '<style>text{font:11px system-ui,sans-serif}</style><rect width="100%" height="100%" fill="#ffffff"/>'
    return f"{figure[:start]}{style}{figure[start:]}\n"


def text(
    x: float, y: float, words: str, *, anchor: str = "start", fill: str = INK, weight: str = "", struck: bool = False
) -> str:
    """Words at a place. struck: with a line through them."""
    through = ' text-decoration="line-through"' if struck else ""
    bold = f' font-weight="{weight}"' if weight else ""
    at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:g}" y="{y:g}"{at} style="fill:{fill}"{bold}{through}>{escape(words)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, stroke: str = RULE, width: float = 1, dash: str = "") -> str:
    """A straight line."""
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" style="stroke:{stroke}" stroke-width="{width:g}"{dashes}/>'


def box(x: float, y: float, width: float, height: float, fill: str, opacity: float = 1) -> str:
    """A filled rectangle."""
    see = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" style="fill:{fill}"{see}/>'


def shortened(words: str, most: int) -> str:
    """
    >>> shortened("a label that is long", 10)
    'a label t…'
    """
    return words if len(words) <= most else f"{words[: most - 1]}…"


def months_text(value: float | None) -> str:
    """Months as figures print them."""
    return "not reached" if value is None else number(value, 3)


def ratio_text(value: float | None) -> str:
    """A ratio with two decimals, or three digits that count where it is small or large.

    >>> ratio_text(0.6543), ratio_text(12.3456), ratio_text(0.01234)
    ('0.65', '12.3', '0.0123')
    """
    if value is None:
        return "-"
    return f"{value:.2f}" if 0.1 <= value < 10 else f"{value:.3g}"
