"""The server process: the application behind uvicorn, on this machine."""

import os
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from oligoscope.web.app import create_app

PACKS, EVIDENCE, DATABASE = (f"OLIGOSCOPE_SERVE_{what}" for what in ("KNOWLEDGE", "EVIDENCE", "DATABASE"))
"""How a server of several processes tells each of them what to answer by."""
GRACE = 5
"""Seconds that a request has to end when the server is told to stop."""


def serve(
    host: str,
    port: int,
    packs: Sequence[Path | str] = (),
    evidence: Sequence[Path | str] = (),
    workers: int = 1,
    database: str | None = None,
) -> None:
    """Answer until told to stop. Raises OligoscopeError before it listens: for packs or a database of no use."""
    os.environ |= {PACKS: os.pathsep.join(map(str, packs)), EVIDENCE: os.pathsep.join(map(str, evidence))}
    os.environ[DATABASE] = database or ""
    from_environment()
    # No log of requests: what is asked about a patient is nobody's but the asker's.
    uvicorn.run(
        f"{__name__}:from_environment",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )


def from_environment() -> FastAPI:
    """The application of one process."""
    packs, evidence = (filter(None, os.environ.get(name, "").split(os.pathsep)) for name in (PACKS, EVIDENCE))
    return create_app(tuple(packs), tuple(evidence), database=os.environ.get(DATABASE) or None)
