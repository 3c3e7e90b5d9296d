"""PDFs for tests, written by hand: lines of text at their places."""

from collections.abc import Sequence

Line = tuple[float, float, str]
"""Points from the left and from the bottom of a page of 600 by 800, and the text."""


def pdf(pages: Sequence[Sequence[Line]]) -> bytes:
    """A PDF whose file has the lines in the order given."""
    font = len(pages) * 2 + 3
    kids = " ".join(f"{3 + 2 * place} 0 R" for place in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for place, lines in enumerate(pages):
        drawn = "".join(f"BT /F 10 Tf {x} {y} Td ({_escaped(text)}) Tj ET\n" for x, y, text in lines)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {4 + 2 * place} 0 R"
            f" /Resources << /Font << /F {font} 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream")
    objects.append("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    text, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(text))
        text += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    ends = f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n"
    return f"{text}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{ends}".encode("cp1252")


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
