"""The server process: the application behind uvicorn, and what must be there before it listens."""

import gc
import multiprocessing
import os
import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn import _subprocess

from oligoscope import api
from oligoscope.errors import NotAllowed
from oligoscope.store import Database, default_url
from oligoscope.store.accounts import ADMIN, Accounts
from oligoscope.web.app import create_app
from oligoscope.web.releases import Named, read
from oligoscope.web.settings import Settings

SETTINGS = "OLIGOSCOPE_SERVE"
"""How a server of several processes tells each of them what it was started with."""
OBJECTS_BETWEEN_COLLECTIONS = 100_000
GRACE = 5
"""Seconds that a request has to end when the server is told to stop."""


@dataclass(frozen=True)
class Door:
    """Where it listens. cert, key: files for TLS.  proxy: the address that may say for whom it asks, and over what."""

    host: str
    port: int
    cert: Path | None = None
    key: Path | None = None
    proxy: str | None = None


def serve(door: Door, settings: Settings, workers: int = 1) -> None:
    """Answer until told to stop. Raises OligoscopeError before it listens: for packs, a database or keys of no use, and
    where everyone must sign in and nobody could.
    """
    os.environ[SETTINGS] = settings.text()
    app = from_environment()
    if settings.accounts:
        _somebody_can_sign_in(settings)
    if door.cert and door.key:
        _keys_fit(door.cert, door.key)
    if workers > 1:
        # What is open is not shared with them: each opens its own.
        app.state.database.close()
        _fork_workers()
    # No log of requests: what is asked about a patient is nobody's but the asker's.
    uvicorn.run(
        app if workers == 1 else f"{__name__}:from_environment",
        factory=workers > 1,
        host=door.host,
        port=door.port,
        workers=workers,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=door.cert,
        ssl_keyfile=door.key,
        proxy_headers=door.proxy is not None,
        forwarded_allow_ips=door.proxy or "",
    )


def _somebody_can_sign_in(settings: Settings) -> None:
    opened = Database(settings.database or default_url())
    found = Accounts(opened).list()
    opened.close()
    if not any(each.role == ADMIN and not each.provider for each in found):
        fix = "run: oligoscope accounts add NAME --role admin, with the same --database or --data"
        raise NotAllowed("accounts", "", "", "there is no administrator yet", fix)


def _keys_fit(cert: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except OSError as error:  # An ssl.SSLError is one.
        allowed = "a certificate and its key, PEM, without a passphrase"
        raise NotAllowed("tls", cert, allowed, f"they cannot be used ({error})") from None


def _fork_workers() -> None:
    """Let the processes that answer begin with what this one has read: uvicorn starts each anew, which read all of it
    once more in each of them, and took a second or two longer until the first answer.
    """
    _subprocess.spawn = multiprocessing.get_context("fork")  # type: ignore[assignment]  # of one interface


@cache
def _read(settings: str) -> "tuple[Settings, api.Knowledge, Named]":
    """The settings and their releases, read once; a process that is forked has them already."""
    found = Settings.of(settings)
    knowledge = api.load_knowledge(*found.packs, evidence=found.studies())
    return found, knowledge, read(found.releases, found.studies(), knowledge)


def from_environment() -> FastAPI:
    """The application of one process."""
    return _made(os.environ[SETTINGS])


@cache
def _made(settings: str) -> FastAPI:
    """Made once: a process that is forked has it, and opens connections of its own."""
    app = create_app(*_read(settings))
    # What was read stays as long as the process: looking for cycles among it cost an answer a fifth of its time.
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    return app
