"""A PostgreSQL server of Debian's package, for the tests alone: on this machine, in a folder of its own, as an own user."""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
from functools import cache
from itertools import count
from pathlib import Path

import pytest

_NUMBERS = count(1)


@cache
def _server() -> str:
    """The address of the server, without the name of a database; empty where PostgreSQL is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    binaries = found[-1].parent if found else None
    if binaries is None:
        return ""
    folder = Path(tempfile.mkdtemp(prefix="oligoscope-postgres-"))
    # PostgreSQL refuses to run as root; Debian's package makes this user.
    run = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if run:
        shutil.chown(folder, "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = folder / "data", folder / "log"
    start = [*run, str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "tester", "-E", "UTF8"]
    subprocess.run(start, check=True, capture_output=True, cwd="/")
    settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = [*run, str(binaries / "pg_ctl"), "-D", str(data), "-w"]
    subprocess.run([*control, "-l", str(log), "-o", settings, "start"], check=True, capture_output=True, cwd="/")

    def stopped() -> None:
        subprocess.run([*control, "-m", "immediate", "stop"], capture_output=True, cwd="/", check=False)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stopped)
    return f"postgresql+psycopg://tester@127.0.0.1:{port}"


def postgres() -> str:
    """The address of an empty database. Skips the test where there is no PostgreSQL; `make test` installs it."""
    server = _server()
    if not server:
        pytest.skip("PostgreSQL is not installed (make test does it)")
    from sqlalchemy import create_engine, text

    name = f"t{next(_NUMBERS)}"
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server}/{name}"
