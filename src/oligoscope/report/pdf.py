"""A page as PDF, by the Chromium of this machine; where there is none, the reader's own browser prints."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from oligoscope.errors import NotAllowed

NAMES = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 60
FLAGS = ("--headless", "--disable-gpu", "--no-pdf-header-footer", "--disable-extensions")
NOTHING_ELSE = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">"""
"""A file has no header that could say it: no script, no picture, no address is fetched."""
_PRINT = "open the page and print it from the browser"


def chromium() -> str:
    """Where Chromium lies. Raises NotAllowed where it is not installed."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NotAllowed("pdf", "", "", "there is no Chromium on this machine that could write it", _PRINT)
    return found


def pdf(page: str) -> bytes:
    """The page on A4, as its own style lays it out. The files of it are gone when it is there.

    Raises NotAllowed where no Chromium is installed, or where it does not print.
    """
    browser = chromium()
    with tempfile.TemporaryDirectory(prefix="oligoscope-pdf-") as place:
        folder = Path(place)
        (folder / "page.html").write_text(page.replace("<head>", f"<head>{NOTHING_ELSE}", 1), "utf-8")
        # Chromium refuses its sandbox to root.
        flags = [*FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        where = [f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={folder / 'page.pdf'}"]
        try:
            command = [browser, *flags, *where, (folder / "page.html").as_uri()]
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
            return (folder / "page.pdf").read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            problem = f"Chromium did not write it ({type(error).__name__})"
            raise NotAllowed("pdf", "", "", problem, _PRINT) from None
