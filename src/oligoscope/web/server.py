"""The server process: the application behind uvicorn, on this machine."""

import os

import uvicorn
from fastapi import FastAPI

from oligoscope.web.app import create_app
from oligoscope.web.settings import Settings

SETTINGS = "OLIGOSCOPE_SERVE"
"""How a server of several processes tells each of them what it was started with."""
GRACE = 5
"""Seconds that a request has to end when the server is told to stop."""


def serve(host: str, port: int, settings: Settings, workers: int = 1) -> None:
    """Answer until told to stop. Raises OligoscopeError before it listens: for packs or a database of no use."""
    os.environ[SETTINGS] = settings.text()
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
    return create_app(Settings.of(os.environ[SETTINGS]))
